/* SPDX-License-Identifier: MIT */
#include "eval/voter.h"

#include <stdlib.h>

struct voter {
	const struct features *train;
	struct pool *pool;
	struct knn *knn;
	size_t k;
	double temperature;
	struct neighbour *near;		/* [block,k] */
	struct ballot *ballots;		/* [threads,k] */
	struct verdict *verdicts;	/* [block] */
	const int64_t *label;		/* of the queries at hand */
};

static int
reserve(struct voter *v)
{
	const size_t threads = (size_t)pool_threads(v->pool);
	size_t block;

	v->knn = knn_new(v->train, v->k, v->pool);
	if (v->knn == NULL)
		return fail_last();
	block = knn_block(v->knn);
	v->near = malloc(block * v->k * sizeof(*v->near));
	v->ballots = malloc(threads * v->k * sizeof(*v->ballots));
	v->verdicts = malloc(block * sizeof(*v->verdicts));
	if (v->near == NULL || v->ballots == NULL || v->verdicts == NULL)
		return fail_memory(block * v->k * sizeof(*v->near));
	return 0;
}

struct voter *
voter_new(const struct features *train, size_t k, double temperature,
    struct pool *pool)
{
	struct voter *v = calloc(1, sizeof(*v));

	if (v == NULL) {
		fail_memory(sizeof(*v));
		return NULL;
	}
	v->train = train;
	v->pool = pool;
	v->k = k;
	v->temperature = temperature;
	if (reserve(v) == 0)
		return v;
	voter_free(v);
	return NULL;
}

size_t
voter_block(const struct voter *v)
{
	return knn_block(v->knn);
}

static void
vote(void *arg, size_t i, int worker)
{
	const struct voter *v = arg;
	const struct neighbour *near = v->near + i * v->k;
	struct ballot *ballots = v->ballots + (size_t)worker * v->k;

	for (size_t j = 0; j < v->k; j++)
		ballots[j] = (struct ballot){ v->train->label[near[j].row],
			near[j].similarity };
	v->verdicts[i] = knn_vote(ballots, v->k, v->temperature,
	    v->label[i]);
}

const struct verdict *
voter_judge(struct voter *v, const float *x, const int64_t *label, size_t n)
{
	knn_search(v->knn, x, n, v->near);
	v->label = label;
	pool_each(v->pool, n, vote, v);
	return v->verdicts;
}

void
voter_free(struct voter *v)
{
	if (v == NULL)
		return;
	knn_free(v->knn);
	free(v->near);
	free(v->ballots);
	free(v->verdicts);
	free(v);
}
