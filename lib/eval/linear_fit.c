/* SPDX-License-Identifier: MIT */
#include "eval/linear_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "eval/lbfgs.h"
#include "eval/rank.h"
#include "eval/whiten.h"

/* The function as L-BFGS sees it: of v, with w = L^-T v and b = sqrt(K) v. */
struct round_view {
	struct logistic *logistic;
	struct whiten *whiten;
	size_t weights, classes;
	double l2;
	double *p, *gradient;	/* [K (D + 1)] */
};

/* p of v. */
static void
look(struct round_view *r, const double *v)
{
	const double root = sqrt((double)r->classes);

	whiten_weights(r->whiten, r->p, v);
	for (size_t i = r->weights; i < r->weights + r->classes; i++)
		r->p[i] = v[i] * root;
}

static double
value(void *arg, const double *v, double *gradient)
{
	struct round_view *r = arg;
	const double root = sqrt((double)r->classes);
	double f;

	look(r, v);
	f = logistic_value(r->logistic, r->p, r->l2, r->gradient);
	whiten_gradient(r->whiten, gradient, r->gradient);
	for (size_t i = r->weights; i < r->weights + r->classes; i++)
		gradient[i] = r->gradient[i] * root;
	return f;
}

static int
run_lbfgs(double *p, struct round_view *r, const struct linear_plan *plan,
    struct linear_end *end)
{
	const struct lbfgs_problem problem = { r->weights + r->classes, value,
		r, plan->gap, plan->steps };
	double *v = malloc(problem.n * sizeof(*v));
	struct lbfgs_end e;
	int rc;

	if (v == NULL)
		return fail_memory(problem.n * sizeof(*v));
	whiten_place(r->whiten, v, p);
	for (size_t i = r->weights; i < problem.n; i++)
		v[i] = p[i] / sqrt((double)r->classes);
	rc = lbfgs_run(v, &problem, &e);
	if (rc == 0) {
		look(r, v);
		memcpy(p, r->p, problem.n * sizeof(*p));
		*end = (struct linear_end){ e.value, e.gap, e.steps,
			e.settled };
	}
	free(v);
	return rc;
}

static int
fit_lbfgs(double *p, const struct logistic_rows *rows,
    const struct linear_plan *plan, struct pool *pool, struct linear_end *end)
{
	const size_t n = rows->classes * (rows->dim + 1);
	struct round_view r = { .weights = rows->classes * rows->dim,
		.classes = rows->classes, .l2 = plan->l2 };
	int rc = -1;

	r.p = malloc(n * sizeof(*r.p));
	r.gradient = malloc(n * sizeof(*r.gradient));
	if (r.p == NULL || r.gradient == NULL)
		rc = fail_memory(n * sizeof(*r.p));
	else if ((r.logistic = logistic_new(rows, pool)) == NULL
	    || (r.whiten = whiten_new(rows, plan->l2, pool)) == NULL)
		rc = fail_last();
	else
		rc = run_lbfgs(p, &r, plan, end);
	whiten_free(r.whiten);
	logistic_free(r.logistic);
	free(r.p);
	free(r.gradient);
	return rc;
}

double
linear_rate(const struct linear_plan *plan, int64_t epoch, int64_t step,
    int64_t steps)
{
	double rate = plan->lr;

	if (plan->schedule == LINEAR_COSINE)
		return rate / 2 * (1 + cos(3.141592653589793 * (double)step
		    / (double)steps));
	for (int i = 0; plan->schedule == LINEAR_STEP && i < plan->n_drops;
	    i++)
		if ((double)epoch >= plan->drops[i])
			rate *= plan->drop;
	return rate;
}

int
linear_fit(double *p, const struct logistic_rows *rows,
    const struct linear_plan *plan, struct pool *pool, struct linear_end *end)
{
	return plan->sgd ? linear_sgd(p, rows, plan, pool, end)
	    : fit_lbfgs(p, rows, plan, pool, end);
}

/* How many of n rows are right by scores [n,classes]. */
static int
count_right(const float *scores, size_t classes, const int32_t *label,
    size_t n, size_t *right)
{
	for (size_t i = 0; i < n; i++) {
		const float *mine = scores + i * classes;

		if (!rank_finite(mine, classes))
			return fail(FAIL_FORMAT, "a sample's score for a "
			    "class is not finite; features are too large for "
			    "this fit");
		*right += label[i] >= 0 &&
		    rank_of(mine, classes, (size_t)label[i]) == 0;
	}
	return 0;
}

int
linear_right(const double *p, const struct logistic_rows *rows,
    struct pool *pool, size_t *right)
{
	struct logistic *t = logistic_new(rows, pool);
	const size_t size = LOGISTIC_BLOCK * rows->classes * sizeof(float);
	float *scores = malloc(size);
	int rc = t == NULL ? fail_last() : scores == NULL ?
	    fail_memory(size) : 0;

	*right = 0;
	for (size_t at = 0; rc == 0 && at < rows->n; at += LOGISTIC_BLOCK) {
		const size_t n = rows->n - at < LOGISTIC_BLOCK ? rows->n - at
		    : LOGISTIC_BLOCK;

		logistic_scores(t, p, rows->x + at * rows->dim, n, scores);
		rc = count_right(scores, rows->classes, rows->label + at, n,
		    right);
	}
	logistic_free(t);
	free(scores);
	return rc;
}
