/* SPDX-License-Identifier: MIT */
/* Resizing: Pillow's numbers, and random pictures of odd sizes against the
 * definition written out, one number at a time. */
#include <stdint.h>
#include <stdlib.h>

#include "base/rng.h"
#include "image/resize.h"

#include "tap.h"

#define MOST 70

static double
filter_at(enum resize_filter filter, double t)
{
	t = fabs(t);
	if (filter == RESIZE_BILINEAR)
		return t < 1 ? 1 - t : 0;
	if (t < 1)
		return 1.5 * t * t * t - 2.5 * t * t + 1;
	return t < 2 ? -0.5 * (t * t * t - 5 * t * t + 8 * t - 4) : 0;
}

/* Number `at` of `out` from n numbers, `step` apart. */
static int
slow_number(const unsigned char *from, int n, size_t step, int at, int out,
    enum resize_filter filter)
{
	const double scale = (double)n / out, wide = scale > 1 ? scale : 1;
	const double support = (filter == RESIZE_BICUBIC ? 2 : 1) * wide;
	const double centre = (at + 0.5) * scale;
	const int low = (int)fmax(centre - support + 0.5, 0);
	const int high = (int)fmin(centre + support + 0.5, n);
	double all = 0;
	int64_t sum = 1 << 21;

	for (int i = low; i < high; i++)
		all += filter_at(filter, (i - centre + 0.5) / wide);
	for (int i = low; i < high; i++)
		sum += from[step * (size_t)i] * (int64_t)llround(filter_at(
		    filter, (i - centre + 0.5) / wide) / all * (1 << 22));
	sum >>= 22;
	return (int)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

static void
slow_resize(unsigned char *to, const struct image *m, int height, int width,
    enum resize_filter filter)
{
	static unsigned char half[MOST * MOST * 4];
	const size_t c = (size_t)m->channels, row = (size_t)width * c;

	for (int y = 0; y < m->height; y++)
		for (size_t i = 0; i < row; i++)
			half[(size_t)y * row + i] = (unsigned char)slow_number(
			    m->data + (size_t)y * m->stride + i % c, m->width,
			    c, (int)(i / c), width, filter);
	for (int y = 0; y < height; y++)
		for (size_t i = 0; i < row; i++)
			to[(size_t)y * row + i] = (unsigned char)slow_number(
			    half + i, m->height, row, y, height, filter);
}

static void
known(enum resize_filter filter, int width, const unsigned char *want)
{
	unsigned char row[8] = { 0, 10, 200, 40, 90, 250, 30, 120 };
	const struct image across = { row, 1, 8, 1, 8 };
	const struct image down = { row, 8, 1, 1, 1 };
	struct resize_room room = { 0 };
	struct picture p = { 0 };

	ok(resize_picture(&p, &across, 1, width, filter, &room) == 0
	    && memcmp(p.image.data, want, (size_t)width) == 0,
	    "pitfall 31: filter %d: a row of 8 to %d", filter, width);
	ok(resize_picture(&p, &down, width, 1, filter, &room) == 0
	    && memcmp(p.image.data, want, (size_t)width) == 0,
	    "pitfall 31: filter %d: a column of 8 to %d", filter, width);
	picture_free(&p);
	resize_room_free(&room);
}

/* One random picture and size; a part of the result must equal the whole's,
 * and weights may differ from the definition's by their last bit, which shows
 * in a level now and then. */
static bool
try_one(struct rng *r, struct resize_room *room, struct picture *p,
    long *apart)
{
	static unsigned char pixels[MOST * (MOST + 3) * 4];
	static unsigned char want[MOST * MOST * 4];
	const int channels = (int[]){ 1, 3, 4 }[rng_below(r, 3)];
	const int height = 1 + (int)rng_below(r, MOST);
	const int width = 1 + (int)rng_below(r, MOST);
	const int out_h = 1 + (int)rng_below(r, MOST);
	const int out_w = 1 + (int)rng_below(r, MOST);
	const int x = (int)rng_below(r, (uint64_t)out_w);
	const int y = (int)rng_below(r, (uint64_t)out_h);
	const enum resize_filter filter = rng_below(r, 2) ? RESIZE_BICUBIC
	    : RESIZE_BILINEAR;
	const struct image m = { pixels, height, width, channels,
		(size_t)(width + 3) * (size_t)channels };
	struct picture part = { 0 };
	bool good;

	for (size_t i = 0; i < m.stride * (size_t)height; i++)
		pixels[i] = (unsigned char)(rng_below(r, 3) ? rng_below(r,
		    256) : 255 * rng_below(r, 2));
	slow_resize(want, &m, out_h, out_w, filter);
	good = resize_picture(p, &m, out_h, out_w, filter, room) == 0;
	for (int i = 0; good && i < out_h * out_w * channels; i++) {
		const int by = abs(p->image.data[i] - want[i]);

		good = by <= 1;
		*apart += by;
	}
	good = good && picture_resize(&part, out_h - y, out_w - x,
	    channels) == 0 && resize_part(&part.image, &m, out_h, out_w, x, y,
	    filter, room) == 0;
	for (int i = y; good && i < out_h; i++)
		good = memcmp(part.image.data + (size_t)(i - y)
		    * part.image.stride, p->image.data + (size_t)i
		    * p->image.stride + (size_t)(x * channels),
		    part.image.stride) == 0;
	picture_free(&part);
	return good;
}

static void
constant(struct resize_room *room, struct picture *p)
{
	static unsigned char pixels[31 * 17 * 3];
	const struct image m = { pixels, 31, 17, 3, 17 * 3 };
	bool same = true;

	memset(pixels, 77, sizeof(pixels));
	for (int filter = 0; filter < 2; filter++)
		for (int size = 1; size < 60; size += 7) {
			same = same && resize_picture(p, &m, size, size + 1,
			    (enum resize_filter)filter, room) == 0;
			for (int i = 0; i < size * (size + 1) * 3; i++)
				same = same && p->image.data[i] == 77;
		}
	ok(same, "pitfall 31: one colour stays, whatever the size");
}

/* Boxes along pixels are crops; others lie where they say: on a ramp of four
 * levels a pixel each result is where its middle is, but for the edges. */
static void
boxes(struct rng *r, struct resize_room *room, struct picture *p)
{
	static unsigned char pixels[50 * 60];
	const struct image m = { pixels, 50, 60, 1, 60 };
	struct picture crop = { 0 };
	bool same = true, placed = true;

	for (int i = 0; i < 50 * 60; i++)
		pixels[i] = (unsigned char)(i % 60 * 4);
	for (int i = 0; i < 200; i++) {
		const int x = (int)rng_below(r, 50), y = (int)rng_below(r, 40);
		const int w = 1 + (int)rng_below(r, (uint64_t)(60 - x));
		const int h = 1 + (int)rng_below(r, (uint64_t)(50 - y));
		const struct resize_box b = { x, y, w, h };
		const struct image part = image_crop(&m, x, y, w, h);

		same = same && resize_box(p, &m, &b, 7, 11, RESIZE_BICUBIC,
		    room) == 0 && resize_picture(&crop, &part, 7, 11,
		    RESIZE_BICUBIC, room) == 0
		    && memcmp(p->image.data, crop.image.data, 77) == 0;
	}
	ok(same, "boxes along pixels are crops");
	for (int i = 0; i < 200; i++) {
		const struct resize_box b = { rng_between(r, 0, 20),
			rng_between(r, 0, 20), rng_between(r, 0.1, 39),
			rng_between(r, 0.1, 29) };

		placed = placed && resize_box(p, &m, &b, 3, 9,
		    RESIZE_BILINEAR, room) == 0;
		for (int k = 3; b.width > 5 && k < 6; k++)
			placed = placed && fabs(p->image.data[9 + k] - 4 * (b.x
			    + (k + 0.5) * b.width / 9 - 0.5)) < 1.5;
	}
	ok(placed, "others lie between them");
	picture_free(&crop);
}

int
main(void)
{
	struct rng r = rng_at(1, 0, 0, 0, 1);
	struct resize_room room = { 0 };
	struct picture p = { 0 };
	bool good = true;
	long apart = 0;

	known(RESIZE_BILINEAR, 4, (unsigned char[]){ 33, 103, 136, 100 });
	known(RESIZE_BILINEAR, 3, (unsigned char[]){ 54, 116, 113 });
	known(RESIZE_BILINEAR, 16, (unsigned char[]){ 0, 3, 8, 58, 153, 160,
	    80, 53, 78, 130, 210, 195, 85, 53, 98, 120 });
	known(RESIZE_BICUBIC, 4, (unsigned char[]){ 26, 105, 142, 96 });
	known(RESIZE_BICUBIC, 3, (unsigned char[]){ 51, 120, 116 });
	known(RESIZE_BICUBIC, 16, (unsigned char[]){ 0, 0, 0, 53, 173, 180, 73,
	    35, 65, 131, 234, 214, 72, 35, 98, 128 });
	for (int filter = 0; filter < 2; filter++)
		known((enum resize_filter)filter, 8, (unsigned char[]){ 0, 10,
		    200, 40, 90, 250, 30, 120 });
	constant(&room, &p);
	boxes(&r, &room, &p);
	for (int i = 0; i < 300; i++)
		good = good && try_one(&r, &room, &p, &apart);
	ok(good, "random pictures and parts of them");
	ok(apart <= 20, "levels apart from the definition: %ld", apart);
	picture_free(&p);
	resize_room_free(&room);
	return tap_done();
}
