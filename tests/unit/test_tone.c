/* SPDX-License-Identifier: MIT */
/* Colours whose results are known from Pillow. */
#include "image/tone.h"

#include "tap.h"

static const unsigned char five[15] = { 200, 100, 50, 12, 250, 128, 0, 0, 7,
	128, 128, 128, 255, 0, 1 };
static unsigned char pixels[15];
static const struct image m = { pixels, 1, 5, 3, 15 };

static const struct image *
fresh(void)
{
	memcpy(pixels, five, sizeof(five));
	return &m;
}

static void
gives(const char *what, const unsigned char want[15])
{
	if (!ok(memcmp(pixels, want, sizeof(pixels)) == 0, "%s", what))
		for (int i = 0; i < 15; i++)
			printf("# %d: %d, want %d\n", i, pixels[i], want[i]);
}

static void
blends(void)
{
	tone_brightness(fresh(), 1.4f);
	gives("brightness 1.4", (unsigned char[]){ 255, 140, 70, 16, 255, 179,
	    0, 0, 9, 179, 179, 179, 255, 0, 1 });
	tone_brightness(fresh(), 0.6f);
	gives("brightness 0.6", (unsigned char[]){ 120, 60, 30, 7, 150, 76, 0,
	    0, 4, 76, 76, 76, 153, 0, 0 });
	tone_saturation(fresh(), 1.4f);
	gives("saturation 1.4", (unsigned char[]){ 230, 90, 20, 0, 255, 113, 0,
	    0, 9, 128, 128, 128, 255, 0, 0 });
	tone_saturation(fresh(), 0.2f);
	gives("saturation 0.2", (unsigned char[]){ 139, 119, 109, 134, 182,
	    157, 0, 0, 2, 128, 128, 128, 111, 60, 61 });
	tone_contrast(fresh(), 1.4f);
	gives("contrast 1.4", (unsigned char[]){ 240, 100, 30, 0, 255, 139, 0,
	    0, 0, 139, 139, 139, 255, 0, 0 });
	tone_brightness(fresh(), 1);
	tone_contrast(&m, 1);
	tone_saturation(&m, 1);
	gives("factors of 1", five);
	tone_brightness(fresh(), 0);
	gives("brightness 0", (unsigned char[15]){ 0 });
}

static void
points(void)
{
	tone_gray(fresh());
	gives("gray", (unsigned char[]){ 124, 124, 124, 165, 165, 165, 1, 1, 1,
	    128, 128, 128, 76, 76, 76 });
	tone_posterize(fresh(), 4);
	gives("posterize 4", (unsigned char[]){ 192, 96, 48, 0, 240, 128, 0, 0,
	    0, 128, 128, 128, 240, 0, 0 });
	tone_posterize(fresh(), 8);
	gives("posterize 8", five);
	tone_solarize(fresh(), 128);
	gives("solarize 128", (unsigned char[]){ 55, 100, 50, 12, 5, 127, 0, 0,
	    7, 127, 127, 127, 0, 0, 1 });
	tone_solarize(fresh(), 256);
	gives("solarize 256", five);
	tone_solarize(fresh(), 0);
	tone_invert(&m);
	gives("solarize 0, and invert", five);
}

static void
histograms(void)
{
	static unsigned char row[2048];
	const unsigned char times[8] = { 0, 0, 0, 10, 10, 20, 30, 200 };
	const unsigned char wants[8] = { 0, 0, 0, 110, 110, 183, 219, 255 };
	unsigned char few[5] = { 10, 20, 60, 200, 210 };
	const struct image line = { row, 1, 2048, 1, 2048 };
	const struct image short_line = { few, 1, 5, 1, 5 };
	bool good = true;

	tone_autocontrast(&short_line);
	ok(memcmp(few, (unsigned char[]){ 0, 12, 63, 242, 255 }, 5) == 0,
	    "autocontrast");
	for (int i = 0; i < 2048; i++)
		row[i] = times[i % 8];
	tone_equalize(&line);
	for (int i = 0; i < 2048; i++)
		good = good && row[i] == wants[i % 8];
	ok(good, "equalize");
	memset(row, 9, sizeof(row));
	tone_equalize(&line);
	tone_autocontrast(&line);
	ok(row[0] == 9 && row[2047] == 9, "one value stays");
}

/* The smoothed middle is (8 * 0 + 5 * 255) / 13 = 98.08, rounded 98. */
static void
sharpness(void)
{
	unsigned char nine[9] = { [4] = 255 };
	const struct image square = { nine, 3, 3, 1, 3 };
	struct picture room = { 0 };

	ok(tone_sharpness(&square, 0, &room) == 0 && nine[4] == 98
	    && nine[0] == 0, "sharpness 0 is the smoothed picture");
	memset(nine, 0, sizeof(nine));
	nine[4] = 200;
	ok(tone_sharpness(&square, 1.5f, &room) == 0 && nine[4] == 255,
	    "sharpness 1.5");
	picture_free(&room);
}

static void
ends(void)
{
	unsigned char two[6] = { 255, 255, 255, 0, 0, 0 };
	const struct image pair = { two, 1, 2, 3, 6 };

	tone_gray(&pair);
	ok(two[0] == 255 && two[2] == 255 && two[3] == 0 && two[5] == 0,
	    "white and black stay");
}

int
main(void)
{
	blends();
	points();
	histograms();
	sharpness();
	ends();
	return tap_done();
}
