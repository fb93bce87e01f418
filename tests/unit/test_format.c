/* SPDX-License-Identifier: MIT */
/* Files in other formats are named, and a look at them says so. */
#include "image/format.h"
#include "image/jpeg.h"

#include "tap.h"

/* The first bytes of a file. */
static const struct {
	const char *bytes;
	size_t n;
	const char *name;	/* NULL: none */
	const char *words;	/* of jpeg_look */
} rows[] = {
#define ROW(bytes, name, words) { bytes, sizeof(bytes) - 1, name, words }
	ROW("", NULL, "empty file"),
	ROW("\x89PNG\r\n\x1A\n\0\0\0\rIHDR", "PNG", "a PNG image, not JPEG"),
	ROW("GIF89a\x10\0\x10\0", "GIF", "a GIF image, not JPEG"),
	ROW("GIF87a\x10\0\x10\0", "GIF", "a GIF image, not JPEG"),
	ROW("RIFF\x24\0\0\0WEBPVP8 ", "WebP", "a WebP image, not JPEG"),
	ROW("RIFF\x24\0\0\0WAVEfmt ", NULL, "not a JPEG file"),
	ROW("BM\x46\0\0\0\0\0\0\0\x36\0\0\0", "BMP", "a BMP image, not JPEG"),
	ROW("II*\0\x08\0\0\0", "TIFF", "a TIFF image, not JPEG"),
	ROW("MM\0*\0\0\0\x08", "TIFF", "a TIFF image, not JPEG"),
	ROW("\0\0\0\x18" "ftypheic\0\0\0\0", "HEIC",
	    "a HEIC image, not JPEG"),
	ROW("\0\0\0\x1C" "ftypavif\0\0\0\0", "AVIF",
	    "an AVIF image, not JPEG"),
	ROW("\0\0\0\x18" "ftypmp42\0\0\0\0", NULL, "not a JPEG file"),
	ROW("\xFF\x0A\xFA\x7F\x01", "JPEG XL", "a JPEG XL image, not JPEG"),
	ROW("\0\0\0\x0CJXL \r\n\x87\n", "JPEG XL",
	    "a JPEG XL image, not JPEG"),
	ROW("\0\0\0\x0CjP  \r\n\x87\n", "JPEG 2000",
	    "a JPEG 2000 image, not JPEG"),
	ROW("\xFF\x4F\xFF\x51\0\x2F", "JPEG 2000",
	    "a JPEG 2000 image, not JPEG"),
	ROW("<!DOCTYPE html>\n<title>404</title>", "HTML",
	    "an HTML page, not JPEG"),
	ROW("\xEF\xBB\xBF\n <html lang=en>", "HTML",
	    "an HTML page, not JPEG"),
	ROW("no image\n", "text", "text, not JPEG"),
	ROW("Gr\xC3\xBC\xC3\x9F" "e", "text", "text, not JPEG"),
	ROW("version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer",
	    "a Git LFS pointer, not JPEG"),
	ROW("\0\0\0\0\0\0\0\0", NULL, "not a JPEG file"),
	ROW("\x7F" "ELF\x02\x01\x01", NULL, "not a JPEG file"),
	ROW("BMXX\x7F", NULL, "not a JPEG file"),
	ROW("\xFF", NULL, "not a JPEG file"),
	ROW("\xFF\xD8\xFF\xE0", "JPEG", "ends before the frame header"),
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct format *f = format_find(rows[i].bytes,
		    rows[i].n);
		struct jpeg_info info;

		is_text(f == NULL ? "" : f->name, rows[i].name == NULL ? ""
		    : rows[i].name, "row %zu: its format", i);
		is_int(jpeg_look(rows[i].bytes, rows[i].n, &info),
		    FAIL_FORMAT, "row %zu: no JPEG image", i);
		is_text(fail_text(), rows[i].words, "... and why");
	}
	return tap_done();
}
