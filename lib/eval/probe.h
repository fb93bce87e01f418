/*
 * probe: two scores of features that lie in memory, as `ssl-eval knn` and
 * `ssl-eval linear` give them when nothing is asked for.
 */
#ifndef SELF_EVAL_PROBE_H
#define SELF_EVAL_PROBE_H

#include "base/pool.h"
#include "eval/features.h"

#define PROBE_K 200		/* neighbours, or all where there are fewer */
#define PROBE_TEMPERATURE 0.1

/*
 * Share of the test's rows that a vote of their nearest neighbours in
 * training (knn.h) classifies rightly.  Labels of both are in one numbering;
 * what training lacks counts as wrong.  Both have rows, of equal length.
 */
int probe_knn(const struct features *train, const struct features *test,
    struct pool *, double *top1) FAIL_CHECKED;

/* The same by a linear classifier, fitted to training from zero.  The rows of
 * both are standardised in place.  FAIL_FORMAT when training has one class. */
int probe_linear(struct features *train, struct features *test,
    struct pool *, double *top1) FAIL_CHECKED;

#endif
