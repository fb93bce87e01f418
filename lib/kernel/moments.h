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

/* Writes mean and inv_std, 1 / sqrt(variance + epsilon). */
void moments_end(struct kernel *, struct moments *);

#endif
