/* SPDX-License-Identifier: MIT */
#include "eval/probe.h"

#include <stdlib.h>

#include "base/num.h"
#include "eval/linear_fit.h"
#include "eval/numbering.h"
#include "eval/standard.h"
#include "eval/voter.h"

int
probe_knn(const struct features *train, const struct features *test,
    struct pool *pool, double *top1)
{
	const size_t k = train->n < PROBE_K ? train->n : PROBE_K;
	struct voter *voter = voter_new(train, k, PROBE_TEMPERATURE, pool);
	size_t right = 0, n;

	if (voter == NULL)
		return fail_last();
	for (size_t at = 0; at < test->n; at += n) {
		const size_t left = test->n - at, most = voter_block(voter);
		const struct verdict *v;

		n = left < most ? left : most;
		v = voter_judge(voter, test->x + at * test->dim,
		    test->label + at, n);
		for (size_t i = 0; i < n; i++)
			right += v[i].rank == 0;
	}
	*top1 = (double)right / (double)test->n;
	voter_free(voter);
	return 0;
}

/* Rows with their places among the classes, into label [n]. */
static struct logistic_rows
number_rows(const struct features *f, const struct numbering *classes,
    int32_t *label)
{
	for (size_t i = 0; i < f->n; i++)
		label[i] = numbering_place(classes, f->label[i]);
	return (struct logistic_rows){ f->x, label, f->n, f->dim,
		classes->n };
}

static int
fit_and_judge(const struct logistic_rows *train,
    const struct logistic_rows *test, struct pool *pool, size_t *right)
{
	const struct linear_plan plan = { .l2 = 1, .gap = 1e-8,
		.steps = 2000 };
	struct linear_end end;
	size_t n, size;
	double *p;
	int rc;

	if (num_mul(train->classes, train->dim + 1, &n) < 0 ||
	    num_mul(n, sizeof(*p), &size) < 0)
		return fail_last();
	p = calloc(n, sizeof(*p));
	if (p == NULL)
		return fail_memory(size);
	rc = linear_fit(p, train, &plan, pool, &end);
	if (rc == 0)
		rc = linear_right(p, test, pool, right);
	free(p);
	return rc;
}

static int
standardise(struct features *train, struct features *test, struct pool *pool)
{
	struct standard s = { 0 };
	const int rc = standard_begin(&s, train->dim);

	if (rc == 0) {
		standard_take(&s, train->x, train->n);
		standard_end(&s, true);
		standard_apply(&s, train->x, train->n, pool);
		standard_apply(&s, test->x, test->n, pool);
	}
	standard_free(&s);
	return rc;
}

int
probe_linear(struct features *train, struct features *test,
    struct pool *pool, double *top1)
{
	const size_t n = train->n + test->n;
	int32_t *label = malloc(n * sizeof(*label));
	struct numbering classes = { 0 };
	size_t right = 0;
	int rc = label == NULL ? fail_memory(n * sizeof(*label)) :
	    numbering_init(&classes, train->label, train->n);

	if (rc == 0 && classes.n < 2)
		rc = fail(FAIL_FORMAT, "all samples are of one class; "
		    "a classifier needs two or more");
	if (rc == 0 && (rc = standardise(train, test, pool)) == 0) {
		const struct logistic_rows a = number_rows(train, &classes,
		    label);
		const struct logistic_rows b = number_rows(test, &classes,
		    label + train->n);

		rc = fit_and_judge(&a, &b, pool, &right);
	}
	*top1 = (double)right / (double)test->n;
	numbering_free(&classes);
	free(label);
	return rc;
}
