/* SPDX-License-Identifier: MIT */
#include "image/floats.h"

#include <math.h>

#include "image/clones.h"

CLONES void
floats_add(float *x, size_t pixels, float delta)
{
	for (size_t i = 0; i < 3 * pixels; i++)
		x[i] += delta;
}

CLONES void
floats_scale(float *x, size_t pixels, float factor)
{
	for (size_t i = 0; i < 3 * pixels; i++)
		x[i] *= factor;
}

void
floats_contrast(float *x, size_t pixels, float factor)
{
	double sum[3] = { 0 };
	float mean[3];

	for (size_t i = 0; i < pixels; i++)
		for (size_t c = 0; c < 3; c++)
			sum[c] += (double)x[3 * i + c];
	for (size_t c = 0; c < 3; c++)
		mean[c] = (float)(sum[c] / (double)pixels);
	for (size_t i = 0; i < pixels; i++)
		for (size_t c = 0; c < 3; c++)
			x[3 * i + c] = mean[c]
			    + factor * (x[3 * i + c] - mean[c]);
}

struct hsv {
	float h, s, v;		/* h in 0..6 */
};

/* Without branches, so that many pixels are done at a time. */
static inline struct hsv
to_hsv(float r, float g, float b)
{
	const float top2 = r > g ? r : g, low2 = r < g ? r : g;
	const float top = top2 > b ? top2 : b, low = low2 < b ? low2 : b;
	const float range = top - low;
	const float unlike = top == r ? g - b : top == g ? b - r : r - g;
	const float from = top == r ? 0 : top == g ? 2 : 4;
	const float h = from + unlike / (range > 0 ? range : 1);
	const float s = range / (top > 0 ? top : 1);

	return (struct hsv){ h < 0 ? h + 6 : h, top > 0 ? s : 0, top };
}

/* The share of full colour that a channel has at distance d of its peak. */
static inline float
share(float h, float peak)
{
	const float apart = fabsf(h - peak);
	const float d = 2 - (apart > 3 ? 6 - apart : apart);
	const float low = d < 0 ? 0 : d;

	return low > 1 ? 1 : low;
}

static inline void
from_hsv(float *p, struct hsv c)
{
	p[0] = c.v * (1 - c.s * (1 - share(c.h, 0)));
	p[1] = c.v * (1 - c.s * (1 - share(c.h, 2)));
	p[2] = c.v * (1 - c.s * (1 - share(c.h, 4)));
}

CLONES void
floats_saturate(float *x, size_t pixels, float factor)
{
	for (size_t i = 0; i < pixels; i++) {
		struct hsv c = to_hsv(x[3 * i], x[3 * i + 1], x[3 * i + 2]);

		c.s *= factor;
		c.s = c.s < 0 ? 0 : c.s;
		c.s = c.s > 1 ? 1 : c.s;
		from_hsv(x + 3 * i, c);
	}
}

CLONES void
floats_hue(float *x, size_t pixels, float shift)
{
	const float turn = 6 * (shift - floorf(shift));

	for (size_t i = 0; i < pixels; i++) {
		struct hsv c = to_hsv(x[3 * i], x[3 * i + 1], x[3 * i + 2]);

		c.h += turn;
		c.h = c.h >= 6 ? c.h - 6 : c.h;
		from_hsv(x + 3 * i, c);
	}
}

void
floats_gray(float *x, size_t pixels)
{
	for (size_t i = 0; i < pixels; i++, x += 3)
		x[0] = x[1] = x[2] = 0.2989f * x[0] + 0.5870f * x[1]
		    + 0.1140f * x[2];
}

CLONES void
floats_solarize(float *x, size_t pixels, float threshold)
{
	for (size_t i = 0; i < 3 * pixels; i++)
		x[i] = x[i] < threshold ? x[i] : 1 - x[i];
}

CLONES void
floats_clip(float *x, size_t pixels)
{
	for (size_t i = 0; i < 3 * pixels; i++)
		x[i] = x[i] < 0 ? 0 : x[i] > 1 ? 1 : x[i];
}

CLONES void
floats_from_bytes(float *restrict x, const unsigned char *restrict from,
    size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = (float)from[i] / 255;
}

CLONES void
floats_to_bytes(unsigned char *restrict to, const float *restrict x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const float v = x[i] < 0 ? 0 : x[i] > 1 ? 1 : x[i];

		to[i] = (unsigned char)(int)(v * 255 + 0.5f);
	}
}
