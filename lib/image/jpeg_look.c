/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include "image/format.h"
#include "image/jpeg.h"

enum {
	MARK_SOF0 = 0xC0, MARK_DHT = 0xC4, MARK_JPG = 0xC8, MARK_DAC = 0xCC,
	MARK_SOF15 = 0xCF, MARK_RST0 = 0xD0, MARK_SOI = 0xD8, MARK_EOI = 0xD9,
	MARK_SOS = 0xDA, MARK_APP1 = 0xE1, MARK_TEM = 0x01
};

enum { TIFF_HEADER = 8, TIFF_ENTRY = 12, TIFF_SHORT = 3, TAG_ORIENT = 0x112 };

/* Bytes from outside, never read past `size`. */
struct view {
	const unsigned char *at;
	size_t size;
	bool little;
};

static unsigned
word(const struct view *v, size_t at)
{
	const unsigned a = v->at[at], b = v->at[at + 1];

	return v->little ? b << 8 | a : a << 8 | b;
}

static size_t
long_word(const struct view *v, size_t at)
{
	const size_t first = word(v, at), second = word(v, at + 2);

	return v->little ? second << 16 | first : first << 16 | second;
}

/* The orientation in a TIFF structure's first folder, or 1. */
static int
tiff_orientation(struct view v)
{
	size_t folder, n;

	if (v.size < TIFF_HEADER)
		return 1;
	if (memcmp(v.at, "II*\0", 4) == 0)
		v.little = true;
	else if (memcmp(v.at, "MM\0*", 4) != 0)
		return 1;
	folder = long_word(&v, 4);
	if (folder > v.size || v.size - folder < 2)
		return 1;
	n = word(&v, folder);
	folder += 2;
	for (size_t i = 0; i < n; i++) {
		const size_t entry = folder + i * TIFF_ENTRY;
		unsigned value;

		if (entry > v.size || v.size - entry < TIFF_ENTRY)
			return 1;
		if (word(&v, entry) != TAG_ORIENT)
			continue;
		value = word(&v, entry + 8);
		if (word(&v, entry + 2) != TIFF_SHORT || value < 1 ||
		    value > 8)
			return 1;
		return (int)value;
	}
	return 1;
}

static bool
is_frame(int mark)
{
	return mark >= MARK_SOF0 && mark <= MARK_SOF15 && mark != MARK_DHT &&
	    mark != MARK_JPG && mark != MARK_DAC;
}

static bool
stands_alone(int mark)
{
	return mark == MARK_TEM || (mark >= MARK_RST0 && mark <= MARK_SOI);
}

/* One segment's content: 1 for the frame header, 0 for others. */
static int
look_at(int mark, const struct view *s, struct jpeg_info *info)
{
	if (mark == MARK_APP1 && s->size > 6 &&
	    memcmp(s->at, "Exif\0", 6) == 0 && info->orientation == 0)
		info->orientation = tiff_orientation(
		    (struct view){ .at = s->at + 6, .size = s->size - 6 });
	if (!is_frame(mark))
		return 0;
	if (s->size < 6)
		return fail(FAIL_FORMAT, "frame header of %zu bytes", s->size);
	info->height = (int)word(s, 1);
	info->width = (int)word(s, 3);
	info->components = s->at[5];
	if (info->height == 0 || info->width == 0)
		return fail(FAIL_FORMAT, "size %dx%d px", info->width,
		    info->height);
	return 1;
}

static int
not_jpeg(const void *bytes, size_t size)
{
	const struct format *f = format_find(bytes, size);

	if (size == 0)
		return fail(FAIL_FORMAT, "empty file");
	return f == NULL ? fail(FAIL_FORMAT, "not a JPEG file") :
	    fail(FAIL_FORMAT, "%s, not JPEG", f->what);
}

size_t
jpeg_scan_bytes(const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	size_t n = 0;

	while (n + 1 < size) {
		const unsigned char *ff = memchr(at + n, 0xFF, size - n - 1);
		int mark;

		if (ff == NULL)
			break;
		n = (size_t)(ff - at);
		mark = at[n + 1];
		if (mark != 0 && mark != 0xFF && (mark < MARK_RST0 ||
		    mark >= MARK_SOI))
			return n;
		n++;
	}
	return size;
}

/* As libjpeg: anything between segments is passed over up to an 0xFF. */
int
jpeg_look(const void *bytes, size_t size, struct jpeg_info *info)
{
	const struct view v = { .at = bytes, .size = size };
	size_t at = 2;

	*info = (struct jpeg_info){ 0 };
	if (size < 2 || v.at[0] != 0xFF || v.at[1] != MARK_SOI)
		return not_jpeg(bytes, size);
	for (;;) {
		const unsigned char *ff = memchr(v.at + at, 0xFF, size - at);
		struct view segment;
		int mark, got;

		for (at = ff == NULL ? size : (size_t)(ff - v.at);
		    at < size && v.at[at] == 0xFF; at++)
			;
		if (at >= size)
			break;
		mark = v.at[at++];
		if (mark == 0 || stands_alone(mark))
			continue;
		if (mark == MARK_SOS || mark == MARK_EOI)
			return fail(FAIL_FORMAT, "no frame header");
		if (size - at < 2 || word(&v, at) < 2 ||
		    word(&v, at) > size - at)
			break;
		segment = (struct view){ .at = v.at + at + 2,
			.size = word(&v, at) - 2 };
		got = look_at(mark, &segment, info);
		if (got != 0) {
			if (info->orientation == 0)
				info->orientation = 1;
			return got < 0 ? got : 0;
		}
		at += segment.size + 2;
	}
	return fail(FAIL_FORMAT, "ends before the frame header");
}
