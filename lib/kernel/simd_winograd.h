/*
 * simd_winograd: the transforms of winograd.h, LANES channels at a time.
 * Included once by each simd_*.c after simd_tiles.h.
 */
/* Each transform is taken down the columns first and a row is finished as soon
 * as it is there, so that few vectors are alive at a time; rows that share
 * terms go together. */

/* B' d along a row: six inputs become six points (0, 1, -1, 2, -2,
 * infinity). */
INLINE void
input_row(float *to, size_t point, const vec d[6])
{
	const vec a = d[4] - 4 * d[2], b = d[3] - 4 * d[1];
	const vec c = d[4] - d[2], e = d[3] - d[1];

	store(to, 4 * d[0] - 5 * d[2] + d[4]);
	store(to + point, a + b);
	store(to + 2 * point, a - b);
	store(to + 3 * point, c + 2 * e);
	store(to + 4 * point, c - 2 * e);
	store(to + 5 * point, 4 * d[1] - 5 * d[3] + d[5]);
}

/* A' m along a row: six points become four results. */
INLINE void
output_row(vec to[4], const vec m[6])
{
	const vec a = m[1] + m[2], b = m[1] - m[2];
	const vec c = m[3] + m[4], d = m[3] - m[4];

	to[0] = m[0] + a + c;
	to[1] = b + 2 * d;
	to[2] = a + 4 * c;
	to[3] = b + 8 * d + m[5];
}

/* A y along a row: the transpose of output_row. */
INLINE void
slope_row(float *to, size_t point, const vec y[4])
{
	const vec a = y[0] + y[2], b = y[1] + y[3];
	const vec c = y[0] + 4 * y[2], d = 2 * y[1] + 8 * y[3];

	store(to, y[0]);
	store(to + point, a + b);
	store(to + 2 * point, a - b);
	store(to + 3 * point, c + d);
	store(to + 4 * point, c - d);
	store(to + 5 * point, y[3]);
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

/* Where a tile lies: the first number of its picture, its row and column. */
struct spot {
	size_t picture;
	int h, w;
};

/* Tiles that lie between asking for pixels and using them. */
#define AHEAD 8

INLINE size_t
picture_floats(const struct tiles *g)
{
	return (size_t)g->h * (size_t)g->w * (size_t)g->channels;
}

INLINE struct spot
spot_of(const struct tiles *g, size_t tile)
{
	const size_t across = (size_t)g->across;
	const size_t a_picture = (size_t)g->down * across;
	const size_t rest = tile % a_picture;

	return (struct spot){ tile / a_picture * picture_floats(g),
		(int)(rest / across) * 4, (int)(rest % across) * 4 };
}

INLINE void
spot_next(const struct tiles *g, struct spot *s)
{
	if ((s->w += 4) < g->w)
		return;
	s->w = 0;
	if ((s->h += 4) < g->h)
		return;
	s->h = 0;
	s->picture += picture_floats(g);
}

/* The side x side pixels of x from (h,w) on; zeros outside the picture. */
INLINE void
find_pixels(const struct tiles *g, const float **from, const float *x,
    const struct spot *s, int h, int w, const int side)
{
	const ptrdiff_t c = g->channels, row = c * g->w;
	const float *picture = x + s->picture;
	const ptrdiff_t corner = h * row + w * c;

#pragma GCC unroll 6
	for (int i = 0; i < side; i++) {
		const bool there = (unsigned)(h + i) < (unsigned)g->h;

#pragma GCC unroll 6
		for (int k = 0; k < side; k++)
			from[side * i + k] = there
			    && (unsigned)(w + k) < (unsigned)g->w
			    ? picture + (corner + i * row + k * c) : g->zeros;
	}
}

/* Asks for the 4x4 pixels from (h,w) on, channels j on, before their use: a
 * processor does not foresee rows so short. */
INLINE void
expect_pixels(const struct tiles *g, const float *x, const struct spot *s,
    int h, int w, size_t j, const int to_write)
{
	const size_t c = (size_t)g->channels;

#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		const int at_h = h + i < g->h ? h + i : g->h - 1;
		const float *row = x + s->picture + (size_t)at_h
		    * (size_t)g->w * c + j;

#pragma GCC unroll 4
		for (int k = 0; k < 4; k++) {
			const float *at = row + (size_t)(w + k < g->w
			    ? w + k : g->w - 1) * c;

			/* The second argument must be a literal for clang. */
			if (to_write)
				__builtin_prefetch(at, 1);
			else
				__builtin_prefetch(at, 0);
		}
	}
}

INLINE void
input_tile(float *to, size_t point, const float *const from[36], size_t j)
{
#define AT(row) load(from[6 * (row) + i] + j)
	vec s[6], t[6];

#pragma GCC unroll 6
	for (int i = 0; i < 6; i++)
		s[i] = 4 * AT(0) - 5 * AT(2) + AT(4);
	input_row(to, point, s);
#pragma GCC unroll 6
	for (int i = 0; i < 6; i++) {
		const vec a = AT(4) - 4 * AT(2), b = AT(3) - 4 * AT(1);

		s[i] = a + b;
		t[i] = a - b;
	}
	input_row(to + 6 * point, point, s);
	input_row(to + 12 * point, point, t);
#pragma GCC unroll 6
	for (int i = 0; i < 6; i++) {
		const vec c = AT(4) - AT(2), e = AT(3) - AT(1);

		s[i] = c + 2 * e;
		t[i] = c - 2 * e;
	}
	input_row(to + 18 * point, point, s);
	input_row(to + 24 * point, point, t);
#pragma GCC unroll 6
	for (int i = 0; i < 6; i++)
		s[i] = 4 * AT(1) - 5 * AT(3) + AT(5);
	input_row(to + 30 * point, point, s);
#undef AT
}

INLINE void
input_tiles(const struct tiles *g, float *v, const float *x, size_t first,
    size_t n, const size_t point)
{
	const size_t parts = (size_t)g->channels / g->part;
	struct spot s = spot_of(g, first), ahead = spot_of(g, first + AHEAD);

	for (size_t t = 0; t < n; t++, spot_next(g, &s)) {
		const float *from[36];

		find_pixels(g, from, x, &s, s.h - 1, s.w - 1, 6);
		for (size_t i = 0; i < parts; i++)
			for (size_t j = 0; j < g->part; j += LANES) {
				const size_t c = i * g->part + j;

				if (t + AHEAD < n)
					expect_pixels(g, x, &ahead,
					    ahead.h + 1, ahead.w + 1, c, 0);
				input_tile(v + i * g->part_step
				    + t * g->tile_step + j, point, from, c);
			}
		spot_next(g, &ahead);
	}
}

/* The usual distances of points are known to the compiler, which then needs
 * no registers for 36 places. */
#define BY_POINT(step, call) do { \
	if ((step) == 16) \
		call(16); \
	else if ((step) == 32) \
		call(32); \
	else if ((step) == 64) \
		call(64); \
	else \
		call(step); \
} while (0)

/* v, laid out as g says, = transformed tiles first..first+n. */
static void
winograd_input(const struct tiles *g, float *v, const float *x, size_t first,
    size_t n)
{
#define CALL(point) input_tiles(g, v, x, first, n, point)
	BY_POINT(g->point_step, CALL);
#undef CALL
}

/* Four rows of four results. */
INLINE void
output_tile(vec all[16], const float *m, size_t point)
{
#define AT(row) load(m + (6 * (row) + i) * point)
	vec s[6], t[6];

#pragma GCC unroll 6
	for (size_t i = 0; i < 6; i++) {
		const vec a = AT(1) + AT(2), c = AT(3) + AT(4);

		s[i] = AT(0) + a + c;
		t[i] = a + 4 * c;
	}
	output_row(all, s);
	output_row(all + 8, t);
#pragma GCC unroll 6
	for (size_t i = 0; i < 6; i++) {
		const vec b = AT(1) - AT(2), d = AT(3) - AT(4);

		s[i] = b + 2 * d;
		t[i] = b + 8 * d + AT(5);
	}
	output_row(all + 4, s);
	output_row(all + 12, t);
#undef AT
}

INLINE void
put(float *to, vec y, bool accumulate)
{
	store(to, accumulate ? load(to) + y : y);
}

INLINE void
output_tiles(const struct tiles *g, float *y, const float *m, size_t first,
    size_t n, bool accumulate, const size_t point)
{
	const size_t c = (size_t)g->channels, row = c * (size_t)g->w;
	struct spot s = spot_of(g, first), ahead = spot_of(g, first + AHEAD);

	for (size_t t = 0; t < n; t++, spot_next(g, &s)) {
		float *corner = y + s.picture + (size_t)s.h * row
		    + (size_t)s.w * c;
		const bool whole = s.h + 4 <= g->h && s.w + 4 <= g->w;
		const int rows = g->h - s.h, pixels = g->w - s.w;

		for (size_t j = 0; j < g->part; j += LANES) {
			vec all[16];

			if (t + AHEAD < n)
				expect_pixels(g, y, &ahead, ahead.h, ahead.w,
				    j, 1);
			output_tile(all, m + t * g->tile_step + j, point);
			if (whole) {
#pragma GCC unroll 16
				for (size_t i = 0; i < 16; i++)
					put(corner + i / 4 * row + i % 4 * c
					    + j, all[i], accumulate);
				continue;
			}
			for (int i = 0; i < 16; i++)
				if (i / 4 < rows && i % 4 < pixels)
					put(corner + (size_t)(i / 4) * row
					    + (size_t)(i % 4) * c + j, all[i],
					    accumulate);
		}
		spot_next(g, &ahead);
	}
}

/* Results of tiles first..first+n from m, laid out as g says, for the part's
 * channels from y on. */
static void
winograd_output(const struct tiles *g, float *y, const float *m, size_t first,
    size_t n, bool accumulate)
{
#define CALL(point) output_tiles(g, y, m, first, n, accumulate, point)
	BY_POINT(g->point_step, CALL);
#undef CALL
}

INLINE void
slope_tile(float *to, size_t point, const float *const from[16], size_t j)
{
#define AT(row) load(from[4 * (row) + i] + j)
	vec s[4], t[4];

#pragma GCC unroll 4
	for (int i = 0; i < 4; i++)
		s[i] = AT(0);
	slope_row(to, point, s);
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		const vec a = AT(0) + AT(2), b = AT(1) + AT(3);

		s[i] = a + b;
		t[i] = a - b;
	}
	slope_row(to + 6 * point, point, s);
	slope_row(to + 12 * point, point, t);
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) {
		const vec c = AT(0) + 4 * AT(2), d = 2 * AT(1) + 8 * AT(3);

		s[i] = c + d;
		t[i] = c - d;
	}
	slope_row(to + 18 * point, point, s);
	slope_row(to + 24 * point, point, t);
#pragma GCC unroll 4
	for (int i = 0; i < 4; i++)
		s[i] = AT(3);
	slope_row(to + 30 * point, point, s);
#undef AT
}

INLINE void
slope_tiles(const struct tiles *g, float *m, const float *dy, size_t first,
    size_t n, const size_t point)
{
	const size_t c = (size_t)g->channels;
	struct spot s = spot_of(g, first), ahead = spot_of(g, first + AHEAD);

	for (size_t t = 0; t < n; t++, spot_next(g, &s)) {
		const float *from[16];

		find_pixels(g, from, dy, &s, s.h, s.w, 4);
		for (size_t j = 0; j < c; j += LANES) {
			if (t + AHEAD < n)
				expect_pixels(g, dy, &ahead, ahead.h,
				    ahead.w, j, 0);
			slope_tile(m + t * g->tile_step + j, point, from, j);
		}
		spot_next(g, &ahead);
	}
}

/* m, laid out as g says, from the results' slopes: output's transpose. */
static void
winograd_slope(const struct tiles *g, float *m, const float *dy, size_t first,
    size_t n)
{
#define CALL(point) slope_tiles(g, m, dy, first, n, point)
	BY_POINT(g->point_step, CALL);
#undef CALL
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

const struct simd_winograd SET(simd_winograd) = {
	.input = winograd_input,
	.weight = winograd_weight,
	.output = winograd_output,
	.product = block_product,
};

const struct simd_outer SET(simd_outer) = {
	.tile = tile_outer,
	.block = block_outer,
};

const struct simd_winograd_back SET(simd_winograd_back) = {
	.slope = winograd_slope,
	.gradient = winograd_gradient,
};
