/* SPDX-License-Identifier: MIT */
/* Every colour there is, against Pillow's way written out. */
#include <stdint.h>

#include "image/tone.h"

#include "tap.h"

struct hsv {
	int h, s, v;
};

static int
largest(int a, int b, int c)
{
	return a > b ? (a > c ? a : c) : (b > c ? b : c);
}

static struct hsv
slow_hsv(int r, int g, int b)
{
	const int top = largest(r, g, b), low = -largest(-r, -g, -b);
	const float range = (float)(top - low);
	const float rc = (float)(top - r) / range;
	const float gc = (float)(top - g) / range;
	const float bc = (float)(top - b) / range;
	float h;

	if (top == low)
		return (struct hsv){ 0, 0, top };
	if (r == top)
		h = bc - gc;
	else if (g == top)
		h = (float)(2.0 + (double)rc - (double)bc);
	else
		h = (float)(4.0 + (double)gc - (double)rc);
	h = (float)fmod((double)h / 6.0 + 1.0, 1.0);
	return (struct hsv){ (int)((double)h * 255.0),
		(int)((double)(range / (float)top) * 255.0), top };
}

static int
nearest(double v)
{
	return (int)(v + 0.5);
}

static void
slow_rgb(int to[3], struct hsv c)
{
	const int sixth = (int)floor((double)c.h * 6.0 / 255.0);
	const float f = (float)((double)c.h * 6.0 / 255.0 - sixth);
	const float s = (float)(c.s / 255.0);
	const int p = nearest(c.v * (1.0 - (double)s));
	const int q = nearest(c.v * (1.0 - (double)(s * f)));
	const int t = nearest(c.v * (1.0 - (double)s * (1.0 - (double)f)));
	const int table[6][3] = { { c.v, t, p }, { q, c.v, p }, { p, c.v, t },
		{ p, q, c.v }, { t, p, c.v }, { c.v, p, q } };

	for (int i = 0; i < 3; i++)
		to[i] = c.s == 0 ? c.v : table[sixth % 6][i];
}

/* All colours with this red, turned by `add` 255ths; how many are wrong. */
static int
wrong_colours(unsigned char *pixels, int red, int add)
{
	const struct image m = { pixels, 256, 256, 3, 3 * 256 };
	int wrong = 0;

	for (int i = 0; i < 65536; i++) {
		pixels[3 * i] = (unsigned char)red;
		pixels[3 * i + 1] = (unsigned char)(i >> 8);
		pixels[3 * i + 2] = (unsigned char)(i & 255);
	}
	tone_hue(&m, add / 254.9);
	for (int i = 0; i < 65536; i++) {
		struct hsv c = slow_hsv(red, i >> 8, i & 255);
		int want[3];

		c.h = (c.h + add) & 255;
		slow_rgb(want, c);
		for (int k = 0; k < 3; k++)
			wrong += want[k] != pixels[3 * i + k];
	}
	return wrong;
}

/* Five colours whose results are known from Pillow and torchvision. */
static void
known(double shift, const unsigned char want[15])
{
	unsigned char pixels[15] = { 200, 100, 50, 12, 250, 128, 0, 0, 7,
		128, 128, 128, 255, 0, 1 };
	const struct image m = { pixels, 1, 5, 3, 15 };

	tone_hue(&m, shift);
	ok(memcmp(pixels, want, sizeof(pixels)) == 0, "pitfall 27: known "
	    "colours, shift %g", shift);
}

int
main(void)
{
	static unsigned char pixels[3 * 65536];
	const unsigned char gray[3] = { 1, 2, 3 };
	const struct image one = { pixels, 1, 3, 1, 3 };
	int still = 0, turned = 0;

	known(0, (const unsigned char[]){ 200, 100, 50, 13, 250, 124, 0, 0, 7,
	    128, 128, 128, 255, 0, 6 });
	known(0.1, (const unsigned char[]){ 200, 188, 50, 13, 236, 250, 4, 0,
	    7, 128, 128, 128, 255, 138, 0 });
	known(-0.1, (const unsigned char[]){ 200, 50, 85, 41, 250, 13, 0, 4,
	    7, 128, 128, 128, 255, 0, 156 });
	for (int red = 0; red < 256; red++) {
		still += wrong_colours(pixels, red, 0);
		turned += wrong_colours(pixels, red, red - 128);
	}
	is_int(still, 0, "pitfall 27: every colour there and back");
	is_int(turned, 0, "pitfall 27: with a turn for each red");
	memcpy(pixels, gray, sizeof(gray));
	tone_hue(&one, 0.3);
	ok(memcmp(pixels, gray, sizeof(gray)) == 0,
	    "one channel has no hue");
	return tap_done();
}
