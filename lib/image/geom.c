/* SPDX-License-Identifier: MIT */
#include "image/geom.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clones.h"
#include "image/lanes.h"

static unsigned char *
pixel(const struct image *m, int x, int y)
{
	return m->data + (size_t)y * m->stride
	    + (size_t)x * (size_t)m->channels;
}

static void
swap_pixels(unsigned char *a, unsigned char *b, int channels)
{
	for (int c = 0; c < channels; c++) {
		const unsigned char kept = a[c];

		a[c] = b[c];
		b[c] = kept;
	}
}

/* Sixteen pixels of three bytes in the other order.  The middle of them is
 * made of bytes of all three parts. */
LANES_PART void
turn_sixteen(lanes_u8 to[3], const lanes_u8 v[3])
{
	const lanes_u8 most = LANES_SHUFFLE(lanes_u8, v[0], v[1], 31, 31, 27,
	    28, 29, 24, 25, 26, 21, 22, 23, 18, 19, 20, 15, 16);

	to[0] = LANES_SHUFFLE(lanes_u8, v[1], v[2], 29, 30, 31, 26, 27, 28,
	    23, 24, 25, 20, 21, 22, 17, 18, 19, 14);
	to[1] = LANES_SHUFFLE(lanes_u8, most, v[2], 0, 16, 2, 3, 4, 5, 6, 7, 8,
	    9, 10, 11, 12, 13, 14, 15);
	to[2] = LANES_SHUFFLE(lanes_u8, v[0], v[1], 17, 12, 13, 14, 9, 10, 11,
	    6, 7, 8, 3, 4, 5, 0, 1, 2);
}

/* Groups of sixteen pixels from both ends, as long as they do not meet. */
CLONES static int
flip_groups(unsigned char *row, int width)
{
	int x = 0;

	for (; width - 2 * x >= 32; x += 16) {
		unsigned char *left = row + 3 * x;
		unsigned char *right = row + 3 * (width - x - 16);
		lanes_u8 a[3], b[3], turned[3];

		memcpy(a, left, sizeof(a));
		memcpy(b, right, sizeof(b));
		turn_sixteen(turned, a);
		memcpy(right, turned, sizeof(turned));
		turn_sixteen(turned, b);
		memcpy(left, turned, sizeof(turned));
	}
	return x;
}

void
geom_flip(const struct image *m)
{
	for (int y = 0; y < m->height; y++) {
		int x = 0;

		if (m->channels == 3)
			x = flip_groups(pixel(m, 0, y), m->width);
		for (; x < m->width / 2; x++)
			swap_pixels(pixel(m, x, y),
			    pixel(m, m->width - 1 - x, y), m->channels);
	}
}

static void
clear(const struct image *m)
{
	for (int y = 0; y < m->height; y++)
		memset(pixel(m, 0, y), 0, (size_t)m->width
		    * (size_t)m->channels);
}

static void
copy_pixel(const struct image *to, int x, int y, const struct image *from,
    int64_t from_x, int64_t from_y)
{
	if (from_x >= 0 && from_x < from->width && from_y >= 0
	    && from_y < from->height)
		memcpy(pixel(to, x, y), pixel(from, (int)from_x,
		    (int)from_y), (size_t)to->channels);
}

/* The pixel a coordinate lies in; -1 to the left of all. */
static int64_t
whole(double v)
{
	return v < 0 ? -1 : v > INT32_MAX ? INT32_MAX : (int64_t)v;
}

/* Without rotation or shear: one coordinate for a column, one for a row, by
 * repeated addition. */
static void
scale(const struct image *to, const struct image *from, const double m[6])
{
	double v = m[5] + m[4] * 0.5;

	for (int y = 0; y < to->height; y++, v += m[4]) {
		double u = m[2] + m[0] * 0.5;

		for (int x = 0; x < to->width; x++, u += m[0])
			copy_pixel(to, x, y, from, whole(u), whole(v));
	}
}

static int64_t
fixed(double v)
{
	return (int64_t)floor(v * 65536 + 0.5);
}

/* In sixteenths of 2^-12 px, added up along rows and columns. */
static void
map_fixed(const struct image *to, const struct image *from, const double m[6])
{
	const int64_t a = fixed(m[0]), b = fixed(m[1]);
	const int64_t d = fixed(m[3]), e = fixed(m[4]);
	int64_t row_u = fixed(m[2] + m[0] * 0.5 + m[1] * 0.5);
	int64_t row_v = fixed(m[5] + m[3] * 0.5 + m[4] * 0.5);

	for (int y = 0; y < to->height; y++, row_u += b, row_v += e) {
		int64_t u = row_u, v = row_v;

		for (int x = 0; x < to->width; x++, u += a, v += d)
			copy_pixel(to, x, y, from, u >> 16, v >> 16);
	}
}

static void
map(const struct image *to, const struct image *from, const double m[6])
{
	for (int y = 0; y < to->height; y++)
		for (int x = 0; x < to->width; x++) {
			const double u = x + 0.5, v = y + 0.5;

			copy_pixel(to, x, y, from,
			    whole(m[0] * u + m[1] * v + m[2]),
			    whole(m[3] * u + m[4] * v + m[5]));
		}
}

/* True where 16 bits before the point are enough. */
static bool
is_near(double x, double y, const double m[6])
{
	return fabs(x * m[0] + y * m[1] + m[2]) < 32768
	    && fabs(x * m[3] + y * m[4] + m[5]) < 32768;
}

void
geom_affine(const struct image *to, const struct image *from,
    const double m[6])
{
	const double w = to->width, h = to->height;

	clear(to);
	if (m[1] == 0 && m[3] == 0)
		scale(to, from, m);
	else if (is_near(0, 0, m) && is_near(w, h, m) && is_near(0, h, m)
	    && is_near(w, 0, m))
		map_fixed(to, from, m);
	else
		map(to, from, m);
}

/* Rounded to 15 decimals, as Pillow does to make 0 and 1 exact. */
static double
decimals(double v)
{
	char text[32];

	snprintf(text, sizeof(text), "%.15f", v);
	return strtod(text, NULL);
}

static void
turn_quarters(const struct image *to, const struct image *from, int quarters)
{
	for (int y = 0; y < to->height; y++)
		for (int x = 0; x < to->width; x++) {
			const int right = from->width - 1 - x;
			const int low = from->height - 1 - y;

			if (quarters == 2)
				copy_pixel(to, x, y, from, right, low);
			else if (quarters == 1)
				copy_pixel(to, x, y, from, from->width - 1 - y,
				    x);
			else
				copy_pixel(to, x, y, from, y,
				    from->height - 1 - x);
		}
}

void
geom_rotate(const struct image *to, const struct image *from, double degrees)
{
	const double turn = degrees - 360 * floor(degrees / 360);
	const double angle = -turn * (3.141592653589793 / 180);
	const double x = from->width / 2.0, y = from->height / 2.0;
	const double c = decimals(cos(angle)), s = decimals(sin(angle));

	if (turn == 0) {
		image_copy(to, from);
	} else if (turn == 180 || ((turn == 90 || turn == 270)
	    && from->width == from->height)) {
		turn_quarters(to, from, (int)(turn / 90));
	} else {
		const double m[6] = { c, s, x - c * x - s * y, -s, c,
			y + s * x - c * y };

		geom_affine(to, from, m);
	}
}
