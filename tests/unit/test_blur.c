/* SPDX-License-Identifier: MIT */
/* The true Gaussian: against its definition, and what its borders do. */
#include <stdint.h>

#include "base/rng.h"
#include "image/blur.h"

#include "tap.h"

enum { MOST = 40 };

/* Where torchvision's reflection reads place i of n; -1 outside. */
static int
place(int i, int n, enum blur_border border)
{
	if (i >= 0 && i < n)
		return i;
	if (border == BLUR_ZERO)
		return -1;
	return i < 0 ? -i : 2 * (n - 1) - i;
}

static double
slow_at(const unsigned char *x, int n_y, int n_x, int channels, int y, int at,
    int c, double sigma, int taps, enum blur_border border)
{
	const int r = taps / 2;
	double sum = 0, all = 0;

	for (int dy = -r; dy <= r; dy++)
		for (int dx = -r; dx <= r; dx++) {
			const double w = exp(-(dy * dy + dx * dx)
			    / (2 * sigma * sigma));
			const int from_y = place(y + dy, n_y, border);
			const int from_x = place(at + dx, n_x, border);

			all += w;
			if (from_y >= 0 && from_x >= 0)
				sum += w * x[(from_y * n_x + from_x) * channels
				    + c];
		}
	return sum / all;
}

/* Largest distance from the definition, in levels. */
static double
distance(struct rng *r, struct blur_room *room, enum blur_border border)
{
	unsigned char from[MOST * MOST * 3], to[MOST * MOST * 3];
	const int channels = rng_below(r, 2) ? 3 : 1;
	const int taps = 2 * (int)rng_below(r, 8) + 1;
	const int height = taps / 2 + 1 + (int)rng_below(r, 30);
	const int width = taps / 2 + 1 + (int)rng_below(r, 30);
	const double sigma = rng_between(r, 0.1, 3);
	const struct image m = { to, height, width, channels,
		(size_t)(width * channels) };
	double most = 0;

	for (int i = 0; i < height * width * channels; i++)
		from[i] = to[i] = (unsigned char)rng_below(r, 256);
	if (blur_gauss(&m, sigma, taps, border, room) < 0)
		return 1e9;
	for (int i = 0; i < height * width * channels; i++) {
		const int x = i / channels % width;
		const int y = i / channels / width;

		most = worse(most, fabs(to[i] - slow_at(from, height, width,
		    channels, y, x, i % channels, sigma, taps, border)));
	}
	return most;
}

/* Reflected borders keep a constant; black ones darken the edge. */
static void
borders(struct blur_room *room)
{
	unsigned char pixels[31 * 31 * 3];
	float floats[31 * 31 * 3];
	const struct image m = { pixels, 31, 31, 3, 31 * 3 };
	const size_t middle = (15 * 31 + 15) * 3;
	bool same = true;

	memset(pixels, 200, sizeof(pixels));
	ok(blur_gauss(&m, 1.5, 23, BLUR_REFLECT, room) == 0, "reflect");
	for (size_t i = 0; i < sizeof(pixels); i++)
		same = same && pixels[i] == 200;
	ok(same, "pitfall 30: a constant stays, borders reflected");
	ok(blur_gauss(&m, 1.5, 23, BLUR_ZERO, room) == 0, "zero");
	ok(pixels[0] < 90 && pixels[middle] == 200,
	    "pitfall 30: corners drop, borders black: %d", pixels[0]);
	for (size_t i = 0; i < sizeof(pixels); i++)
		floats[i] = 0.5f;
	ok(blur_gauss_floats(floats, 31, 31, 3, 1.5, 23, BLUR_ZERO, room) == 0
	    && floats[0] < 0.22f && fabsf(floats[middle] - 0.5f) < 1e-6f,
	    "the same on floats");
	is_int(blur_gauss(&m, 1, 63, BLUR_REFLECT, room), -5,
	    "a reflection must lie inside");
}

int
main(void)
{
	struct rng r = rng_at(11, 0, 0, 0, 1);
	struct blur_room room = { 0 };
	double reflect = 0, zero = 0;

	for (int i = 0; i < 60; i++) {
		reflect = worse(reflect, distance(&r, &room, BLUR_REFLECT));
		zero = worse(zero, distance(&r, &room, BLUR_ZERO));
	}
	is_near(reflect, 0.25, 0.2502, "reflected: rounded once, %g", reflect);
	is_near(zero, 0.25, 0.2502, "black: rounded once, %g", zero);
	borders(&room);
	blur_room_free(&room);
	return tap_done();
}
