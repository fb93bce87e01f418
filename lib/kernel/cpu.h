/*
 * cpu: what the files of this folder share; nobody else includes it.
 *
 * Work is cut into pieces whose size does not depend on the number of
 * threads, each piece is one task of the pool, and sums over pieces are added
 * in order of the pieces.
 */
#ifndef SELF_KERNEL_CPU_H
#define SELF_KERNEL_CPU_H

#include <assert.h>

#include "kernel/kernel.h"
#include "kernel/simd.h"

struct kernel {
	struct pool *pool;		/* borrowed */
	const struct simd *simd;
	float **tiles;			/* per worker: TILE_FLOATS of scratch */
	float *zeros;			/* for pixels outside a picture */
	size_t zeros_size;
	float *packed;			/* weights in the order tiles read */
	size_t packed_size;
	float *partial;			/* sums of pieces, not yet added up */
	size_t partial_size;
	double *sums;			/* the same in double */
	size_t sums_size;
};

/* Scratch of at least n numbers each, kept for all later calls; zeros are at
 * k->zeros, which moves.  FAIL_MEMORY. */
int cpu_reserve(struct kernel *, size_t packed, size_t partial) FAIL_CHECKED;
int cpu_reserve_sums(struct kernel *, size_t n) FAIL_CHECKED;
int cpu_reserve_zeros(struct kernel *, size_t n) FAIL_CHECKED;

/* The scratch inside an operation, which cannot report: reserved before. */
static inline float *
cpu_packed(struct kernel *k, size_t n)
{
	assert(n <= k->packed_size);
	(void)n;
	return k->packed;
}

static inline float *
cpu_partial(struct kernel *k, size_t n)
{
	assert(n <= k->partial_size);
	(void)n;
	return k->partial;
}

static inline double *
cpu_sums(struct kernel *k, size_t n)
{
	assert(n <= k->sums_size);
	(void)n;
	return k->sums;
}

/* The share of kernel_conv_reserve that is conv_weight.c's. */
int conv_reserve_weight(struct kernel *, const struct conv *) FAIL_CHECKED;

/* body(arg, first, end, worker) over 0..n-1 in pieces of `grain`. */
void cpu_pieces(struct kernel *, size_t n, size_t grain,
    void (*body)(void *arg, size_t first, size_t end, int worker), void *arg);

static inline size_t
round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

#endif
