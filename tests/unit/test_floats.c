/* SPDX-License-Identifier: MIT */
/* Changes of floats against the slow way: one pixel, one change at a time, by
 * way of HSV, in double. */
#include <stdint.h>
#include <stdlib.h>

#include "base/rng.h"
#include "image/floats.h"

#include "tap.h"

#define MOST 3000
#define CHANGES 40

/* H in 0..6. */
static void
to_hsv(const double *p, double hsv[3])
{
	const double top = fmax(p[0], fmax(p[1], p[2]));
	const double range = top - fmin(p[0], fmin(p[1], p[2]));
	double h = 0;

	if (range > 0 && top == p[0])
		h = (p[1] - p[2]) / range;
	else if (range > 0 && top == p[1])
		h = 2 + (p[2] - p[0]) / range;
	else if (range > 0)
		h = 4 + (p[0] - p[1]) / range;
	hsv[0] = h < 0 ? h + 6 : h;
	hsv[1] = top > 0 ? range / top : 0;
	hsv[2] = top;
}

/* The textbook's six sectors. */
static void
from_hsv(double *p, const double hsv[3])
{
	const int i = (int)floor(hsv[0]);
	const double f = hsv[0] - i, s = hsv[1], v = hsv[2];
	const double values[4] = { v, v * (1 - s), v * (1 - s * f),
		v * (1 - s * (1 - f)) };
	static const int which[6][3] = { { 0, 3, 1 }, { 2, 0, 1 }, { 1, 0, 3 },
		{ 1, 2, 0 }, { 3, 1, 0 }, { 0, 1, 2 } };

	for (int c = 0; c < 3; c++)
		p[c] = values[which[i % 6][c]];
}

static void
slow_colours(double *p, enum floats_kind kind, double by)
{
	double hsv[3];

	if (kind == FLOATS_GRAY) {
		p[0] = p[1] = p[2] = 0.2989 * p[0] + 0.5870 * p[1]
		    + 0.1140 * p[2];
		return;
	}
	to_hsv(p, hsv);
	if (kind == FLOATS_SATURATE)
		hsv[1] = fmin(fmax(hsv[1] * by, 0), 1);
	else
		hsv[0] = fmod(hsv[0] + 6 * by + 12, 6);
	from_hsv(p, hsv);
}

static double
slow_number(double x, enum floats_kind kind, double by, double mean)
{
	switch (kind) {
	case FLOATS_ADD:
		return x + by;
	case FLOATS_SCALE:
		return x * by;
	case FLOATS_CONTRAST:
		return mean + by * (x - mean);
	case FLOATS_SOLARIZE:
		return x < by ? x : 1 - x;
	default:
		return fmin(fmax(x, 0), 1);
	}
}

/* The change on all pixels [n][channels]. */
static void
slow_change(double *x, int n, int channels, enum floats_kind kind, double by)
{
	double mean[4] = { 0 };

	for (int i = 0; i < n * channels; i++)
		mean[i % channels] += x[i] / n;
	for (int i = 0; i < n; i++) {
		double *p = x + i * channels;

		if (kind == FLOATS_SATURATE || kind == FLOATS_HUE
		    || kind == FLOATS_GRAY) {
			if (channels == 3)
				slow_colours(p, kind, by);
			continue;
		}
		for (int c = 0; c < channels; c++)
			p[c] = slow_number(p[c], kind, by, mean[c]);
	}
}

static double
draw_by(struct rng *r, enum floats_kind kind)
{
	switch (kind) {
	case FLOATS_ADD:
	case FLOATS_HUE:
		return rng_between(r, -0.5, 0.5);
	case FLOATS_SOLARIZE:
		/* Between two bytes, so that rounding decides nothing. */
		return (floor(rng_between(r, 0, 255)) + 0.5) / 255;
	default:
		return rng_between(r, 0, 2);
	}
}

/* Random changes of a random picture; the largest distance from the slow way,
 * of floats and of bytes.  One solarization at most, and first: behind others
 * a float and a double may be on different sides of its threshold. */
static void
one_picture(struct floats *f, struct rng *r, int n, int changes,
    double most[2])
{
	static unsigned char pixels[MOST * 4], bytes[MOST * 4];
	static double x[MOST * 4];
	static const int possible[] = { 3, 1, 3, 4 };
	const int channels = possible[rng_below(r, 4)];
	const struct image m = { pixels, 1, n, channels,
		(size_t)(n * channels) };
	const struct image to = { bytes, 1, n, channels, m.stride };

	for (int i = 0; i < n * channels; i++) {
		pixels[i] = (unsigned char)rng_below(r, 256);
		x[i] = pixels[i] / 255.0;
	}
	if (floats_load(f, &m) < 0) {
		ok(false, "load: %s", fail_text());
		return;
	}
	for (int k = 0; k < changes; k++) {
		const enum floats_kind kind = k == 0
		    ? (enum floats_kind)rng_below(r, FLOATS_CLIP + 1)
		    : (enum floats_kind)rng_below(r, FLOATS_SOLARIZE);
		const double by = draw_by(r, kind);

		floats_change(f, kind, (float)by);
		slow_change(x, n, channels, kind, (float)by);
		if (k % 3 == 2 || kind == FLOATS_SCALE) {
			floats_change(f, FLOATS_CLIP, 0);
			slow_change(x, n, channels, FLOATS_CLIP, 0);
		}
	}
	if (rng_below(r, 2) == 0)
		floats_settle(f);
	floats_store(f, &to);
	for (int i = 0; i < n * channels; i++) {
		const double want = x[i];
		const double got = (double)f->x[(size_t)(i % channels)
		    * f->stride + (size_t)(i / channels)];
		const double byte = 255 * fmin(fmax(want, 0), 1);

		most[0] = worse(most[0], fabs(got - want));
		most[1] = worse(most[1], fabs(bytes[i] - byte));
	}
}

int
main(void)
{
	static const int sizes[] = { 1, 2, 15, 16, 17, 1023, 1024, 1025, 2048,
		2999 };
	struct rng r = rng_at(8, 0, 0, 0, 1);
	struct floats f = { 0 };
	double one[2] = { 0 }, few[2] = { 0 }, none[2] = { 0 };

	for (int i = 0; i < 400; i++) {
		one_picture(&f, &r, sizes[i % 10], 1, one);
		one_picture(&f, &r, sizes[i % 10], 1 + i % 6, few);
		one_picture(&f, &r, sizes[i % 10], 0, none);
	}
	is_near(none[1], 0, 1e-9, "no change: the same bytes");
	ok(one[0] < 2e-6, "one change: %g apart", one[0]);
	ok(one[1] < 0.5001, "bytes are the nearest: %g", one[1]);
	ok(few[0] < 1e-4, "several: %g apart", few[0]);
	ok(few[1] < 0.52, "bytes are the nearest: %g", few[1]);
	one_picture(&f, &r, 1500, CHANGES, few);
	ok(few[0] < 1e-2, "more changes than wait at a time: %g", few[0]);
	floats_free(&f);
	return tap_done();
}
