/* SPDX-License-Identifier: MIT */
#include "image/format.h"

#include <string.h>

/* A file that has these bytes at an offset, and more of them at another. */
struct magic {
	const char *name;
	size_t at, size;
	const char *bytes;
	size_t more_at;
	const char *more;		/* a text, or NULL */
};

static const struct magic magics[] = {
	{ "JPEG", 0, 3, "\xFF\xD8\xFF", 0, NULL },
	{ "PNG", 0, 8, "\x89PNG\r\n\x1A\n", 0, NULL },
	{ "GIF", 0, 4, "GIF8", 0, NULL },
	{ "WebP", 0, 4, "RIFF", 8, "WEBP" },
	{ "BMP", 6, 4, "\0\0\0\0", 0, "BM" },
	{ "TIFF", 0, 4, "II*\0", 0, NULL },
	{ "TIFF", 0, 4, "MM\0*", 0, NULL },
	{ "BigTIFF", 0, 4, "II+\0", 0, NULL },
	{ "BigTIFF", 0, 4, "MM\0+", 0, NULL },
	{ "AVIF", 4, 4, "ftyp", 8, "avi" },
	{ "HEIC", 4, 4, "ftyp", 8, "hei" },
	{ "HEIC", 4, 4, "ftyp", 8, "hev" },
	{ "HEIF", 4, 4, "ftyp", 8, "mif1" },
	{ "HEIF", 4, 4, "ftyp", 8, "msf1" },
	{ "JPEG 2000", 0, 12, "\0\0\0\x0CjP  \r\n\x87\n", 0, NULL },
	{ "JPEG 2000", 0, 4, "\xFF\x4F\xFF\x51", 0, NULL },
	{ "JPEG XL", 0, 12, "\0\0\0\x0CJXL \r\n\x87\n", 0, NULL },
	{ "JPEG XL", 0, 2, "\xFF\x0A", 0, NULL },
	{ "Photoshop", 0, 4, "8BPS", 0, NULL },
};

static int
has(const struct magic *m, const unsigned char *bytes, size_t size)
{
	const size_t more = m->more == NULL ? 0 : strlen(m->more);

	return size >= m->at + m->size && size >= m->more_at + more &&
	    memcmp(bytes + m->at, m->bytes, m->size) == 0 &&
	    (more == 0 || memcmp(bytes + m->more_at, m->more, more) == 0);
}

/* PBM, PGM, PPM: a P, a digit, white space. */
static int
is_netpbm(const char *text, size_t size)
{
	return size > 2 && text[0] == 'P' && text[1] >= '1' &&
	    text[1] <= '6' && memchr(" \t\r\n", text[2], 4) != NULL;
}

const char *
image_format(const void *bytes, size_t size)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (has(&magics[i], bytes, size))
			return magics[i].name;
	return is_netpbm(bytes, size) ? "PPM" : NULL;
}
