/* dot: a product of two vectors, added up in one fixed order. */
#ifndef SELF_EVAL_DOT_H
#define SELF_EVAL_DOT_H

#include <stddef.h>

/* Sum of a [n] times b [n]. */
double eval_dot(const double *a, const double *b, size_t n);

/* Four at once, of the same a with vectors b [4,n] that are `apart`. */
void eval_dots(double out[4], const double *a, const double *b, size_t apart,
    size_t n);

/* One of floats, in double.  Meanwhile `next` [n], which will be asked
 * for, is brought near; a or b where there is none. */
double eval_dot_floats(const float *a, const float *b, size_t n,
    const float *next);

#endif
