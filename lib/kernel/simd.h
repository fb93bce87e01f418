/*
 * simd: inner loops, compiled for each instruction set.
 *
 * simd_generic.c, simd_avx2.c, simd_avx512.c and simd_neon.c compile the same
 * source (the simd_*.h) for their processor; kernel_new picks a set.  The loops are in
 * families, one table of functions for each set, and a file looks up those
 * that it calls, simd_conv[k->simd->set]->gather(…): the linker leaves out
 * families that a tool has no use for.  Nothing here knows of threads.
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

/* The best last; NULL in the tables where the machine is of another kind. */
enum simd_set { SIMD_GENERIC, SIMD_AVX2, SIMD_AVX512, SIMD_NEON, SIMD_SETS };

/* What a set is like. */
struct simd {
	enum simd_set set;
	int lanes;		/* floats in a vector */
	int rows;		/* rows of the register tile */
};

extern const struct simd *const simd_sets[SIMD_SETS];

/* Convolutions as products of gathered rows. */
struct simd_conv {
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
	void (*product)(float *c, size_t ldc, const float *a, const float *b,
	    size_t panel, int n_rows, int columns, int k, bool accumulate);
};

/* The transforms of winograd.h, described in simd_winograd.h, and the product
 * between them. */
struct simd_winograd {
	void (*input)(const struct tiles *, float *v, const float *x,
	    size_t first, size_t n);
	void (*weight)(float *u, size_t point, const float *g);
	void (*output)(const struct tiles *, float *y, const float *m,
	    size_t first, size_t n, bool accumulate);

	/* As simd_conv's where k is 16, 32 or 64 and rows of a lie as
	 * transformed tiles do: k numbers apart, or TILE_STEP(k) when
	 * `together`. */
	void (*product)(float *c, size_t ldc, const float *a, bool together,
	    const float *b, size_t panel, int n_rows, int columns, int k,
	    bool accumulate);
};

/* Products of columns, as gradients of weights are. */
struct simd_outer {
	/* c [m rounded up to tiles, columns] (ldc apart) += a^T b over n_rows:
	 * a as simd_conv's with m columns used, b rows ldb apart. */
	void (*tile)(float *c, size_t ldc, const float *a, const float *b,
	    size_t ldb, int n_rows, int m, int columns);

	/* The same for m a multiple of 16 and rows of a lda apart. */
	void (*block)(float *c, size_t ldc, const float *a, size_t lda,
	    const float *b, size_t ldb, int n_rows, int m, int columns);
};

/* Transposes of simd_winograd's output and weight. */
struct simd_winograd_back {
	void (*slope)(const struct tiles *, float *m, const float *dy,
	    size_t first, size_t n);
	void (*gradient)(float *g, const float *u, size_t point);
};

struct simd_norm {
	/* sum, square [c] += over rows of d and d^2, d = x - around[c]. */
	void (*sums)(double *sum, double *square, const float *x,
	    const float *around, size_t rows, size_t c);
	/* y = a[c] x + b[c] (+ residual), then ReLU if asked. */
	void (*apply)(float *y, const float *x, const float *a,
	    const float *b, const float *residual, bool relu, size_t rows,
	    size_t c);
};

/* Coefficients [c] of a normalisation's backward pass. */
struct slopes {
	size_t c;
	bool relu;
	const float *a, *b, *d, *e, *mean;
};

struct simd_norm_back {
	/* With g = dy, zero where relu and the output was not above 0 (y tells,
	 * or else a x + e): sum += g, dot += g (x - mean[c]). */
	void (*sums)(double *sum, double *dot, const float *dy,
	    const float *x, const float *y, const struct slopes *,
	    size_t rows);
	/* dx = a g + b (x - mean) + d; d_residual = g unless NULL. */
	void (*apply)(float *dx, float *d_residual, const float *dy,
	    const float *x, const float *y, const struct slopes *,
	    size_t rows);
};

/* Passes over arrays and matrices. */
struct simd_pass {
	void (*add)(float *y, const float *x, size_t n);
	void (*relu)(float *y, const float *x, size_t n);
	void (*relu_back)(float *dx, const float *dy, const float *y,
	    size_t n);
	void (*average)(float *slow, const float *fast, size_t n, float m);
	double (*square_sum)(const float *x, size_t n);
	void (*add_rows)(float *y, const float *b, size_t rows, size_t c);
	void (*sum_rows)(double *sum, const float *x, size_t rows, size_t c);
};

/* A row of a softmax. */
struct simd_softmax {
	float (*max)(const float *x, size_t n);
	/* x = exp(scale (x - top)); the sum. */
	double (*exp)(float *x, size_t n, float scale, float top);
	/* x = exp(scale (x - top[i])). */
	void (*exp_by)(float *x, const float *top, size_t n, float scale);
};

/* Steps of optimizers. */
struct simd_step {
	void (*sgd)(float *p, float *v, const float *g, size_t n,
	    const struct sgd *);
	void (*adam)(float *p, float *m, float *v, const float *g, size_t n,
	    const struct adam *);
};

/* By set. */
extern const struct simd_conv *const simd_conv[SIMD_SETS];
extern const struct simd_winograd *const simd_winograd[SIMD_SETS];
extern const struct simd_outer *const simd_outer[SIMD_SETS];
extern const struct simd_winograd_back
    *const simd_winograd_back[SIMD_SETS];
extern const struct simd_norm *const simd_norm[SIMD_SETS];
extern const struct simd_norm_back *const simd_norm_back[SIMD_SETS];
extern const struct simd_pass *const simd_pass[SIMD_SETS];
extern const struct simd_softmax *const simd_softmax[SIMD_SETS];
extern const struct simd_step *const simd_step[SIMD_SETS];

#endif
