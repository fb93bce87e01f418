/*
 * spread: do embeddings fill their space, or have they collapsed?
 *
 * For rows z [n,D], normalised to z' = z / max(|z|, 1e-12):
 *
 *	deviation   mean over dimensions of the deviation of z' (over n);
 *	            1/sqrt(D) at most, 0 where all rows point one way
 *	uniformity  log mean over pairs i < j of exp(-2 |z'_i - z'_j|^2),
 *	            -8..0, lower is more uniform (Wang & Isola 2020)
 *	rank        exp of the entropy of s / sum s, the singular values of z
 *	            as they are: 1..min(n,D) (RankMe, Garrido et al. 2023)
 *	alignment   mean of |a'_i - b'_i|^2 over pairs of rows that belong
 *	            together, 0..4 (Wang & Isola 2020)
 *
 * Collapsed are rows with deviation sqrt(D) < SPREAD_DEVIATION, which is a
 * mean cosine above 0.99 between them, or with rank < SPREAD_RANK although n
 * and D are SPREAD_ROOM or more.  Rows that are not finite give numbers that
 * are not.  Nothing depends on the number of threads.
 */
#ifndef SELF_EVAL_SPREAD_H
#define SELF_EVAL_SPREAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/pool.h"

#define SPREAD_DEVIATION 0.1
#define SPREAD_RANK 2.0
#define SPREAD_ROOM 8

struct spread {
	double deviation, uniformity, rank;
	bool one_way;		/* collapsed by the deviation … */
	bool few_ways;		/* … or by the rank */
};

/* Of z [n,dim], n >= 2; the singular values take min(n,dim)^2 doubles. */
int spread_measure(struct spread *, const float *z, size_t n, size_t dim,
    struct pool *) FAIL_CHECKED;

/* Each alone, for a watch that wants them at different times. */
int spread_deviation(const float *z, size_t n, size_t dim, double *)
    FAIL_CHECKED;
int spread_uniformity(const float *z, size_t n, size_t dim, struct pool *,
    double *) FAIL_CHECKED;
int spread_rank(const float *z, size_t n, size_t dim, struct pool *,
    double *) FAIL_CHECKED;

/* Of a [n,dim] and b [n,dim], n >= 1. */
double spread_alignment(const float *a, const float *b, size_t n, size_t dim);

#endif
