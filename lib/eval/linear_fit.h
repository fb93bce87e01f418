/*
 * linear_fit: fits a linear classifier to rows, by either of two ways to the
 * same function (logistic.h).
 *
 * L-BFGS sees all rows in each step and ends at the optimum; mini-batches
 * with momentum are what the papers use (METHODS: lr, epochs and schedule of
 * each).
 */
#ifndef SELF_EVAL_LINEAR_FIT_H
#define SELF_EVAL_LINEAR_FIT_H

#include <stdbool.h>

#include "eval/logistic.h"

enum linear_schedule { LINEAR_CONSTANT, LINEAR_COSINE, LINEAR_STEP };

#define LINEAR_DROPS 16		/* of the rate, at most */

struct linear_plan {
	double l2;		/* of the sum of losses: 1/C */

	/* L-BFGS: until within `gap` of the optimum (see lbfgs.h), or so many
	 * steps. */
	double gap;
	int64_t steps;

	/* Mini-batches instead. */
	bool sgd, nesterov;
	double lr, momentum;
	int64_t epochs, batch;
	enum linear_schedule schedule;
	double drop;		/* the rate is multiplied by it … */
	int n_drops;
	double drops[LINEAR_DROPS];	/* … after so many epochs, rising */
	uint64_t seed;
};

struct linear_end {
	double value;		/* of the function, at the end */
	double gap;		/* L-BFGS: about how far above the least */
	int64_t steps;
	bool settled;		/* false: L-BFGS ran out of steps */
};

/* p [K (D + 1)] is where L-BFGS begins; mini-batches begin with weights of
 * N(0, 0.01^2).  It becomes the fit. */
int linear_fit(double *p, const struct logistic_rows *,
    const struct linear_plan *, struct pool *, struct linear_end *)
    FAIL_CHECKED;

/* The mini-batches' half of it. */
int linear_sgd(double *p, const struct logistic_rows *,
    const struct linear_plan *, struct pool *, struct linear_end *)
    FAIL_CHECKED;

/* How many of the rows have their label at rank 0 (rank.h); none whose label
 * is -1.  FAIL_FORMAT for scores that are not finite. */
int linear_right(const double *p, const struct logistic_rows *,
    struct pool *, size_t *right) FAIL_CHECKED;

/* The rate of mini-batch `step` of `steps` in all, in epoch `epoch`. */
double linear_rate(const struct linear_plan *, int64_t epoch, int64_t step,
    int64_t steps);

#endif
