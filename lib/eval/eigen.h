/*
 * eigen: the eigenvalues of a symmetric matrix, without its vectors.
 *
 * Householder's reflections make it tridiagonal; each eigenvalue is then
 * found by bisection on the number of sign changes (Sturm), so that none is
 * missed and all are right to the rounding of the largest.
 */
#ifndef SELF_EVAL_EIGEN_H
#define SELF_EVAL_EIGEN_H

#include <stddef.h>

#include "base/pool.h"

/* values [n] of a [n,n], symmetric, smallest first, are written; a is used
 * up. */
int eigen_values(double *values, double *a, size_t n, struct pool *)
    FAIL_CHECKED;

#endif
