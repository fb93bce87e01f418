/*
 * simd_tiles: the register-blocked products under every convolution.
 *
 * Included once by each simd_*.c, which defines LANES (floats in a vector)
 * and ROWS (rows of the register tile, so that 2*ROWS accumulators, two
 * vectors of b and one broadcast number fit into the registers).
 */
#include "kernel/winograd.h"

/* Tiles of a gradient of weights lie one below the other. */
_Static_assert(TILE_K % ROWS == 0, "whole tiles of rows in TILE_K");

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef float anywhere
    __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))

INLINE vec
load(const float *x)
{
	return *(const anywhere *)x;
}

INLINE void
store(float *x, vec v)
{
	*(anywhere *)x = v;
}

/* acc [ROWS][n] += a [ROWS,k] b [k,n]; n is 1 or 2 vectors, known when this
 * is inlined.  The distance of the rows is a constant, so one register
 * addresses all of them. */
INLINE void
product_steps(vec acc[ROWS][2], const float *a, const int lda,
    const float *b, int k, const int n)
{
	for (int step = 0; step < k; step++) {
		const vec b0 = load(b);
		const vec b1 = n > 1 ? load(b + LANES) : b0;

#pragma GCC unroll 16
		for (int i = 0; i < ROWS; i++) {
			acc[i][0] += a[i * lda] * b0;
			if (n > 1)
				acc[i][1] += a[i * lda] * b1;
		}
		a++;
		b += 2 * LANES;
	}
}

INLINE void
product_tile(float *c, size_t ldc, const float *a, const int lda,
    const float *b, int k, const int n, bool accumulate)
{
	vec acc[ROWS][2];

	/* The rows written, and those of the tile behind this one. */
#pragma GCC unroll 16
	for (int i = 0; i < ROWS; i++) {
		__builtin_prefetch(c + i * ldc, 1);
		__builtin_prefetch(a + (i + ROWS) * lda);
	}
#pragma GCC unroll 16
	for (int i = 0; i < ROWS; i++)
		for (int j = 0; j < n; j++)
			acc[i][j] = (vec){ 0 };
	product_steps(acc, a, lda, b, k, n);
	if (accumulate) {
#pragma GCC unroll 16
		for (int i = 0; i < ROWS; i++)
			for (int j = 0; j < n; j++)
				acc[i][j] += load(c + i * ldc + j * LANES);
	}
#pragma GCC unroll 16
	for (int i = 0; i < ROWS; i++)
		for (int j = 0; j < n; j++)
			store(c + i * ldc + j * LANES, acc[i][j]);
}

INLINE void
product_panels(float *c, size_t ldc, const float *a, const int lda,
    const float *b, size_t panel, int n_rows, int columns, int k,
    bool accumulate)
{
	for (int j = 0; j < columns; j += 2 * LANES, b += panel) {
		for (int i = 0; i < n_rows; i += ROWS) {
			float *to = c + i * ldc + j;
			const float *from = a + i * lda;

			if (columns - j > LANES)
				product_tile(to, ldc, from, lda, b, k, 2,
				    accumulate);
			else
				product_tile(to, ldc, from, lda, b, k, 1,
				    accumulate);
		}
	}
}

static void
tile_product(float *c, size_t ldc, const float *a, const float *b,
    size_t panel, int n_rows, int columns, int k, bool accumulate)
{
	product_panels(c, ldc, a, TILE_LDA, b, panel, n_rows, columns, k,
	    accumulate);
}

static void
block_product(float *c, size_t ldc, const float *a, bool together,
    const float *b, size_t panel, int n_rows, int columns, int k,
    bool accumulate)
{
#define WITH(lda, k) \
	product_panels(c, ldc, a, lda, b, panel, n_rows, columns, k, \
	    accumulate)

	if (k == 64 && together)
		WITH(TILE_STEP(64), 64);
	else if (k == 64)
		WITH(64, 64);
	else if (k == 32 && together)
		WITH(TILE_STEP(32), 32);
	else if (k == 32)
		WITH(32, 32);
	else if (together)
		WITH(TILE_STEP(16), 16);
	else
		WITH(16, 16);
#undef WITH
}

/* c [rows,n] += a^T b over n_rows; rows <= ROWS and n known when inlined. */
INLINE void
outer_tile(float *c, size_t ldc, const float *a, size_t lda, const float *b,
    size_t ldb, int n_rows, const int rows, const int n)
{
	vec acc[ROWS][2];

#pragma GCC unroll 16
	for (int i = 0; i < rows; i++)
		for (int j = 0; j < n; j++)
			acc[i][j] = load(c + i * ldc + j * LANES);
	for (int row = 0; row < n_rows; row++) {
		const vec b0 = load(b);
		const vec b1 = n > 1 ? load(b + LANES) : b0;

#pragma GCC unroll 16
		for (int i = 0; i < rows; i++) {
			acc[i][0] += a[i] * b0;
			if (n > 1)
				acc[i][1] += a[i] * b1;
		}
		a += lda;
		b += ldb;
	}
#pragma GCC unroll 16
	for (int i = 0; i < rows; i++)
		for (int j = 0; j < n; j++)
			store(c + i * ldc + j * LANES, acc[i][j]);
}

INLINE void
outer_panels(float *c, size_t ldc, const float *a, size_t lda,
    const float *b, size_t ldb, int n_rows, int m, int columns,
    const int rows)
{
	for (int j = 0; j < columns; j += 2 * LANES) {
		for (int i = 0; i < m; i += rows) {
			float *to = c + i * ldc + j;

			if (columns - j > LANES)
				outer_tile(to, ldc, a + i, lda, b + j, ldb,
				    n_rows, rows, 2);
			else
				outer_tile(to, ldc, a + i, lda, b + j, ldb,
				    n_rows, rows, 1);
		}
	}
}

static void
tile_outer(float *c, size_t ldc, const float *a, const float *b, size_t ldb,
    int n_rows, int m, int columns)
{
	outer_panels(c, ldc, a, TILE_LDA, b, ldb, n_rows, m, columns, ROWS);
}

/* m is a multiple of 16, so rows that divide it leave no rest. */
static void
block_outer(float *c, size_t ldc, const float *a, size_t lda, const float *b,
    size_t ldb, int n_rows, int m, int columns)
{
	outer_panels(c, ldc, a, lda, b, ldb, n_rows, m, columns,
	    ROWS > 8 ? 8 : 4);
}
