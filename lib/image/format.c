/* SPDX-License-Identifier: MIT */
#include "image/format.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define TEXT_BYTES 512		/* of a file that decide whether it is text */

/* Formats that have the same bytes in the same place. */
struct magic {
	struct format format;
	size_t at, n;
	const char *bytes;
};

static const struct magic magics[] = {
	{ { "JPEG", "a JPEG image" }, 0, 3, "\xFF\xD8\xFF" },
	{ { "PNG", "a PNG image" }, 0, 8, "\x89PNG\r\n\x1A\n" },
	{ { "GIF", "a GIF image" }, 0, 4, "GIF8" },
	{ { "WebP", "a WebP image" }, 8, 4, "WEBP" },
	{ { "BMP", "a BMP image" }, 6, 4, "\0\0\0\0" },
	{ { "TIFF", "a TIFF image" }, 0, 4, "II*\0" },
	{ { "TIFF", "a TIFF image" }, 0, 4, "MM\0*" },
	{ { "TIFF", "a TIFF image" }, 0, 4, "II+\0" },
	{ { "TIFF", "a TIFF image" }, 0, 4, "MM\0+" },
	{ { "AVIF", "an AVIF image" }, 4, 8, "ftypavif" },
	{ { "AVIF", "an AVIF image" }, 4, 8, "ftypavis" },
	{ { "HEIC", "a HEIC image" }, 4, 8, "ftypheic" },
	{ { "HEIC", "a HEIC image" }, 4, 8, "ftypheix" },
	{ { "HEIC", "a HEIC image" }, 4, 8, "ftyphevc" },
	{ { "HEIC", "a HEIC image" }, 4, 8, "ftypmif1" },
	{ { "HEIC", "a HEIC image" }, 4, 8, "ftypmsf1" },
	{ { "JPEG XL", "a JPEG XL image" }, 0, 2, "\xFF\x0A" },
	{ { "JPEG XL", "a JPEG XL image" }, 4, 8, "JXL \r\n\x87\n" },
	{ { "JPEG 2000", "a JPEG 2000 image" }, 4, 8, "jP  \r\n\x87\n" },
	{ { "JPEG 2000", "a JPEG 2000 image" }, 0, 4, "\xFF\x4F\xFF\x51" },
	{ { "PSD", "a Photoshop image" }, 0, 4, "8BPS" },
};

static const struct format html = { "HTML", "an HTML page" };
static const struct format lfs = { "Git LFS pointer", "a Git LFS pointer" };
static const struct format text = { "text", "text" };

/* Two formats have further bytes at the beginning. */
static bool
begins(const char *name, const char *bytes)
{
	if (strcmp(name, "WebP") == 0)
		return memcmp(bytes, "RIFF", 4) == 0;
	return strcmp(name, "BMP") != 0 || memcmp(bytes, "BM", 2) == 0;
}

/* UTF-8 or a code page: no control characters, no byte above 0xF7. */
static bool
is_text(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size && i < TEXT_BYTES; i++)
		if (bytes[i] == '\0' || bytes[i] == 0x7F || bytes[i] > 0xF7 ||
		    (bytes[i] < ' ' && strchr("\t\n\f\r\x1B", bytes[i])
		    == NULL))
			return false;
	return size > 0;
}

static bool
has_prefix(const char *at, size_t size, const char *prefix)
{
	return size >= strlen(prefix)
	    && strncasecmp(at, prefix, strlen(prefix)) == 0;
}

static const struct format *
kind_of_text(const char *at, size_t size)
{
	static const char *const tags[] = { "<!doctype html", "<html",
		"<head", "<body", "<title", "<script" };

	if (has_prefix(at, size, "\xEF\xBB\xBF")) {
		at += 3;
		size -= 3;
	}
	for (; size > 0 && strchr(" \t\r\n", *at) != NULL; at++)
		size--;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (has_prefix(at, size, tags[i]))
			return &html;
	return has_prefix(at, size, "version https://git-lfs") ? &lfs : &text;
}

const struct format *
format_find(const void *bytes, size_t size)
{
	const char *at = bytes;

	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		const struct magic *m = &magics[i];

		if (size >= m->at + m->n
		    && memcmp(at + m->at, m->bytes, m->n) == 0
		    && begins(m->format.name, at))
			return &m->format;
	}
	return is_text(bytes, size) ? kind_of_text(at, size) : NULL;
}
