/*
 * whiten: coordinates in which a linear model's loss is nearly round.
 *
 * At p = 0 the loss of logistic.h over centred rows x [n,D] has the curvature
 *
 *	H = x^T x / (n K) + l2 / n  =  L L^T
 *
 * for each class's weights.  With w = L^-T v it is the identity in v, and so
 * a minimiser that starts there needs a tenth of the steps.
 */
#ifndef SELF_EVAL_WHITEN_H
#define SELF_EVAL_WHITEN_H

#include "eval/logistic.h"

struct whiten;

/* From the rows (centred; a few thousand of them tell); borrows the pool.
 * NULL and a failure. */
struct whiten *whiten_new(const struct logistic_rows *, double l2,
    struct pool *);
void whiten_free(struct whiten *);

/* w [K,D] = L^-T v for each class, and gv = L^-1 gw; not in place. */
void whiten_weights(struct whiten *, double *w, const double *v);
void whiten_gradient(struct whiten *, double *gv, const double *gw);

/* v = L^T w: where a known w lies. */
void whiten_place(struct whiten *, double *v, const double *w);

#endif
