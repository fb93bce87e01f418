/*
 * simd: inner loops, one table of functions for each instruction set.
 *
 * simd_generic.c, simd_avx2.c and simd_avx512.c compile the same source
 * (simd_loops.h and simd_tiles.h) for their processor; kernel_new picks one.
 * Nothing here knows of threads.
 */
#ifndef SELF_KERNEL_SIMD_H
#define SELF_KERNEL_SIMD_H

#include "kernel/kernel.h"

/* A block of gathered input: at most TILE_K numbers of each of its rows, rows
 * TILE_LDA apart (not a power of two, so that they spread over the cache). */
#define TILE_K 252
#define TILE_LDA 272
#define TILE_ROWS 128		/* most rows of a block */
#define TILE_FLOATS ((size_t)TILE_ROWS * TILE_LDA)

struct gather;
struct tiles;

/* Coefficients [c] of a normalisation's backward pass. */
struct slopes {
	size_t c;
	bool relu;
	const float *a, *b, *d, *e, *mean;
};

struct simd {
	const char *name;
	int lanes;		/* floats in a vector */
	int rows;		/* rows of the register tile */

	/* Numbers k0..k0+k of the gathered rows first..first+n into tile
	 * (rows TILE_LDA apart); outside the source they are 0. */
	void (*gather)(const struct gather *, float *tile,
	    const float *source, size_t first, size_t n, int k0, int k);

	/*
	 * c [rows, panels of 2*lanes] (rows ldc apart) = or += a b.
	 * a: n_rows (padded to whole tiles) rows of k numbers, TILE_LDA apart;
	 * b: panels one after another, `panel` floats each, [k][2*lanes].
	 * columns is a multiple of `lanes`.
	 */
	void (*tile_product)(float *c, size_t ldc, const float *a,
	    const float *b, size_t panel, int n_rows, int columns, int k,
	    bool accumulate);

	/* The same where k is 16, 32 or 64 and rows of a lie as transformed
	 * tiles do: k numbers apart, or TILE_STEP(k) when `together`. */
	void (*block_product)(float *c, size_t ldc, const float *a,
	    bool together, const float *b, size_t panel, int n_rows,
	    int columns, int k, bool accumulate);

	/* c [m rounded up to tiles, columns] (ldc apart) += a^T b over n_rows:
	 * a as above with m columns used, b rows ldb apart. */
	void (*tile_outer)(float *c, size_t ldc, const float *a,
	    const float *b, size_t ldb, int n_rows, int m, int columns);

	/* The same for m a multiple of 16 and rows of a lda apart. */
	void (*block_outer)(float *c, size_t ldc, const float *a, size_t lda,
	    const float *b, size_t ldb, int n_rows, int m, int columns);

	/* The transforms of winograd.h, described in simd_winograd.h. */
	void (*winograd_input)(const struct tiles *, float *v,
	    const float *x, size_t first, size_t n);
	void (*winograd_output)(const struct tiles *, float *y,
	    const float *m, size_t first, size_t n, bool accumulate);
	void (*winograd_slope)(const struct tiles *, float *m,
	    const float *dy, size_t first, size_t n);
	void (*winograd_weight)(float *u, size_t point, const float *g);
	void (*winograd_gradient)(float *g, const float *u, size_t point);

	void (*copy)(float *to, const float *from, size_t n);
	void (*add)(float *y, const float *x, size_t n);
	void (*relu)(float *y, const float *x, size_t n);
	void (*relu_back)(float *dx, const float *dy, const float *y,
	    size_t n);
	void (*average)(float *slow, const float *fast, size_t n, float m);
	double (*square_sum)(const float *x, size_t n);
	float (*row_max)(const float *x, size_t n);
	/* x = exp(scale (x - top)); the sum. */
	double (*row_exp)(float *x, size_t n, float scale, float top);
	/* x = exp(scale (x - top[i])). */
	void (*row_exp_by)(float *x, const float *top, size_t n, float scale);
	void (*sgd)(float *p, float *v, const float *g, size_t n,
	    const struct sgd *);
	void (*adam)(float *p, float *m, float *v, const float *g, size_t n,
	    const struct adam *);
	void (*add_rows)(float *y, const float *b, size_t rows, size_t c);
	void (*sum_rows)(double *sum, const float *x, size_t rows, size_t c);

	/* sum, square [c] += over rows of d and d^2, d = x - around[c]. */
	void (*norm_sums)(double *sum, double *square, const float *x,
	    const float *around, size_t rows, size_t c);
	/* y = a[c] x + b[c] (+ residual), then ReLU if asked. */
	void (*norm_apply)(float *y, const float *x, const float *a,
	    const float *b, const float *residual, bool relu, size_t rows,
	    size_t c);
	/* With g = dy, zero where relu and the output was not above 0 (y tells,
	 * or else a x + e): sum += g, dot += g (x - mean[c]). */
	void (*norm_back_sums)(double *sum, double *dot, const float *dy,
	    const float *x, const float *y, const struct slopes *,
	    size_t rows);
	/* dx = a g + b (x - mean) + d; d_residual = g unless NULL. */
	void (*norm_back)(float *dx, float *d_residual, const float *dy,
	    const float *x, const float *y, const struct slopes *,
	    size_t rows);
};

extern const struct simd simd_generic, simd_avx2, simd_avx512;

#endif
