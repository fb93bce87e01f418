/*
 * simd_norm: the passes of a normalisation over rows of c channels, up to four
 * vectors of channels at a time, so that sums and coefficients stay in
 * registers down all the rows.  Included once by each simd_*.c after
 * simd_tiles.h.
 */

/* Rows that are summed in float before they go into a double. */
#define SHORT_SUM 32

/* How a ReLU's zeros are told: there is none, by its output, by its input. */
enum { NO_RELU, BY_OUTPUT, BY_INPUT };

typedef int32_t ivec __attribute__((vector_size(4 * LANES)));

/* call(j, n, left) for all channels: n vectors from channel j on; at the end
 * one vector with only `left` channels in it. */
#define BY_CHANNELS(c, call) do { \
	size_t j = 0; \
\
	for (; j + 4 * LANES <= (c); j += 4 * LANES) \
		call(j, 4, 0); \
	for (; j + LANES <= (c); j += LANES) \
		call(j, 1, 0); \
	if (j < (c)) \
		call(j, 1, (c) - j); \
} while (0)

/* left = 0: a whole vector. */
INLINE vec
load_some(const float *x, size_t left)
{
	vec v = { 0 };

	if (left == 0)
		return load(x);
	memcpy(&v, x, left * sizeof(*x));
	return v;
}

INLINE void
store_some(float *x, vec v, size_t left)
{
	if (left == 0)
		store(x, v);
	else
		memcpy(x, &v, left * sizeof(*x));
}

/* v where `keep` is above 0, else 0. */
INLINE vec
where_above(vec v, vec keep)
{
	return (vec)((ivec)v & (ivec)(keep > 0));
}

/* max(v, 0), but what is no number stays so. */
INLINE vec
rectified(vec v)
{
	return (vec)((ivec)v & ~(ivec)(v < 0));
}

/* Adds a short sum to its doubles and clears it. */
INLINE void
settle(double *sum, vec *part, size_t left)
{
	const int n = left == 0 ? LANES : (int)left;

	for (int i = 0; i < n; i++)
		sum[i] += (double)(*part)[i];
	*part = (vec){ 0 };
}

INLINE void
sums_down(double *sum, double *square, const float *x, const float *around,
    size_t rows, size_t c, const int n, size_t left)
{
	vec one[4] = { { 0 } }, two[4] = { { 0 } }, middle[4];

#pragma GCC unroll 4
	for (int i = 0; i < n; i++)
		middle[i] = load_some(around + i * LANES, left);
	while (rows > 0) {
		const size_t now = rows < SHORT_SUM ? rows : SHORT_SUM;

		for (size_t r = 0; r < now; r++, x += c)
#pragma GCC unroll 4
			for (int i = 0; i < n; i++) {
				const vec d = load_some(x + i * LANES, left)
				    - middle[i];

				one[i] += d;
				two[i] += d * d;
			}
#pragma GCC unroll 4
		for (int i = 0; i < n; i++) {
			settle(sum + i * LANES, &one[i], left);
			settle(square + i * LANES, &two[i], left);
		}
		rows -= now;
	}
}

static void
loop_norm_sums(double *sum, double *square, const float *x,
    const float *around, size_t rows, size_t c)
{
#define CALL(j, n, left) \
	sums_down(sum + j, square + j, x + j, around + j, rows, c, n, left)
	BY_CHANNELS(c, CALL);
#undef CALL
}

INLINE void
apply_down(float *y, const float *x, const float *a, const float *b,
    const float *residual, const bool relu, size_t rows, size_t c,
    const int n, size_t left)
{
	vec slope[4], shift[4];

#pragma GCC unroll 4
	for (int i = 0; i < n; i++) {
		slope[i] = load_some(a + i * LANES, left);
		shift[i] = load_some(b + i * LANES, left);
	}
	for (size_t r = 0; r < rows; r++, x += c, y += c) {
#pragma GCC unroll 4
		for (int i = 0; i < n; i++) {
			vec v = slope[i] * load_some(x + i * LANES, left)
			    + shift[i];

			if (residual != NULL)
				v += load_some(residual + i * LANES, left);
			store_some(y + i * LANES, relu ? rectified(v) : v,
			    left);
		}
		if (residual != NULL)
			residual += c;
	}
}

static void
loop_norm_apply(float *y, const float *x, const float *a, const float *b,
    const float *residual, bool relu, size_t rows, size_t c)
{
#define CALL_ADDED(j, n, left) \
	apply_down(y + j, x + j, a + j, b + j, residual + j, relu, rows, c, \
	    n, left)
#define CALL(j, n, left) \
	apply_down(y + j, x + j, a + j, b + j, NULL, relu, rows, c, n, left)
	if (residual != NULL)
		BY_CHANNELS(c, CALL_ADDED);
	else
		BY_CHANNELS(c, CALL);
#undef CALL_ADDED
#undef CALL
}

/* The slope behind the ReLU, of the vector at `at`. */
INLINE vec
behind_relu(const float *dy, const float *y, vec x, vec a, vec e,
    const int relu, size_t left)
{
	const vec g = load_some(dy, left);

	if (relu == NO_RELU)
		return g;
	return where_above(g, relu == BY_OUTPUT ? load_some(y, left)
	    : a * x + e);
}

INLINE void
back_sums_down(double *sum, double *dot, const float *dy, const float *x,
    const float *y, const struct slopes *s, size_t j, size_t rows,
    const int relu, const int n, size_t left)
{
	vec one[4] = { { 0 } }, two[4] = { { 0 } }, middle[4], a[4], e[4];
	size_t at = j;

#pragma GCC unroll 4
	for (int i = 0; i < n; i++) {
		middle[i] = load_some(s->mean + j + i * LANES, left);
		a[i] = load_some(s->a + j + i * LANES, left);
		e[i] = load_some(s->e + j + i * LANES, left);
	}
	while (rows > 0) {
		const size_t now = rows < SHORT_SUM ? rows : SHORT_SUM;

		for (size_t r = 0; r < now; r++, at += s->c)
#pragma GCC unroll 4
			for (int i = 0; i < n; i++) {
				const size_t to = at + (size_t)i * LANES;
				const vec v = load_some(x + to, left);
				const vec g = behind_relu(dy + to, y + to, v,
				    a[i], e[i], relu, left);

				one[i] += g;
				two[i] += g * (v - middle[i]);
			}
#pragma GCC unroll 4
		for (int i = 0; i < n; i++) {
			settle(sum + j + i * LANES, &one[i], left);
			settle(dot + j + i * LANES, &two[i], left);
		}
		rows -= now;
	}
}

/* Where the ReLU's zeros come from; y is read only for BY_OUTPUT. */
INLINE int
relu_of(const struct slopes *s, const float *y)
{
	return !s->relu ? NO_RELU : y != NULL ? BY_OUTPUT : BY_INPUT;
}

static void
loop_norm_back_sums(double *sum, double *dot, const float *dy, const float *x,
    const float *y, const struct slopes *s, size_t rows)
{
	const float *out = y != NULL ? y : x;

#define CALL_NO(j, n, left) \
	back_sums_down(sum, dot, dy, x, out, s, j, rows, NO_RELU, n, left)
#define CALL_OUT(j, n, left) \
	back_sums_down(sum, dot, dy, x, out, s, j, rows, BY_OUTPUT, n, left)
#define CALL_IN(j, n, left) \
	back_sums_down(sum, dot, dy, x, out, s, j, rows, BY_INPUT, n, left)
	switch (relu_of(s, y)) {
	case NO_RELU:
		BY_CHANNELS(s->c, CALL_NO);
		break;
	case BY_OUTPUT:
		BY_CHANNELS(s->c, CALL_OUT);
		break;
	default:
		BY_CHANNELS(s->c, CALL_IN);
	}
#undef CALL_NO
#undef CALL_OUT
#undef CALL_IN
}

INLINE void
back_down(float *dx, float *d_residual, const float *dy, const float *x,
    const float *y, const struct slopes *s, size_t j, size_t rows,
    const int relu, const int n, size_t left)
{
	vec middle[4], a[4], b[4], d[4], e[4];
	size_t at = j;

#pragma GCC unroll 4
	for (int i = 0; i < n; i++) {
		const size_t of = j + (size_t)i * LANES;

		middle[i] = load_some(s->mean + of, left);
		a[i] = load_some(s->a + of, left);
		b[i] = load_some(s->b + of, left);
		d[i] = load_some(s->d + of, left);
		e[i] = load_some(s->e + of, left);
	}
	for (size_t r = 0; r < rows; r++, at += s->c)
#pragma GCC unroll 4
		for (int i = 0; i < n; i++) {
			const size_t to = at + (size_t)i * LANES;
			const vec v = load_some(x + to, left);
			const vec g = behind_relu(dy + to, y + to, v, a[i],
			    e[i], relu, left);

			if (d_residual != NULL)
				store_some(d_residual + to, g, left);
			store_some(dx + to, a[i] * g
			    + b[i] * (v - middle[i]) + d[i], left);
		}
}

static void
loop_norm_back(float *dx, float *d_residual, const float *dy, const float *x,
    const float *y, const struct slopes *s, size_t rows)
{
	const float *out = y != NULL ? y : x;

#define CALL_NO(j, n, left) \
	back_down(dx, d_residual, dy, x, out, s, j, rows, NO_RELU, n, left)
#define CALL_OUT(j, n, left) \
	back_down(dx, d_residual, dy, x, out, s, j, rows, BY_OUTPUT, n, left)
#define CALL_IN(j, n, left) \
	back_down(dx, d_residual, dy, x, out, s, j, rows, BY_INPUT, n, left)
	switch (relu_of(s, y)) {
	case NO_RELU:
		BY_CHANNELS(s->c, CALL_NO);
		break;
	case BY_OUTPUT:
		BY_CHANNELS(s->c, CALL_OUT);
		break;
	default:
		BY_CHANNELS(s->c, CALL_IN);
	}
#undef CALL_NO
#undef CALL_OUT
#undef CALL_IN
}

const struct simd_norm SET(simd_norm) = {
	.sums = loop_norm_sums,
	.apply = loop_norm_apply,
};

const struct simd_norm_back SET(simd_norm_back) = {
	.sums = loop_norm_back_sums,
	.apply = loop_norm_back,
};
