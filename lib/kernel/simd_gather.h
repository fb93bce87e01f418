/*
 * simd_gather: filling a tile with the source pixels around each grid point.
 * Included once by each simd_*.c after simd_tiles.h.
 */
#include "kernel/gather.h"

/* Numbers that lie between asking for one and copying it. */
#define GATHER_AHEAD 512

/* Runs are short (9 to 192 numbers), so a call for each would show.  A rest
 * goes as a whole vector where the source has so much before `end`: rows of
 * the tile have room behind them, and what comes next is written over it. */
INLINE void
copy_run(float *to, const float *from, const float *end, int n)
{
	int i = 0;

	for (; i + LANES <= n; i += LANES) {
		__builtin_prefetch(from + i + GATHER_AHEAD);
		store(to + i, load(from + i));
	}
	if (i < n && end - from >= i + LANES)
		store(to + i, load(from + i));
	else
		for (; i < n; i++)
			to[i] = from[i];
}

INLINE void
zero_run(float *to, int n)
{
	int i = 0;

	for (; i + LANES <= n; i += LANES)
		store(to + i, (vec){ 0 });
	for (; i < n; i++)
		to[i] = 0;
}

/* One row: source is the picture, (h,w) where its taps count from; the first
 * number is `channel` of `tap`. */
INLINE void
gather_row(const struct gather *g, float *to, const float *source,
    const float *end, int h, int w, int tap, int channel, int k)
{
	while (k > 0) {
		const int from_h = h + g->tap_h[tap], from_w = w + g->tap_w[tap];
		const bool inside = from_h >= 0 && from_h < g->from_h
		    && from_w >= 0 && from_w < g->from_w;
		const int run = g->run_end[tap] - tap;
		const int taps = inside && from_w + run <= g->from_w ? run : 1;
		const int left = taps * g->channels - channel;
		const int now = left < k ? left : k;

		if (inside)
			copy_run(to, source + ((size_t)from_h
			    * (size_t)g->from_w + (size_t)from_w)
			    * (size_t)g->channels + (size_t)channel, end,
			    now);
		else
			zero_run(to, now);
		to += now;
		k -= now;
		channel = 0;
		tap += taps;
	}
}

/* All taps lie within the picture; the first is the highest and leftmost, the
 * last the lowest and rightmost. */
INLINE bool
is_inside(const struct gather *g, int h, int w)
{
	const int last = g->n_taps - 1;

	return last >= 0 && h + g->tap_h[0] >= 0 && w + g->tap_w[0] >= 0
	    && h + g->tap_h[last] < g->from_h
	    && w + g->tap_w[last] < g->from_w;
}

/* A whole row from there. */
INLINE void
gather_inside(const struct gather *g, float *to, const float *source,
    const float *end, int h, int w)
{
	for (int tap = 0; tap < g->n_taps; tap = g->run_end[tap]) {
		const int n = (g->run_end[tap] - tap) * g->channels;
		const ptrdiff_t at = (ptrdiff_t)(h + g->tap_h[tap])
		    * g->from_w + w + g->tap_w[tap];

		copy_run(to, source + at * g->channels, end, n);
		to += n;
	}
}

static void
gather_tile(const struct gather *g, float *tile, const float *source,
    size_t first, size_t n, int k0, int k)
{
	const size_t picture = (size_t)g->from_h * (size_t)g->from_w
	    * (size_t)g->channels;
	const float *end = source + (size_t)g->n * picture;
	const bool whole = k0 == 0 && k == g->n_taps * g->channels;
	const int tap = k0 / g->channels, channel = k0 % g->channels;
	int w = (int)(first % (size_t)g->columns);
	int h = (int)(first / (size_t)g->columns % (size_t)g->rows);

	source += first / (size_t)g->columns / (size_t)g->rows * picture;
	for (size_t i = 0; i < n; i++, tile += TILE_LDA) {
		const int from_h = h * g->from_step, from_w = w * g->from_step;

		if (whole && is_inside(g, from_h, from_w))
			gather_inside(g, tile, source, end, from_h, from_w);
		else
			gather_row(g, tile, source, end, from_h, from_w, tap,
			    channel, k);
		if (++w < g->columns)
			continue;
		w = 0;
		if (++h < g->rows)
			continue;
		h = 0;
		source += picture;
	}
}

const struct simd_conv SET(simd_conv) = {
	.gather = gather_tile,
	.product = tile_product,
};
