/* SPDX-License-Identifier: MIT */
#include "kernel/gather.h"

#include <string.h>

size_t
gather_rows(const struct gather *g)
{
	return (size_t)g->n * (size_t)g->rows * (size_t)g->columns;
}

int
gather_k(const struct gather *g)
{
	return g->n_taps * g->channels;
}

void
gather_forward(struct gather *g, const struct conv *s)
{
	*g = (struct gather){ .n = s->n, .rows = conv_extent(s, s->h),
		.columns = conv_extent(s, s->w), .step = 1, .from_h = s->h,
		.from_w = s->w, .from_step = s->stride, .channels = s->c };
	g->to_h = g->rows;
	g->to_w = g->columns;
	for (int i = 0; i < s->size * s->size; i++) {
		g->tap_h[i] = i / s->size - s->pad;
		g->tap_w[i] = i % s->size - s->pad;
		g->tap[i] = i;
	}
	g->n_taps = s->size * s->size;
}

/* Input h meets output (h + pad - kh) / stride where that is whole; with
 * h = h0 + stride r it is r + (h0 + pad - kh) / stride. */
void
gather_backward(struct gather *g, const struct conv *s, int h0, int w0)
{
	*g = (struct gather){ .n = s->n, .h0 = h0, .w0 = w0,
		.step = s->stride, .to_h = s->h, .to_w = s->w, .from_step = 1,
		.channels = s->o };
	g->rows = (s->h - h0 + s->stride - 1) / s->stride;
	g->columns = (s->w - w0 + s->stride - 1) / s->stride;
	g->from_h = conv_extent(s, s->h);
	g->from_w = conv_extent(s, s->w);
	for (int i = 0; i < s->size * s->size; i++) {
		const int h = h0 + s->pad - i / s->size;
		const int w = w0 + s->pad - i % s->size;

		if (h % s->stride != 0 || w % s->stride != 0)
			continue;
		g->tap_h[g->n_taps] = h / s->stride;
		g->tap_w[g->n_taps] = w / s->stride;
		g->tap[g->n_taps++] = i;
	}
}

size_t
gather_target(const struct gather *g, size_t row)
{
	const size_t w = row % (size_t)g->columns;
	const size_t h = row / (size_t)g->columns % (size_t)g->rows;
	const size_t n = row / (size_t)g->columns / (size_t)g->rows;

	return (n * (size_t)g->to_h + (size_t)g->h0 + (size_t)g->step * h)
	    * (size_t)g->to_w + (size_t)g->w0 + (size_t)g->step * w;
}

/* Small runs are the rule (16 to 64 channels): no call for them. */
static inline void
copy_run(float *to, const float *from, int n)
{
	int i = 0;

	for (; i + 16 <= n; i += 16)
		memcpy(to + i, from + i, 16 * sizeof(*to));
	for (; i < n; i++)
		to[i] = from[i];
}

static inline void
zero_run(float *to, int n)
{
	int i = 0;

	for (; i + 16 <= n; i += 16)
		memset(to + i, 0, 16 * sizeof(*to));
	for (; i < n; i++)
		to[i] = 0;
}

/* One row: source is the picture, (h,w) where its taps count from. */
static void
gather_row(const struct gather *g, float *to, const float *source, int h,
    int w, int k0, int k)
{
	int tap = k0 / g->channels, channel = k0 % g->channels;

	while (k > 0) {
		const int from_h = h + g->tap_h[tap], from_w = w + g->tap_w[tap];
		const int left = g->channels - channel;
		const int now = left < k ? left : k;

		if (from_h < 0 || from_h >= g->from_h || from_w < 0
		    || from_w >= g->from_w)
			zero_run(to, now);
		else
			copy_run(to, source + ((size_t)from_h
			    * (size_t)g->from_w + (size_t)from_w)
			    * (size_t)g->channels + (size_t)channel, now);
		to += now;
		k -= now;
		channel = 0;
		tap++;
	}
}

void
gather_tile(const struct gather *g, float *tile, const float *source,
    size_t first, size_t n, int k0, int k)
{
	const size_t picture = (size_t)g->from_h * (size_t)g->from_w
	    * (size_t)g->channels;
	int w = (int)(first % (size_t)g->columns);
	int h = (int)(first / (size_t)g->columns % (size_t)g->rows);

	source += first / (size_t)g->columns / (size_t)g->rows * picture;
	for (size_t i = 0; i < n; i++, tile += TILE_LDA) {
		gather_row(g, tile, source, h * g->from_step,
		    w * g->from_step, k0, k);
		if (++w < g->columns)
			continue;
		w = 0;
		if (++h < g->rows)
			continue;
		h = 0;
		source += picture;
	}
}
