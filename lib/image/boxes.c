/* SPDX-License-Identifier: MIT */
/* boxes: Gaussian blur as three box blurs an axis, as Pillow's
 * (src/libImaging/BoxBlur.c). */
#include <math.h>

#include "base/num.h"
#include "base/clones.h"
#include "image/blur.h"
#include "image/lanes.h"

typedef uint16_t lanes_u16 __attribute__((vector_size(LANES * 2)));
typedef uint32_t lanes_u32 __attribute__((vector_size(LANES * 4)));

/* A box of radius r + fraction: the inner weight and that of the two ends, in
 * units of 2^-24. */
struct box {
	int radius;
	uint32_t inner, outer;
};

/* In float where Pillow has floats: the last bit of the radius shows. */
static struct box
box_of(double sigma)
{
	const float v = (float)sigma * (float)sigma / 3;
	const float side = (float)sqrt(12.0 * (double)v + 1.0);
	const float l = (float)floor(((double)side - 1.0) / 2.0);
	const float a = (2 * l + 1) * (l * (l + 1) - 3 * v)
	    / (6 * (v - (l + 1) * (l + 1)));
	const float radius = l + a;
	struct box b = { .radius = (int)radius };

	b.inner = (uint32_t)((1 << 24) / (radius * 2 + 1));
	b.outer = ((1u << 24) - (2 * (uint32_t)b.radius + 1) * b.inner) / 2;
	return b;
}

/* Place `at`, or the border's.  Widened in two steps: here GCC would take a
 * single one apart. */
LANES_PART void
load(lanes_u32 *to, const uint8_t *from, size_t step, int at, int n)
{
	const int inside = at < 0 ? 0 : at < n ? at : n - 1;
	lanes_u8 bytes;
	lanes_u16 pairs;

	memcpy(&bytes, from + step * (size_t)inside, sizeof(bytes));
	pairs = __builtin_convertvector(bytes, lanes_u16);
	*to = __builtin_convertvector(pairs, lanes_u32);
}

/* Sixteen lines of n places, `step` bytes apart; borders are repeated. */
CLONES static void
box_lines(uint8_t *restrict to, const uint8_t *restrict from, int n,
    size_t step, const struct box *b)
{
	const int r = b->radius;
	lanes_u32 sum = { 0 }, low, high, leaving;

	for (int i = -r; i <= r; i++) {
		load(&high, from, step, i, n);
		sum += high;
	}
	load(&low, from, step, -r - 1, n);
	for (int x = 0; x < n; x++) {
		lanes_i32 v;

		load(&high, from, step, x + r + 1, n);
		load(&leaving, from, step, x - r, n);
		v = (lanes_i32)((sum * b->inner + (low + high) * b->outer
		    + (1u << 23)) >> 24);
		lanes_store(to + step * (size_t)x, &v);
		sum += high - leaving;
		low = leaving;
	}
}

/* Three passes; the result is in `b`. */
static void
blur_lines(uint8_t *a, uint8_t *b, int n, size_t step, const struct box *box)
{
	box_lines(b, a, n, step, box);
	box_lines(a, b, n, step, box);
	box_lines(b, a, n, step, box);
}

/* Rows, sixteen at a time, turned on their side. */
static void
blur_across(const struct image *m, uint8_t *a, uint8_t *b,
    const struct box *box)
{
	const size_t channels = (size_t)m->channels;
	const size_t n = (size_t)m->width * channels;

	for (int y = 0; y < m->height; y += LANES) {
		const int n_rows = m->height - y < LANES ? m->height - y
		    : LANES;
		uint8_t *rows = m->data + (size_t)y * m->stride;

		lanes_turn_rows(a, rows, m->stride, n, n_rows);
		for (size_t c = 0; c < channels; c++)
			blur_lines(a + c * LANES, b + c * LANES, m->width,
			    channels * LANES, box);
		lanes_turn_columns(rows, m->stride, b, n, n_rows);
	}
}

/* Columns, sixteen bytes of each row at a time. */
static void
blur_down(const struct image *m, uint8_t *a, uint8_t *b,
    const struct box *box)
{
	const size_t n = (size_t)m->width * (size_t)m->channels;

	for (size_t x = 0; x < n; x += LANES) {
		const size_t wide = n - x < LANES ? n - x : LANES;

		for (int y = 0; y < m->height; y++)
			memcpy(a + (size_t)y * LANES, m->data
			    + (size_t)y * m->stride + x, wide);
		blur_lines(a, b, m->height, LANES, box);
		for (int y = 0; y < m->height; y++)
			memcpy(m->data + (size_t)y * m->stride + x,
			    b + (size_t)y * LANES, wide);
	}
}

int
blur_boxes(const struct image *m, double sigma, struct blur_room *room)
{
	const size_t across = lanes_columns_bytes((size_t)m->width
	    * (size_t)m->channels);
	const size_t down = (size_t)m->height * LANES;
	const size_t most = across > down ? across : down;
	const struct box box = box_of(sigma);
	uint8_t *a;

	room->rows.size = 0;
	if (buf_reserve(&room->rows, 2 * most) < 0)
		return fail_last();
	a = room->rows.data;
	/* What lies beside narrow pictures is blurred too, and not used. */
	memset(a, 0, most);
	blur_across(m, a, a + most, &box);
	blur_down(m, a, a + most, &box);
	return 0;
}
