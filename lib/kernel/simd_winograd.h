/*
 * simd_winograd: the transforms of winograd.h, LANES channels at a time.
 * Included once by each simd_*.c after simd_tiles.h.
 */
#include "kernel/winograd.h"

/* B' d: six inputs become six points (0, 1, -1, 2, -2, infinity). */
INLINE void
input_line(vec *to, const int step, const vec d0, const vec d1, const vec d2,
    const vec d3, const vec d4, const vec d5)
{
	const vec a = d4 - 4 * d2, b = d3 - 4 * d1;
	const vec c = d4 - d2, e = d3 - d1;

	to[0] = 4 * d0 - 5 * d2 + d4;
	to[step] = a + b;
	to[2 * step] = a - b;
	to[3 * step] = c + 2 * e;
	to[4 * step] = c - 2 * e;
	to[5 * step] = 4 * d1 - 5 * d3 + d5;
}

/* A' m: six points become four results. */
INLINE void
output_line(vec *to, const int step, const vec m0, const vec m1,
    const vec m2, const vec m3, const vec m4, const vec m5)
{
	const vec a = m1 + m2, b = m1 - m2, c = m3 + m4, d = m3 - m4;

	to[0] = m0 + a + c;
	to[step] = b + 2 * d;
	to[2 * step] = a + 4 * c;
	to[3 * step] = b + 8 * d + m5;
}

/* A y: the transpose of output_line. */
INLINE void
slope_line(vec *to, const int step, const vec y0, const vec y1, const vec y2,
    const vec y3)
{
	const vec a = y0 + y2, b = y1 + y3;
	const vec c = y0 + 4 * y2, d = 2 * y1 + 8 * y3;

	to[0] = y0;
	to[step] = a + b;
	to[2 * step] = a - b;
	to[3 * step] = c + d;
	to[4 * step] = c - d;
	to[5 * step] = y3;
}

/* G g: three weights become six points. */
INLINE void
weight_line(vec *to, const int step, const vec g0, const vec g1, const vec g2)
{
	const vec a = (g0 + g2) * (-1.f / 6), b = g1 * (1.f / 6);
	const vec c = g0 * (1.f / 24) + g2 * (1.f / 6), d = g1 * (1.f / 12);

	to[0] = g0 * .25f;
	to[step] = a - b;
	to[2 * step] = a + b;
	to[3 * step] = c + d;
	to[4 * step] = c - d;
	to[5 * step] = g2;
}

/* G' u: the transpose of weight_line. */
INLINE void
gradient_line(vec *to, const int step, const vec u0, const vec u1,
    const vec u2, const vec u3, const vec u4, const vec u5)
{
	const vec a = (u1 + u2) * (-1.f / 6), c = u3 + u4;

	to[0] = u0 * .25f + a + c * (1.f / 24);
	to[step] = (u2 - u1) * (1.f / 6) + (u3 - u4) * (1.f / 12);
	to[2 * step] = a + c * (1.f / 6) + u5;
}


INLINE size_t
tile_picture(const struct tiles *g, size_t tile, int *h, int *w)
{
	const size_t a_picture = (size_t)g->down * (size_t)g->across;
	const size_t rest = tile % a_picture;

	*h = (int)(rest / (size_t)g->across) * 4;
	*w = (int)(rest % (size_t)g->across) * 4;
	return tile / a_picture * (size_t)g->h * (size_t)g->w
	    * (size_t)g->channels;
}

/* v [36][channels/block][room][block] = transformed tiles first..first+n. */
static void
winograd_input(const struct tiles *g, float *v, const float *x, size_t first,
    size_t n, size_t room, int block)
{
	const size_t c = (size_t)g->channels, point = room * c;

	for (size_t t = 0; t < n; t++) {
		int h, w;
		const float *picture = x + tile_picture(g, first + t, &h, &w);
		const bool inside = h > 0 && w > 0 && h + 5 <= g->h
		    && w + 5 <= g->w;

		for (size_t j = 0; j < c; j += LANES) {
			float *to = v + (j / (size_t)block * room + t)
			    * (size_t)block + j % (size_t)block;
			vec d[36], half[36], all[36];

			for (int i = 0; i < 36; i++) {
				const int from_h = h - 1 + i / 6;
				const int from_w = w - 1 + i % 6;

				d[i] = inside || (from_h >= 0
				    && from_h < g->h && from_w >= 0
				    && from_w < g->w)
				    ? load(picture + ((size_t)from_h
				    * (size_t)g->w + (size_t)from_w) * c + j)
				    : (vec){ 0 };
			}
#pragma GCC unroll 6
			for (int i = 0; i < 6; i++)
				input_line(half + i, 6, d[i], d[i + 6],
				    d[i + 12], d[i + 18], d[i + 24],
				    d[i + 30]);
#pragma GCC unroll 6
			for (int i = 0; i < 36; i += 6)
				input_line(all + i, 1, half[i], half[i + 1],
				    half[i + 2], half[i + 3], half[i + 4],
				    half[i + 5]);
#pragma GCC unroll 36
			for (size_t i = 0; i < 36; i++)
				store(to + i * point, all[i]);
		}
	}
}

/* Results of tiles first..first+n from m [36][room][columns], for `columns`
 * of the channels from y on. */
static void
winograd_output(const struct tiles *g, float *y, const float *m, size_t first,
    size_t n, size_t room, size_t columns_of_m, bool accumulate)
{
	const size_t c = (size_t)g->channels, point = room * columns_of_m;

	for (size_t t = 0; t < n; t++) {
		int h, w;
		float *picture = y + tile_picture(g, first + t, &h, &w);
		const int rows = g->h - h < 4 ? g->h - h : 4;
		const int columns = g->w - w < 4 ? g->w - w : 4;

		for (size_t j = 0; j < columns_of_m; j += LANES) {
			const float *from = m + t * columns_of_m + j;
			vec half[24], all[16];

#pragma GCC unroll 6
			for (size_t i = 0; i < 6; i++) {
				const float *f = from + i * point;

				output_line(half + i, 6, load(f),
				    load(f + 6 * point), load(f + 12 * point),
				    load(f + 18 * point),
				    load(f + 24 * point),
				    load(f + 30 * point));
			}
#pragma GCC unroll 4
			for (int i = 0; i < 4; i++)
				output_line(all + 4 * i, 1, half[6 * i],
				    half[6 * i + 1], half[6 * i + 2],
				    half[6 * i + 3], half[6 * i + 4],
				    half[6 * i + 5]);
			for (int r = 0; r < rows; r++) {
				for (int q = 0; q < columns; q++) {
					float *to = picture + ((size_t)(h + r)
					    * (size_t)g->w + (size_t)(w + q))
					    * c + j;

					store(to, accumulate
					    ? load(to) + all[4 * r + q]
					    : all[4 * r + q]);
				}
			}
		}
	}
}

/* m [36][room][channels] from the results' slopes: output's transpose. */
static void
winograd_slope(const struct tiles *g, float *m, const float *dy, size_t first,
    size_t n, size_t room)
{
	const size_t c = (size_t)g->channels, point = room * c;

	for (size_t t = 0; t < n; t++) {
		int h, w;
		const float *picture = dy + tile_picture(g, first + t, &h, &w);

		for (size_t j = 0; j < c; j += LANES) {
			float *to = m + t * c + j;
			vec d[16], half[24], all[36];

			for (int i = 0; i < 16; i++)
				d[i] = h + i / 4 < g->h && w + i % 4 < g->w
				    ? load(picture + ((size_t)(h + i / 4)
				    * (size_t)g->w + (size_t)(w + i % 4)) * c
				    + j) : (vec){ 0 };
#pragma GCC unroll 4
			for (int i = 0; i < 4; i++)
				slope_line(half + i, 4, d[i], d[i + 4],
				    d[i + 8], d[i + 12]);
#pragma GCC unroll 6
			for (int i = 0; i < 6; i++)
				slope_line(all + 6 * i, 1, half[4 * i],
				    half[4 * i + 1], half[4 * i + 2],
				    half[4 * i + 3]);
#pragma GCC unroll 36
			for (size_t i = 0; i < 36; i++)
				store(to + i * point, all[i]);
		}
	}
}

/* u[i*point], 36 vectors, from g[9] vectors. */
static void
winograd_weight(float *u, size_t point, const float *g)
{
	vec d[9], half[18], all[36];

	for (int i = 0; i < 9; i++)
		d[i] = load(g + i * LANES);
#pragma GCC unroll 3
	for (int i = 0; i < 3; i++)
		weight_line(half + i, 3, d[i], d[i + 3], d[i + 6]);
#pragma GCC unroll 6
	for (int i = 0; i < 6; i++)
		weight_line(all + 6 * i, 1, half[3 * i], half[3 * i + 1],
		    half[3 * i + 2]);
#pragma GCC unroll 36
	for (size_t i = 0; i < 36; i++)
		store(u + i * point, all[i]);
}

/* g[9] vectors from u[i*point]: the transpose of winograd_weight. */
static void
winograd_gradient(float *g, const float *u, size_t point)
{
	vec half[18], all[9];

#pragma GCC unroll 6
	for (size_t i = 0; i < 6; i++)
		gradient_line(half + i, 6, load(u + i * point),
		    load(u + (i + 6) * point), load(u + (i + 12) * point),
		    load(u + (i + 18) * point), load(u + (i + 24) * point),
		    load(u + (i + 30) * point));
#pragma GCC unroll 3
	for (int i = 0; i < 3; i++)
		gradient_line(all + 3 * i, 1, half[6 * i], half[6 * i + 1],
		    half[6 * i + 2], half[6 * i + 3], half[6 * i + 4],
		    half[6 * i + 5]);
	for (int i = 0; i < 9; i++)
		store(g + i * LANES, all[i]);
}
