/*
 * standard: columns brought to mean 0 and deviation 1, as measured once.
 */
#ifndef SELF_EVAL_STANDARD_H
#define SELF_EVAL_STANDARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/pool.h"

/* All zeros changes nothing. */
struct standard {
	size_t dim;
	double *mean, *factor;	/* [dim] */
	size_t n;		/* rows measured */
	double *squares;	/* [dim] of their distances from the mean */
};

/* Rows are measured as they come, in one pass (Chan et al. 1979). */
int standard_begin(struct standard *, size_t dim) FAIL_CHECKED;
void standard_take(struct standard *, const float *x, size_t n);

/* The factors, with `deviation`, are 1 / (deviation over n), 1 for a column
 * that is constant to float's precision; all are 1 without. */
void standard_end(struct standard *, bool deviation);

/* x [n,dim] = (x - mean) factor, in place. */
void standard_apply(const struct standard *, float *x, size_t n,
    struct pool *);
void standard_free(struct standard *);

#endif
