/* SPDX-License-Identifier: MIT */
#include "image/sheet.h"

#include <stdlib.h>

#include "../tap.h"
#include "image/font.h"

static const unsigned char *
at(const struct image *im, int x, int y)
{
	return im->data + (size_t)y * im->stride +
	    (size_t)x * (size_t)im->channels;
}

static bool
is_rgb(const struct image *im, int x, int y, int r, int g, int b)
{
	const unsigned char *p = at(im, x, y);

	if (p[0] == r && p[1] == g && p[2] == b)
		return true;
	printf("# (%d,%d) is %d %d %d\n", x, y, p[0], p[1], p[2]);
	return false;
}

/* The top left corner of what is painted in this colour, or -1. */
static bool
find(const struct image *im, int r, int g, int b, int *x, int *y)
{
	for (*y = 0; *y < im->height; (*y)++)
		for (*x = 0; *x < im->width; (*x)++) {
			const unsigned char *p = at(im, *x, *y);

			if (p[0] == r && p[1] == g && p[2] == b)
				return true;
		}
	return false;
}

static void
test_enlarge(void)
{
	unsigned char px[2 * 3 * 3] = { 10, 20, 30, 0, 0, 0, 1, 1, 1,
		2, 2, 2, 3, 3, 3, 40, 50, 60 };
	const struct image im = { px, 2, 3, 3, 9 };
	struct sheet *s = sheet_new(2, 2, 32);
	struct image all;
	int x, y;

	sheet_put(s, 0, 1, &im);
	all = sheet_image(s);
	ok(find(&all, 10, 20, 30, &x, &y), "the picture is there");
	ok(is_rgb(&all, x + 9, y + 9, 10, 20, 30) &&
	    is_rgb(&all, x + 10, y, 0, 0, 0) &&
	    is_rgb(&all, x, y + 10, 2, 2, 2) &&
	    is_rgb(&all, x + 29, y + 19, 40, 50, 60) &&
	    is_rgb(&all, x + 30, y + 19, 255, 255, 255),
	    "each pixel became 10 x 10");
	ok(all.height < 80, "rows without pictures are left away");
	sheet_free(s);
}

static void
test_shrink(void)
{
	static unsigned char px[100 * 50];
	const struct image im = { px, 100, 50, 1, 50 };
	struct sheet *s = sheet_new(1, 1, 10);
	struct image all;
	int x, y;

	for (int i = 0; i < 100 * 50; i++)
		px[i] = i % 2 == 0 ? 100 : 120;
	sheet_put(s, 0, 0, &im);
	all = sheet_image(s);
	ok(find(&all, 110, 110, 110, &x, &y),
	    "a large gray picture is averaged");
	ok(is_rgb(&all, x + 4, y + 9, 110, 110, 110) &&
	    is_rgb(&all, x + 5, y, 255, 255, 255),
	    "and keeps its proportions");
	sheet_free(s);
	px[0] = 0;
	s = sheet_new(1, 1, 7);
	sheet_put(s, 0, 0, &(struct image){ px, 1, 50, 1, 50 });
	all = sheet_image(s);
	ok(find(&all, 95, 95, 95, &x, &y) || find(&all, 94, 94, 94, &x, &y),
	    "a thin one is a pixel high");
	sheet_free(s);
}

static int
ink(const struct image *im)
{
	int count = 0;

	for (int y = 0; y < im->height; y++)
		for (int x = 0; x < im->width; x++)
			count += at(im, x, y)[0] < 128;
	return count;
}

static void
test_words(void)
{
	static unsigned char px[64 * 20 * 3];
	const struct image im = { px, 20, 64, 3, 64 * 3 };
	int one;

	memset(px, 255, sizeof(px));
	font_draw(&im, 1, 2, 64, 1, 0, "l");
	one = ink(&im);
	ok(one > 5 && one < 20, "a letter has ink: %d", one);
	memset(px, 255, sizeof(px));
	font_draw(&im, 1, 2, 64, 2, 0, "l");
	is_int(ink(&im), 4 * one, "four times at scale 2");
	memset(px, 255, sizeof(px));
	font_draw(&im, 1, 2, 13, 1, 0, "l lllll");
	is_int(ink(&im), one, "words are cut at the end");
	memset(px, 255, sizeof(px));
	font_draw(&im, 1, 12, 64, 1, 0, "l");
	font_draw(&im, -1, 2, 64, 1, 0, "l");
	is_int(ink(&im), 0, "nothing is drawn across the edge");
	font_draw(&im, 1, 2, 64, 1, 0, "\xc3\x9f");
	one = ink(&im);
	memset(px, 255, sizeof(px));
	font_draw(&im, 1, 2, 64, 1, 0, "??");
	is_int(ink(&im), one, "other bytes are question marks");
}

static void
test_limits(void)
{
	ok(sheet_new(10000, 1, 10) == NULL && fail_last() == FAIL_LIMIT,
	    "a sheet higher than a JPEG is refused");
	ok(sheet_new(600, 600, 100) == NULL && fail_last() == FAIL_LIMIT,
	    "and one with too many pixels");
}

int
main(void)
{
	test_enlarge();
	test_shrink();
	test_words();
	test_limits();
	return tap_done();
}
