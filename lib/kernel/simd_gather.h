/*
 * simd_gather: filling a tile with the source pixels around each grid point.
 * Included once by each simd_*.c after simd_tiles.h.
 */
#include "kernel/gather.h"

typedef float quad __attribute__((vector_size(16), aligned(4), may_alias));

/* Numbers that lie between asking for one and copying it. */
#define GATHER_AHEAD 512

/* Runs are short (9 to 192 numbers), so a call for each would show. */
INLINE void
copy_run(float *to, const float *from, int n)
{
	int i = 0;

	for (; i + LANES <= n; i += LANES) {
		__builtin_prefetch(from + i + GATHER_AHEAD);
		store(to + i, load(from + i));
	}
	for (; i + 4 <= n; i += 4)
		*(quad *)(to + i) = *(const quad *)(from + i);
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
gather_row(const struct gather *g, float *to, const float *source, int h,
    int w, int tap, int channel, int k)
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
			    * (size_t)g->channels + (size_t)channel, now);
		else
			zero_run(to, now);
		to += now;
		k -= now;
		channel = 0;
		tap += taps;
	}
}

static void
gather_tile(const struct gather *g, float *tile, const float *source,
    size_t first, size_t n, int k0, int k)
{
	const size_t picture = (size_t)g->from_h * (size_t)g->from_w
	    * (size_t)g->channels;
	int w = (int)(first % (size_t)g->columns);
	int h = (int)(first / (size_t)g->columns % (size_t)g->rows);
	const int tap = k0 / g->channels, channel = k0 % g->channels;

	source += first / (size_t)g->columns / (size_t)g->rows * picture;
	for (size_t i = 0; i < n; i++, tile += TILE_LDA) {
		gather_row(g, tile, source, h * g->from_step,
		    w * g->from_step, tap, channel, k);
		if (++w < g->columns)
			continue;
		w = 0;
		if (++h < g->rows)
			continue;
		h = 0;
		source += picture;
	}
}
