/* SPDX-License-Identifier: MIT */
#include "image/floats.h"

#include <math.h>
#include <string.h>

#include "base/num.h"
#include "base/clones.h"

#define STRIP 1024		/* pixels that stay in the nearest cache */
#define LANES 16		/* sums are added up in so many parts */

CLONES static void
add(float *x, size_t n, float by)
{
	for (size_t i = 0; i < n; i++)
		x[i] += by;
}

CLONES static void
scale(float *x, size_t n, float by)
{
	for (size_t i = 0; i < n; i++)
		x[i] *= by;
}

CLONES static void
spread(float *x, size_t n, float mean, float by)
{
	for (size_t i = 0; i < n; i++)
		x[i] = mean + by * (x[i] - mean);
}

CLONES static void
solarize(float *x, size_t n, float threshold)
{
	for (size_t i = 0; i < n; i++)
		x[i] = x[i] < threshold ? x[i] : 1 - x[i];
}

CLONES static void
clip(float *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const float v = x[i] < 0 ? 0 : x[i];

		x[i] = v > 1 ? 1 : v;
	}
}

CLONES static void
gray(float *restrict r, float *restrict g, float *restrict b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		r[i] = g[i] = b[i] = 0.2989f * r[i] + 0.5870f * g[i]
		    + 0.1140f * b[i];
}

/* With H and V as they are, channels move away from V in proportion; at most
 * so far that the lowest is 0 (S = 1).  Without light there is no S. */
CLONES static void
saturate(float *restrict r, float *restrict g, float *restrict b, size_t n,
    float by)
{
	for (size_t i = 0; i < n; i++) {
		const float high = r[i] > g[i] ? r[i] : g[i];
		const float less = r[i] < g[i] ? r[i] : g[i];
		const float top = high > b[i] ? high : b[i];
		const float low = less < b[i] ? less : b[i];
		const float range = top - low;
		const float most = top / (range > 0 ? range : 1);
		const float ratio = by * range > top ? most : by;
		const float k = top > 0 ? ratio : 0;

		r[i] = top - (top - r[i]) * k;
		g[i] = top - (top - g[i]) * k;
		b[i] = top - (top - b[i]) * k;
	}
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

/* H in 0..6, without branches, so that many pixels are done at a time. */
CLONES static void
turn(float *restrict r, float *restrict g, float *restrict b, size_t n,
    float by)
{
	for (size_t i = 0; i < n; i++) {
		const float high = r[i] > g[i] ? r[i] : g[i];
		const float less = r[i] < g[i] ? r[i] : g[i];
		const float top = high > b[i] ? high : b[i];
		const float low = less < b[i] ? less : b[i];
		const float range = top - low;
		const float second = top == g[i] ? b[i] - r[i] : r[i] - g[i];
		const float unlike = top == r[i] ? g[i] - b[i] : second;
		const float middle = top == g[i] ? 2 : 4;
		const float from = top == r[i] ? 0 : middle;
		const float place = from + unlike / (range > 0 ? range : 1);
		const float turned = (place < 0 ? place + 6 : place) + by;
		const float h = turned >= 6 ? turned - 6 : turned;
		const float full = top > 0 ? range : 0;

		r[i] = top - full * (1 - share(h, 0));
		g[i] = top - full * (1 - share(h, 2));
		b[i] = top - full * (1 - share(h, 4));
	}
}

/* In fixed parts, so that every processor adds in the same order. */
CLONES static double
sum(const float *x, size_t n)
{
	float part[LANES] = { 0 };
	double all = 0;
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		for (size_t k = 0; k < LANES; k++)
			part[k] += x[i + k];
	for (size_t k = 0; i < n; i++, k++)
		part[k] += x[i];
	for (size_t k = 0; k < LANES; k++)
		all += (double)part[k];
	return all;
}

CLONES static void
take_one(float *restrict x, const unsigned char *restrict from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = (float)from[i] * (1 / 255.0f);
}

CLONES static void
take_three(float *restrict r, float *restrict g, float *restrict b,
    const unsigned char *restrict from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		r[i] = (float)from[3 * i] * (1 / 255.0f);
		g[i] = (float)from[3 * i + 1] * (1 / 255.0f);
		b[i] = (float)from[3 * i + 2] * (1 / 255.0f);
	}
}

static inline unsigned char
to_byte(float x)
{
	const float low = x < 0 ? 0 : x;
	const float v = low > 1 ? 1 : low;

	return (unsigned char)(int)(v * 255 + 0.5f);
}

CLONES static void
give_three(unsigned char *restrict to, const float *restrict r,
    const float *restrict g, const float *restrict b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		to[3 * i] = to_byte(r[i]);
		to[3 * i + 1] = to_byte(g[i]);
		to[3 * i + 2] = to_byte(b[i]);
	}
}

CLONES static void
give_one(unsigned char *restrict to, const float *restrict x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = to_byte(x[i]);
}

/* Some pixels of all planes: p[c] [n]. */
struct strip {
	float *p[FLOATS_CHANNELS];
	size_t n;
	int channels;
};

static void
take(const struct strip *s, const unsigned char *from)
{
	if (s->channels == 3) {
		take_three(s->p[0], s->p[1], s->p[2], from, s->n);
	} else if (s->channels == 1) {
		take_one(s->p[0], from, s->n);
	} else {
		for (size_t i = 0; i < s->n; i++)
			for (int c = 0; c < s->channels; c++, from++)
				s->p[c][i] = (float)*from * (1 / 255.0f);
	}
}

static void
give(const struct strip *s, unsigned char *to)
{
	if (s->channels == 3) {
		give_three(to, s->p[0], s->p[1], s->p[2], s->n);
	} else if (s->channels == 1) {
		give_one(to, s->p[0], s->n);
	} else {
		for (size_t i = 0; i < s->n; i++)
			for (int c = 0; c < s->channels; c++)
				*to++ = to_byte(s->p[c][i]);
	}
}

static void
change_colours(const struct strip *s, const struct floats_change *c)
{
	if (s->channels != 3)
		return;
	if (c->kind == FLOATS_SATURATE)
		saturate(s->p[0], s->p[1], s->p[2], s->n, c->by);
	else if (c->kind == FLOATS_HUE)
		turn(s->p[0], s->p[1], s->p[2], s->n,
		    6 * (c->by - floorf(c->by)));
	else
		gray(s->p[0], s->p[1], s->p[2], s->n);
}

static void
change_plane(float *x, size_t n, const struct floats_change *c, float mean)
{
	switch (c->kind) {
	case FLOATS_ADD:
		add(x, n, c->by);
		break;
	case FLOATS_SCALE:
		scale(x, n, c->by);
		break;
	case FLOATS_CONTRAST:
		spread(x, n, mean, c->by);
		break;
	case FLOATS_SOLARIZE:
		solarize(x, n, c->by);
		break;
	default:
		clip(x, n);
		break;
	}
}

static void
change(const struct strip *s, const struct floats_change *c)
{
	if (c->kind == FLOATS_SATURATE || c->kind == FLOATS_HUE
	    || c->kind == FLOATS_GRAY) {
		change_colours(s, c);
		return;
	}
	for (int k = 0; k < s->channels; k++)
		change_plane(s->p[k], s->n, c, c->mean[k]);
}

/* Makes the changes; sums [channels] of what comes out and the bytes `to` are
 * for those who ask for them. */
static void
pass(struct floats *f, double *sums, unsigned char *to)
{
	const size_t pixels = (size_t)f->height * (size_t)f->width;
	const size_t channels = (size_t)f->channels;

	for (size_t at = 0; at < pixels; at += STRIP) {
		struct strip s = { .n = pixels - at < STRIP ? pixels - at
			: STRIP, .channels = f->channels };

		for (size_t k = 0; k < channels; k++)
			s.p[k] = f->x + k * f->stride + at;
		if (f->from != NULL)
			take(&s, f->from + at * channels);
		for (int i = 0; i < f->n; i++)
			change(&s, &f->changes[i]);
		for (size_t k = 0; sums != NULL && k < channels; k++)
			sums[k] += sum(s.p[k], s.n);
		if (to != NULL)
			give(&s, to + at * channels);
	}
	f->from = NULL;
	f->n = 0;
}

int
floats_load(struct floats *f, const struct image *m)
{
	const size_t pixels = (size_t)m->height * (size_t)m->width;
	size_t bytes;

	/* Planes apart by an odd number of cache lines, so that a place in
	 * all of them does not fall into the same part of the cache. */
	f->stride = (pixels + 31) / 32 * 32 + 16;
	f->bytes.size = 0;
	if (num_mul(f->stride * sizeof(float), (size_t)m->channels,
	    &bytes) < 0 || buf_reserve(&f->bytes, bytes) < 0)
		return fail_last();
	f->x = (float *)(void *)f->bytes.data;
	f->height = m->height;
	f->width = m->width;
	f->channels = m->channels;
	f->from = m->data;
	f->n = 0;
	return 0;
}

void
floats_change(struct floats *f, enum floats_kind kind, float by)
{
	struct floats_change *c;

	if (f->n == FLOATS_CHANGES)
		pass(f, NULL, NULL);
	c = &f->changes[f->n];
	*c = (struct floats_change){ .kind = kind, .by = by };
	if (kind == FLOATS_CONTRAST) {
		const double pixels = (double)f->height * (double)f->width;
		double sums[FLOATS_CHANNELS] = { 0 };

		pass(f, sums, NULL);
		f->changes[0] = *c;
		c = &f->changes[0];
		for (int k = 0; k < f->channels; k++)
			c->mean[k] = (float)(sums[k] / pixels);
	}
	f->n++;
}

void
floats_settle(struct floats *f)
{
	if (f->from != NULL || f->n > 0)
		pass(f, NULL, NULL);
}

void
floats_store(struct floats *f, const struct image *to)
{
	pass(f, NULL, to->data);
}

void
floats_free(struct floats *f)
{
	buf_free(&f->bytes);
	*f = (struct floats){ 0 };
}
