/* SPDX-License-Identifier: MIT */
/* hue: the turn of the colour wheel, by way of Pillow's 8-bit HSV
 * (src/libImaging/Convert.c) and torchvision's adjust_hue. */
#include <stdlib.h>

#include "base/clones.h"
#include "image/tone.h"

struct hsv {
	int h, s, v;		/* 0..255 */
};

/*
 * Pillow's floats and doubles, where they matter: with doubles throughout pure
 * blue would become 169 instead of 170.  They matter for the hue alone; the
 * saturation and the way back are the same in whole numbers or floats for
 * every colour there is (tests/unit/test_hue.c tries all of them).  There are
 * no branches, so that many pixels are done at a time.
 */
static inline struct hsv
to_hsv(int r, int g, int b)
{
	const int top2 = r > g ? r : g, low2 = r < g ? r : g;
	const int top = top2 > b ? top2 : b, low = low2 < b ? low2 : b;
	const int range = top - low;
	const float by = (float)(range + (range == 0));
	const int plus = r == top ? top - b : g == top ? top - r : top - g;
	const int minus = r == top ? top - g : g == top ? top - b : top - r;
	const int from = r == top ? 0 : g == top ? 2 : 4;
	const float h = (float)((double)from + (double)((float)plus / by)
	    - (double)((float)minus / by));
	const double turn = (double)h / 6 + 1;
	const float part = (float)(turn - (int)turn);
	const float s = (float)(255 * range) / (float)(top + (top == 0));

	return (struct hsv){ (int)((double)part * 255), (int)s, top };
}

/* One channel, whose full strength is at `peak` of the wheel's 1530 parts: it
 * stays for a sixth on both sides, fades over the next, and is gone beyond. */
static inline unsigned char
channel(struct hsv c, int peak)
{
	const int apart = abs(c.h * 6 - peak);
	const int back = 1530 - apart;
	const int near = (apart < back ? apart : back) - 255;
	const int low = near > 0 ? near : 0;
	const int gone = low < 255 ? low : 255;
	const float s = (float)c.s / 255 * ((float)gone / 255);

	return (unsigned char)(int)((float)c.v * (1 - s) + 0.5f);
}

CLONES static void
turn_row(unsigned char *p, int width, int add)
{
	for (int x = 0; x < width; x++) {
		struct hsv c = to_hsv(p[3 * x], p[3 * x + 1], p[3 * x + 2]);

		c.h = (c.h + add) & 255;
		p[3 * x] = channel(c, 0);
		p[3 * x + 1] = channel(c, 510);
		p[3 * x + 2] = channel(c, 1020);
	}
}

void
tone_hue(const struct image *m, double shift)
{
	const int add = (int)(shift * 255);

	if (m->channels != 3)
		return;
	for (int y = 0; y < m->height; y++)
		turn_row(m->data + (size_t)y * m->stride, m->width, add);
}
