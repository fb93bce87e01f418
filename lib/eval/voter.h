/*
 * voter: queries classified by a vote of their nearest neighbours, a block of
 * them at a time.
 */
#ifndef SELF_EVAL_VOTER_H
#define SELF_EVAL_VOTER_H

#include "eval/knn.h"

struct voter;

/* Borrows the training rows and the pool; k is 1 to train->n (FAIL_USAGE).
 * NULL and a failure. */
struct voter *voter_new(const struct features *train, size_t k,
    double temperature, struct pool *);

/* How many queries it judges at most; fewer are slower. */
size_t voter_block(const struct voter *);

/* Verdicts [n] on 1 <= n <= voter_block queries x [n,dim] whose labels [n]
 * are these, valid until the next call. */
const struct verdict *voter_judge(struct voter *, const float *x,
    const int64_t *label, size_t n);
void voter_free(struct voter *);		/* NULL is fine */

#endif
