/* SPDX-License-Identifier: MIT */
#include "eval/probe.h"

#include <stdlib.h>

#include "base/num.h"
#include "eval/knn.h"
#include "eval/linear_fit.h"
#include "eval/numbering.h"
#include "eval/standard.h"

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

int
probe_knn(const struct features *train, const struct features *test,
    struct pool *pool, double *top1)
{
	const size_t k = least(train->n, PROBE_K);
	struct knn *knn = knn_new(train, k, pool);
	const size_t block = knn == NULL ? 1 : least(knn_block(knn), test->n);
	struct neighbour *near = malloc(block * k * sizeof(*near));
	struct ballot ballots[PROBE_K];
	size_t right = 0;
	int rc = knn == NULL ? fail_last() : near == NULL ?
	    fail_memory(block * k * sizeof(*near)) : 0;

	for (size_t at = 0; rc == 0 && at < test->n; at += block) {
		const size_t n = least(block, test->n - at);

		knn_search(knn, test->x + at * test->dim, n, near);
		for (size_t i = 0; i < n; i++) {
			const int64_t truth = test->label[at + i];

			for (size_t j = 0; j < k; j++)
				ballots[j] = (struct ballot){
					train->label[near[i * k + j].row],
					near[i * k + j].similarity };
			right += knn_vote(ballots, k, PROBE_TEMPERATURE,
			    truth).label == truth;
		}
	}
	*top1 = (double)right / (double)test->n;
	knn_free(knn);
	free(near);
	return rc;
}

/* The fit's weights and what they are judged with. */
struct judge {
	struct logistic_rows rows;
	struct numbering classes;
	int32_t *label;		/* [n] of training */
	double *p;		/* [K (D + 1)] */
	float *scores;		/* [LOGISTIC_BLOCK,K] */
};

static int
judge_init(struct judge *j, const struct features *train)
{
	size_t n, size;

	if (numbering_init(&j->classes, train->label, train->n) < 0)
		return fail_last();
	if (j->classes.n < 2)
		return fail(FAIL_FORMAT, "all samples are of one class; "
		    "there is nothing to tell apart");
	if (num_mul(j->classes.n, train->dim + 1, &n) < 0 ||
	    num_mul(n, sizeof(*j->p), &size) < 0)
		return fail_last();
	j->p = calloc(n, sizeof(*j->p));
	j->label = malloc(train->n * sizeof(*j->label));
	j->scores = malloc(LOGISTIC_BLOCK * j->classes.n *
	    sizeof(*j->scores));
	if (j->p == NULL || j->label == NULL || j->scores == NULL)
		return fail_memory(size);
	for (size_t i = 0; i < train->n; i++)
		j->label[i] = numbering_place(&j->classes, train->label[i]);
	j->rows = (struct logistic_rows){ train->x, j->label, train->n,
		train->dim, j->classes.n };
	return 0;
}

static void
judge_free(struct judge *j)
{
	numbering_free(&j->classes);
	free(j->label);
	free(j->p);
	free(j->scores);
}

/* No score is above the truth's, or is not a number. */
static bool
is_best(const float *scores, size_t classes, int32_t truth)
{
	for (size_t c = 0; c < classes; c++)
		if (c != (size_t)truth && !(scores[c] <= scores[truth]))
			return false;
	return true;
}

static int
classify(struct judge *j, const struct features *test, struct pool *pool,
    size_t *right)
{
	struct logistic *l = logistic_new(&j->rows, pool);

	if (l == NULL)
		return fail_last();
	for (size_t at = 0; at < test->n; at += LOGISTIC_BLOCK) {
		const size_t n = least(LOGISTIC_BLOCK, test->n - at);

		logistic_scores(l, j->p, test->x + at * test->dim, n,
		    j->scores);
		for (size_t i = 0; i < n; i++) {
			const int32_t truth = numbering_place(&j->classes,
			    test->label[at + i]);

			*right += truth >= 0 && is_best(j->scores + i *
			    j->classes.n, j->classes.n, truth);
		}
	}
	logistic_free(l);
	return 0;
}

int
probe_linear(struct features *train, struct features *test,
    struct pool *pool, double *top1)
{
	const struct linear_plan plan = { .l2 = 1, .gap = 1e-8,
		.steps = 2000 };
	struct standard standard = { 0 };
	struct judge j = { 0 };
	struct linear_end end;
	size_t right = 0;
	int rc = standard_measure(&standard, train->x, train->n, train->dim,
	    true, pool);

	if (rc == 0) {
		standard_apply(&standard, train->x, train->n, pool);
		standard_apply(&standard, test->x, test->n, pool);
		rc = judge_init(&j, train);
	}
	if (rc == 0)
		rc = linear_fit(j.p, &j.rows, &plan, pool, &end);
	if (rc == 0)
		rc = classify(&j, test, pool, &right);
	*top1 = (double)right / (double)test->n;
	judge_free(&j);
	standard_free(&standard);
	return rc;
}
