/*
 * lbfgs: the least value of a smooth function by limited-memory BFGS
 * (Nocedal 1980; Nocedal & Wright, Numerical Optimization, algorithm 7.4),
 * each step shortened until it goes down enough (Armijo).
 */
#ifndef SELF_EVAL_LBFGS_H
#define SELF_EVAL_LBFGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

struct lbfgs_problem {
	size_t n;		/* unknowns */

	/* The value at x [n]; gradient [n] is written. */
	double (*value)(void *arg, const double *x, double *gradient);
	void *arg;

	/* Stop when the value is within `gap` of its least (where it is below
	 * 1, such a part of it, where below 1e-3, of that), as the model of
	 * the curvature has it, or after so many steps. */
	double gap;
	int64_t most;
};

struct lbfgs_end {
	double value, gap;	/* where it stopped */
	int64_t steps, values;	/* taken; computed */
	bool settled;		/* the gap is reached, or rounding rules */
};

/* x [n] is where to begin, and becomes the best point found.  FAIL_DIVERGED
 * when the value is not finite there. */
int lbfgs_run(double *x, const struct lbfgs_problem *, struct lbfgs_end *)
    FAIL_CHECKED;

#endif
