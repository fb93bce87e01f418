/* SPDX-License-Identifier: MIT */
/* Pillow's blur by boxes: known rows, and every size against one line at a
 * time written out. */
#include <stdint.h>

#include "base/rng.h"
#include "image/blur.h"

#include "tap.h"

/* An impulse in 17 zeros, along one axis, as Pillow 9.4 gives it.  (With
 * weights divided in double the third row would begin 104, 61.) */
static void
impulse(double sigma, bool down, const unsigned char want[9],
    struct blur_room *room)
{
	unsigned char row[17] = { [8] = 255 };
	const struct image m = { row, down ? 17 : 1, down ? 1 : 17, 1,
		down ? 1 : 17 };
	bool same = blur_boxes(&m, sigma, room) == 0;

	for (int i = 0; i < 17; i++)
		same = same && row[i] == want[i < 8 ? 8 - i : i - 8];
	ok(same, "pitfall 30: impulse, sigma %g, %s", sigma, down ? "down" :
	    "across");
}

/* One pass over a line, `step` apart: weights by their definition. */
static void
slow_pass(unsigned char *x, int n, size_t step, float radius)
{
	unsigned char from[64];
	const int r = (int)radius;
	const uint32_t inner = (uint32_t)((1 << 24) / (radius * 2 + 1));
	const uint32_t outer = ((1u << 24) - (2 * (uint32_t)r + 1) * inner)
	    / 2;

	for (int i = 0; i < n; i++)
		from[i] = x[step * (size_t)i];
	for (int i = 0; i < n; i++) {
		uint32_t sum = 1u << 23;

		for (int d = -r - 1; d <= r + 1; d++) {
			const int at = i + d < 0 ? 0 : i + d < n ? i + d
			    : n - 1;

			sum += from[at] * (d < -r || d > r ? outer : inner);
		}
		x[step * (size_t)i] = (unsigned char)(sum >> 24);
	}
}

static void
slow_boxes(unsigned char *x, int height, int width, int channels,
    float radius)
{
	const size_t c = (size_t)channels, stride = (size_t)width * c;

	for (int y = 0; y < height; y++)
		for (size_t i = 0; i < 3 * c; i++)
			slow_pass(x + (size_t)y * stride + i % c, width, c,
			    radius);
	for (size_t i = 0; i < 3 * stride; i++)
		slow_pass(x + i % stride, height, stride, radius);
}

/* Radii by the formula, exact in these two. */
static const struct {
	double sigma;
	float radius;
} boxes[] = { { 1, 0.25f }, { 2, 1.375f } };

static bool
same_as_slow(struct rng *r, struct blur_room *room, bool gray)
{
	const size_t which = (size_t)rng_below(r, 2);
	const int channels = gray ? 1 : 3;
	const int height = 1 + (int)rng_below(r, 40);
	const int width = 1 + (int)rng_below(r, 40);
	const size_t n = (size_t)(height * width * channels);
	unsigned char fast[40 * 40 * 3], slow[40 * 40 * 3];
	const struct image m = { fast, height, width, channels,
		(size_t)(width * channels) };

	for (size_t i = 0; i < n; i++)
		fast[i] = slow[i] = (unsigned char)rng_below(r, 256);
	slow_boxes(slow, height, width, channels, boxes[which].radius);
	return blur_boxes(&m, boxes[which].sigma, room) == 0
	    && memcmp(fast, slow, n) == 0;
}

int
main(void)
{
	struct rng r = rng_at(7, 0, 0, 0, 1);
	struct blur_room room = { 0 };
	bool same = true;

	for (int down = 0; down < 2; down++) {
		impulse(0.1, down, (const unsigned char[9]){ 252 }, &room);
		impulse(0.5, down, (const unsigned char[9]){ 199, 27, 1 },
		    &room);
		impulse(1, down, (const unsigned char[9]){ 103, 60, 14, 1 },
		    &room);
		impulse(2, down, (const unsigned char[9]){ 49, 44, 32, 18, 8,
		    2 }, &room);
	}
	for (int i = 0; i < 400; i++)
		same = same && same_as_slow(&r, &room, i % 4 == 0);
	ok(same, "1x1 to 40x40, gray and RGB, as one line at a time");
	blur_room_free(&room);
	return tap_done();
}
