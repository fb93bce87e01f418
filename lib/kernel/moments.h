/*
 * moments: mean and variance by channel, gathered piece by piece while the
 * numbers are still in the cache.
 *
 * A piece is some rows of y [rows,c]; its sums are taken around a row of its
 * own, so that a mean far from zero costs no digits of the variance.  Pieces
 * are put together in their order.
 */
#ifndef SELF_KERNEL_MOMENTS_H
#define SELF_KERNEL_MOMENTS_H

#include "kernel/cpu.h"

struct moments {
	const struct simd *simd;
	const float *y;
	size_t c, pieces;
	double *sums;		/* [pieces][2 c + 2], see moments.c */
	float *mean, *inv_std;	/* [c], written at the end */
	double epsilon;
};

/* Doubles that so many pieces take. */
size_t moments_room(size_t pieces, size_t c);

/* Rows first..first+n belong to the piece; the first call for a piece begins
 * it, the calls for one piece come from one thread. */
void moments_begin(const struct moments *, size_t piece, size_t first);
void moments_add(const struct moments *, size_t piece, size_t first,
    size_t n);

/* y = a y + b (+ residual), then ReLU if asked, for all of a result. */
struct finish {
	const struct simd *simd;
	float *y;
	const float *a, *b, *residual;	/* [c], [c], [rows,c] or NULL */
	size_t c;
	bool relu;
};

/* What is done to rows of a result while they are in the cache: either, or
 * neither. */
struct epilogue {
	struct moments *moments;
	const struct finish *finish;
};

/* Rows first..first+n of the piece; `begin`: its first ones. */
void epilogue_rows(const struct epilogue *, size_t piece, bool begin,
    size_t first, size_t n);

/* a and b of a normalisation by running statistics. */
void finish_coefficients(float *a, float *b, const float *scale,
    const float *shift, const float *running_mean, const float *running_var,
    const struct norm *);

/* Writes mean and inv_std, 1 / sqrt(variance + epsilon). */
void moments_end(struct kernel *, struct moments *);

#endif
