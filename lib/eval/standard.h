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
};

/* Measures x [n,dim], left as it is: the means and, with `deviation`, 1 / (deviation over
 * n), 1 for a column that is constant to float's precision. */
int standard_measure(struct standard *, float *x, size_t n, size_t dim,
    bool deviation, struct pool *) FAIL_CHECKED;

/* x [n,dim] = (x - mean) factor, in place. */
void standard_apply(const struct standard *, float *x, size_t n,
    struct pool *);
void standard_free(struct standard *);

#endif
