/* SPDX-License-Identifier: MIT */
#include "kernel/gather.h"

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

/* Taps of one source row, each one pixel further, can be copied as one. */
static void
find_runs(struct gather *g)
{
	for (int i = g->n_taps - 1; i >= 0; i--) {
		const bool joined = i + 1 < g->n_taps
		    && g->tap_h[i + 1] == g->tap_h[i]
		    && g->tap_w[i + 1] == g->tap_w[i] + 1;

		g->run_end[i] = joined ? g->run_end[i + 1] : i + 1;
	}
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
	find_runs(g);
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
	for (int i = s->size * s->size - 1; i >= 0; i--) {
		const int h = h0 + s->pad - i / s->size;
		const int w = w0 + s->pad - i % s->size;

		if (h % s->stride != 0 || w % s->stride != 0)
			continue;
		g->tap_h[g->n_taps] = h / s->stride;
		g->tap_w[g->n_taps] = w / s->stride;
		g->tap[g->n_taps++] = i;
	}
	find_runs(g);
}
