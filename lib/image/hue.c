/* SPDX-License-Identifier: MIT */
/* hue: the turn of the colour wheel, by way of Pillow's 8-bit HSV
 * (src/libImaging/Convert.c) and torchvision's adjust_hue. */
#include <math.h>

#include "image/tone.h"

struct hsv {
	int h, s, v;		/* 0..255 */
};

/* Ratios are floats and the wheel's sixths doubles, as in Pillow: with
 * doubles throughout pure blue would become 169 instead of 170. */
static inline struct hsv
to_hsv(int r, int g, int b)
{
	const int top = r > g ? (r > b ? r : b) : (g > b ? g : b);
	const int low = r < g ? (r < b ? r : b) : (g < b ? g : b);
	const float range = (float)(top - low);
	float h, s, rc, gc, bc;
	double turn;

	if (top == low)
		return (struct hsv){ 0, 0, top };
	s = range / (float)top;
	rc = (float)(top - r) / range;
	gc = (float)(top - g) / range;
	bc = (float)(top - b) / range;
	if (r == top)
		h = bc - gc;
	else if (g == top)
		h = (float)(2.0 + (double)rc - (double)bc);
	else
		h = (float)(4.0 + (double)gc - (double)rc);
	turn = (double)h / 6 + 1;
	h = (float)(turn >= 1 ? turn - 1 : turn);
	return (struct hsv){ (int)((double)h * 255), (int)((double)s * 255),
		top };
}

static inline unsigned char
nearest(double v)
{
	const int rounded = (int)(v + 0.5);

	return (unsigned char)(rounded > 255 ? 255 : rounded);
}

static inline void
from_hsv(unsigned char *to, struct hsv c)
{
	const unsigned char v = (unsigned char)c.v;
	const int sixth = c.h * 6 / 255;
	const float f = (float)((double)((float)c.h * 6) / 255 - sixth);
	const float s = (float)((double)(float)c.s / 255);
	unsigned char p, q, t;

	if (c.s == 0) {
		to[0] = to[1] = to[2] = v;
		return;
	}
	p = nearest((double)(float)c.v * (1.0 - (double)s));
	q = nearest((double)(float)c.v * (1.0 - (double)(s * f)));
	t = nearest((double)(float)c.v
	    * (1.0 - (double)s * (1.0 - (double)f)));
	switch (sixth % 6) {
	case 0:
		to[0] = v, to[1] = t, to[2] = p;
		break;
	case 1:
		to[0] = q, to[1] = v, to[2] = p;
		break;
	case 2:
		to[0] = p, to[1] = v, to[2] = t;
		break;
	case 3:
		to[0] = p, to[1] = q, to[2] = v;
		break;
	case 4:
		to[0] = t, to[1] = p, to[2] = v;
		break;
	default:
		to[0] = v, to[1] = p, to[2] = q;
		break;
	}
}

void
tone_hue(const struct image *m, double shift)
{
	const int add = (int)(shift * 255);

	if (m->channels != 3)
		return;
	for (int y = 0; y < m->height; y++) {
		unsigned char *p = m->data + (size_t)y * m->stride;

		for (int x = 0; x < m->width; x++, p += 3) {
			struct hsv c = to_hsv(p[0], p[1], p[2]);

			c.h = (c.h + add) & 255;
			from_hsv(p, c);
		}
	}
}
