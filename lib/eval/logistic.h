/*
 * logistic: multinomial logistic regression as a function to be minimised.
 *
 * Over rows x [n,D] of classes 0..K-1, with weights w [K,D] and offsets
 * b [K], the parameters p = (w, b) [K (D + 1)] in one array:
 *
 *	f(p) = 1/n sum_i -log softmax(w x_i + b)[label_i] + l2 / (2n) |w|^2
 *
 * so that l2 is 1/C of those who regularise the sum, and offsets are free.
 * Products are made in float, a block of rows while it is in the cache; sums
 * over rows add up in double, in pieces that do not depend on the number of
 * threads.
 */
#ifndef SELF_EVAL_LOGISTIC_H
#define SELF_EVAL_LOGISTIC_H

#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"

struct logistic_rows {
	const float *x;		/* [n,dim] */
	const int32_t *label;	/* [n], 0..classes-1 */
	size_t n, dim, classes;
};

struct logistic;

/* Borrows the rows and the pool; NULL and a failure. */
struct logistic *logistic_new(const struct logistic_rows *, struct pool *);
void logistic_free(struct logistic *);

/* f(p); gradient [K (D + 1)] is written. */
double logistic_value(struct logistic *, const double *p, double l2,
    double *gradient);

/* scores [n,K] = w x + b, written, of n <= LOGISTIC_BLOCK rows x [n,dim]. */
#define LOGISTIC_BLOCK 256
void logistic_scores(struct logistic *, const double *p, const float *x,
    size_t n, float *scores);

/* The part of n rows: scores [K,n] w x become softmax(w x + b) - one(label),
 * whose sums over the rows are added to db [K]; the sum of their losses. */
double logistic_columns(float *scores, const float *b, const int32_t *label,
    size_t n, size_t classes, double *db);

#endif
