/*
 * unit: rows of embeddings brought to length 1, and slopes taken back through
 * that.  Ordinary memory; sums are in double.
 */
#ifndef SELF_LOSS_UNIT_H
#define SELF_LOSS_UNIT_H

#include <stddef.h>

double unit_dot(const float *a, const float *b, size_t p);

/* A row's length, or the floor that it is divided by instead. */
double unit_norm(const float *x, size_t p);

/* unit [n,p] (may be x) = x by its rows' lengths, norm [n] unless NULL: both
 * written. */
void unit_rows(float *unit, double *norm, const float *x, size_t n,
    size_t p);

/*
 * grad [p] of one row, written, from the slope [p] by its unit row:
 * (slope - (slope . unit) unit) / norm.  At the floor the length is a
 * constant, and only the first part remains.
 */
void unit_slope(float *grad, const double *slope, const float *unit,
    double norm, size_t p);

#endif
