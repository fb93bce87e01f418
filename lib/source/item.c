/* SPDX-License-Identifier: MIT */
#include "source/item.h"

#include <stdlib.h>

#include "image/jpeg.h"
#include "image/resize.h"

struct item_maker {
	struct jpeg_reader *reader;
	struct picture whole, upright;
	struct resize_room resize;
};

struct item_maker *
item_maker_new(void)
{
	struct item_maker *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		fail_memory(sizeof(*m));
		return NULL;
	}
	m->reader = jpeg_reader_new();
	if (m->reader == NULL) {
		item_maker_free(m);
		return NULL;
	}
	return m;
}

void
item_maker_free(struct item_maker *m)
{
	if (m == NULL)
		return;
	jpeg_reader_free(m->reader);
	picture_free(&m->whole);
	picture_free(&m->upright);
	resize_room_free(&m->resize);
	free(m);
}

static int
look(struct item *it, const struct feed_config *c)
{
	struct jpeg_info info;

	if (jpeg_look(it->raw.bytes.data, it->raw.bytes.size, &info) < 0)
		return fail_last();
	it->orientation = c->upright ? info.orientation : 1;
	it->height = it->orientation > 4 ? info.width : info.height;
	it->width = it->orientation > 4 ? info.height : info.width;
	return 0;
}

static int
fetch(struct item *it, const struct source *s, const struct feed_config *c)
{
	if (source_read(s, it->sample, &it->raw) < 0)
		return fail_last();
	if (it->raw.channels == 0 && look(it, c) < 0)
		return fail_last();
	if (it->raw.channels != 0) {
		it->orientation = 1;
		it->height = it->raw.height;
		it->width = it->raw.width;
	}
	if ((int64_t)it->height * it->width > c->max_pixels)
		return fail(FAIL_LIMIT, "%dx%d px, limit %lld px in all",
		    it->width, it->height, (long long)c->max_pixels);
	it->own_height = it->height;
	it->own_width = it->width;
	if (c->size > 0)
		it->height = it->width = (int)c->size;
	return 0;
}

void
item_fetch(struct item *it, const struct source *s, size_t sample,
    const struct feed_config *c)
{
	it->sample = sample;
	it->failure.code = 0;
	if (fetch(it, s, c) < 0)
		fail_save(&it->failure);
}

/* Gray pixels as three equal channels, colour as it is. */
static void
spread(const struct image *to, const struct image *from)
{
	for (int y = 0; y < from->height; y++) {
		const unsigned char *in = from->data +
		    (size_t)y * from->stride;
		unsigned char *out = to->data + (size_t)y * to->stride;

		for (int x = 0; x < from->width; x++, out += 3)
			out[0] = out[1] = out[2] = in[x];
	}
}

static int
raw_pixels(const struct item *it, struct item_maker *m,
    const struct image *exact)
{
	const struct source_sample *s = &it->raw;
	const struct image from = { .data = s->bytes.data,
		.height = s->height, .width = s->width,
		.channels = s->channels,
		.stride = (size_t)s->width * (size_t)s->channels };

	if (exact == NULL) {
		if (picture_resize(&m->whole, s->height, s->width, 3) < 0)
			return fail_last();
		exact = &m->whole.image;
	}
	if (s->channels == 1)
		spread(exact, &from);
	else
		image_copy(exact, &from);
	return 0;
}

static int
decode(const struct item *it, struct item_maker *m, const struct image *to,
    const struct feed_config *c)
{
	const struct buf *bytes = &it->raw.bytes;
	const struct image *from = &m->whole.image;
	const bool direct = c->size == 0 && it->orientation == 1;

	if (it->raw.channels != 0) {
		if (raw_pixels(it, m, direct ? to : NULL) < 0)
			return fail_last();
	} else if (direct) {
		return jpeg_read_into(m->reader, to, bytes->data, bytes->size,
		    c->max_pixels);
	} else if (jpeg_read(m->reader, &m->whole, bytes->data, bytes->size,
	    c->max_pixels) < 0) {
		return fail_last();
	}
	if (direct)
		return 0;
	if (it->orientation != 1) {
		if (picture_orient(&m->upright, from, it->orientation) < 0)
			return fail_last();
		from = &m->upright.image;
	}
	if (c->size > 0)
		return resize_and_crop(to, from, (int)c->size,
		    RESIZE_BILINEAR, &m->resize);
	image_copy(to, from);
	return 0;
}

void
item_decode(struct item *it, struct item_maker *m, const struct image *to,
    const struct feed_config *c)
{
	if (decode(it, m, to, c) < 0)
		fail_save(&it->failure);
}

void
item_check(struct item *it, struct item_maker *m, const struct feed_config *c)
{
	const struct buf *bytes = &it->raw.bytes;

	if (it->raw.channels == 0 && jpeg_check(m->reader, bytes->data,
	    bytes->size, c->max_pixels) < 0)
		fail_save(&it->failure);
}

void
item_fini(struct item *it)
{
	buf_free(&it->raw.bytes);
}
