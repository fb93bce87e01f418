/*
 * partner: queries that belong to their own key by lambda and to a partner's by
 * 1 - lambda (i-Mix, Lee et al. 2021), or to their own alone (inside lib/loss
 * only).
 */
#ifndef SELF_LOSS_PARTNER_H
#define SELF_LOSS_PARTNER_H

#include "loss/softmax.h"

struct partner {
	struct softmax s;	/* others, queue, scale: set by the caller */
	const int64_t *index;	/* [n], or NULL: not mixed */
	const float *lambda;	/* [n] */
	const float *query, *key;	/* as they came in */
	double *query_norm, *key_norm;
	double *slope;		/* [p] scratch */
};

/* Normalises, and finds the softmax of all queries. */
int partner_begin(struct partner *, struct loss_work *, const float *query,
    const float *key) FAIL_CHECKED;

/* Mean over the queries. */
double partner_loss(const struct partner *);

/* Gradients by the rows that came in, written. */
void partner_query_grad(const struct partner *, float *grad);
int partner_key_grad(const struct partner *, struct loss_work *, float *grad)
    FAIL_CHECKED;

#endif
