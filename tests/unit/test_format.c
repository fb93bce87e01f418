/* SPDX-License-Identifier: MIT */
#include "image/format.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "image/jpeg.h"
#include "tap.h"

static const struct {
	const char *name;		/* NULL: no image */
	const char bytes[IMAGE_MAGIC + 1];
} rows[] = {
	{ "JPEG", "\xFF\xD8\xFF\xE0\0\x10JFIF\0\1\1\0\0" },
	{ "PNG", "\x89PNG\r\n\x1A\n\0\0\0\rIHDR" },
	{ "GIF", "GIF89a\1\0\1\0\x80\0\0\0\0\0" },
	{ "WebP", "RIFF\x24\0\0\0WEBPVP8 " },
	{ "BMP", "BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0" },
	{ "TIFF", "II*\0\x08\0\0\0\0\0\0\0\0\0\0\0" },
	{ "TIFF", "MM\0*\0\0\0\x08\0\0\0\0\0\0\0\0" },
	{ "AVIF", "\0\0\0\x1C" "ftypavif\0\0\0\0" },
	{ "HEIC", "\0\0\0\x1C" "ftypheic\0\0\0\0" },
	{ "JPEG 2000", "\0\0\0\x0CjP  \r\n\x87\n\0\0\0\x14" },
	{ "JPEG XL", "\0\0\0\x0CJXL \r\n\x87\n\0\0\0\x14" },
	{ "PPM", "P6\n1 1\n255\nabc\n\n" },
	{ NULL, "<html>404</html>" },
	{ NULL, "BMW and Bugatti\n" },
	{ NULL, "RIFF\x24\0\0\0WAVEfmt " },
	{ NULL, "\0\0\0\x18" "ftypmp42\0\0\0\0" },
	{ NULL, "" },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got = image_format(rows[i].bytes, IMAGE_MAGIC);
		struct jpeg_info info;
		char want[64];

		is_text(got == NULL ? "none" : got,
		    rows[i].name == NULL ? "none" : rows[i].name, "row %zu", i);
		if (rows[i].name == NULL || i == 0)
			continue;
		is_int(jpeg_look(rows[i].bytes, IMAGE_MAGIC, &info),
		    FAIL_FORMAT, "... is no JPEG");
		snprintf(want, sizeof(want), "a %s image, not JPEG",
		    rows[i].name);
		is_text(fail_text(), want, "... and the failure says what");
	}
	/* No byte past the size is read: valgrind and ASan would tell. */
	for (size_t n = 0; n < IMAGE_MAGIC; n++) {
		char *cut = malloc(n);

		if (n > 0)
			memcpy(cut, rows[3].bytes, n);
		image_format(cut, n);
		free(cut);
	}
	return tap_done();
}
