/* SPDX-License-Identifier: MIT */
/* Flips, shifts, shears and turns of small pictures, as Pillow does them. */
#include "image/geom.h"

#include "tap.h"

static unsigned char from_pixels[30], to_pixels[30];

static const struct image *
numbered(struct image *m, int height, int width, int channels)
{
	for (int i = 0; i < 30; i++)
		from_pixels[i] = (unsigned char)(i + 1);
	memset(to_pixels, 99, sizeof(to_pixels));
	*m = (struct image){ from_pixels, height, width, channels,
		(size_t)(width * channels) };
	return m;
}

static void
gives(const unsigned char *got, const unsigned char *want, size_t n,
    const char *what)
{
	if (!ok(memcmp(got, want, n) == 0, "%s", what))
		for (size_t i = 0; i < n; i++)
			printf("# %zu: %d, want %d\n", i, got[i], want[i]);
}

/* The picture 1 2 3 4 / 5 6 7 8 / 9 10 11 12 by a matrix. */
static void
mapped(const double m[6], const unsigned char want[12], const char *what)
{
	struct image from, to;

	to = *numbered(&from, 3, 4, 1);
	to.data = to_pixels;
	geom_affine(&to, &from, m);
	gives(to_pixels, want, 12, what);
}

/* The same turned; `height` 3 and `width` 3 for a square. */
static void
turned(double degrees, int width, const unsigned char *want,
    const char *what)
{
	struct image from, to;

	to = *numbered(&from, 3, width, 1);
	to.data = to_pixels;
	geom_rotate(&to, &from, degrees);
	gives(to_pixels, want, 3 * (size_t)width, what);
}

/* Every width to 130, pixel by pixel. */
static void
flips(void)
{
	static unsigned char pixels[2 * 131 * 4];
	bool good = true;

	for (int width = 1; width <= 130; width++)
		for (int c = 1; c <= 4; c++) {
			const struct image m = { pixels, 2, width, c,
				(size_t)(131 * c) };
			unsigned char *p = pixels;

			for (size_t i = 0; i < sizeof(pixels); i++)
				pixels[i] = (unsigned char)(i * 7 % 251);
			geom_flip(&m);
			for (int i = 0; i < 2 * 131 * c; i++) {
				const int row = i / (131 * c);
				const int x = i % (131 * c) / c;
				const int at = x < width ? width - 1 - x : x;

				good = good && p[i] == (row * 131 * c + at * c
				    + i % c) * 7 % 251;
			}
		}
	ok(good, "flips of every width, nothing beside them");
}

int
main(void)
{
	flips();
	struct image m;

	geom_flip(numbered(&m, 2, 5, 3));
	gives(from_pixels, (unsigned char[]){ 13, 14, 15, 10, 11, 12, 7, 8, 9,
	    4, 5, 6, 1, 2, 3, 28, 29, 30, 25, 26, 27, 22, 23, 24, 19, 20, 21,
	    16, 17, 18 }, 30, "flip, five pixels wide");
	geom_flip(numbered(&m, 3, 1, 1));
	gives(from_pixels, (unsigned char[]){ 1, 2, 3 }, 3, "flip, one wide");
	mapped((const double[]){ 1, 0, 1, 0, 1, 0 }, (unsigned char[]){ 2, 3,
	    4, 0, 6, 7, 8, 0, 10, 11, 12, 0 }, "one to the left");
	mapped((const double[]){ 1, 0, 0, 0, 1, -1 }, (unsigned char[]){ 0, 0,
	    0, 0, 1, 2, 3, 4, 5, 6, 7, 8 }, "one down");
	mapped((const double[]){ 1, 0, 40, 0, 1, 0 }, (unsigned char[12]){ 0 },
	    "all of it outside");
	mapped((const double[]){ 1, 0.4, 0, 0, 1, 0 }, (unsigned char[]){ 1, 2,
	    3, 4, 6, 7, 8, 0, 10, 11, 12, 0 }, "sheared along the rows");
	mapped((const double[]){ 1, 0, 0, -0.4, 1, 0 }, (unsigned char[]){ 1,
	    0, 0, 0, 5, 2, 3, 4, 9, 6, 7, 8 }, "sheared along the columns");
	turned(0, 4, (unsigned char[]){ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
	    12 }, "by nothing");
	turned(180, 4, (unsigned char[]){ 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2,
	    1 }, "by half a turn");
	turned(30, 4, (unsigned char[]){ 0, 3, 3, 8, 1, 6, 7, 12, 5, 10, 10,
	    0 }, "by 30 degrees");
	turned(90, 3, (unsigned char[]){ 3, 6, 9, 2, 5, 8, 1, 4, 7 },
	    "a quarter, counter-clockwise");
	turned(-90, 3, (unsigned char[]){ 7, 4, 1, 8, 5, 2, 9, 6, 3 },
	    "a quarter, clockwise");
	turned(450, 3, (unsigned char[]){ 3, 6, 9, 2, 5, 8, 1, 4, 7 },
	    "a turn and a quarter");
	return tap_done();
}
