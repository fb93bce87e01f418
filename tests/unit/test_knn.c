/* SPDX-License-Identifier: MIT */
#include "eval/knn.h"

#include <stdlib.h>

#include "../tap.h"
#include "base/rng.h"
#include "eval/rank.h"

static void
fill(struct features *f, size_t n, size_t dim, uint64_t index, int classes)
{
	struct rng r = rng_at(1, 0, index, 0, 99);

	f->n = n;
	f->dim = dim;
	f->x = malloc(n * dim * sizeof(*f->x));
	f->label = malloc(n * sizeof(*f->label));
	for (size_t i = 0; i < n * dim; i++)
		f->x[i] = (float)rng_normal(&r);
	for (size_t i = 0; i < n; i++)
		f->label[i] = (int64_t)rng_below(&r, (uint64_t)classes);
}

static double
cosine(const float *a, const float *b, size_t dim)
{
	double ab = 0, aa = 0, bb = 0;

	for (size_t i = 0; i < dim; i++) {
		ab += (double)a[i] * b[i];
		aa += (double)a[i] * a[i];
		bb += (double)b[i] * b[i];
	}
	return aa > 0 && bb > 0 ? ab / (sqrt(aa) * sqrt(bb)) : 0;
}

/* How many of all rows are nearer than row `at`, ties to the earlier row;
 * what differs by a rounding error only is let pass as `close`. */
static bool
rank_is(const struct features *train, const float *x, size_t at, size_t rank)
{
	const double mine = cosine(x, train->x + at * train->dim, train->dim);
	size_t surely = 0, perhaps = 0;

	for (size_t i = 0; i < train->n; i++) {
		const double s = cosine(x, train->x + i * train->dim,
		    train->dim);

		if (i == at)
			continue;
		surely += s > mine + 1e-13;
		perhaps += fabs(s - mine) <= 1e-13;
	}
	return surely <= rank && rank <= surely + perhaps;
}

static void
against_oracle(size_t n, size_t queries, size_t dim, size_t k, int threads)
{
	struct pool *pool = pool_new(threads);
	struct features train = { 0 }, test = { 0 };
	struct neighbour *near = malloc(queries * k * sizeof(*near));
	struct knn *knn;
	size_t wrong = 0;

	fill(&train, n, dim, n, 3);
	fill(&test, queries, dim, n + 1, 3);
	knn = knn_new(&train, k, pool);
	knn_search(knn, test.x, queries, near);
	for (size_t i = 0; i < queries; i++)
		for (size_t j = 0; j < k; j++) {
			const struct neighbour *x = &near[i * k + j];

			wrong += !rank_is(&train, test.x + i * dim, x->row, j);
			wrong += j > 0 && x[-1].row == x->row;
			wrong += fabs(x->similarity - cosine(test.x + i * dim,
			    train.x + x->row * dim, dim)) > 5e-14;
		}
	is_int((long long)wrong, 0, "%zu nearest of %zu rows of %zu, "
	    "%zu queries, %d threads", k, n, dim, queries, threads);
	knn_free(knn);
	features_free(&train);
	features_free(&test);
	free(near);
	pool_free(pool);
}

/* More than one tile of nearly equal rows: float alone cannot tell them
 * apart, and some are equal. */
static void
test_crowd(void)
{
	const size_t n = 9001, dim = 19, k = 37;
	struct pool *pool = pool_new(2);
	struct features train = { 0 };
	struct neighbour near[37];
	float query[19];
	size_t wrong = 0;
	struct knn *knn;

	fill(&train, n, dim, 5, 3);
	for (size_t i = 0; i < n * dim; i++)
		train.x[i] = 1 + train.x[i] * 1e-6f;
	memcpy(train.x + 8000 * dim, train.x + 17 * dim,
	    dim * sizeof(*train.x));
	memcpy(query, train.x + 17 * dim, sizeof(query));
	knn = knn_new(&train, k, pool);
	knn_search(knn, query, 1, near);
	for (size_t j = 0; j < k; j++)
		wrong += !rank_is(&train, query, near[j].row, j);
	is_int((long long)wrong, 0, "rows that float cannot tell apart");
	ok(near[0].row == 17 && near[1].row == 8000,
	    "of equal rows the earlier is nearer");
	ok(near[0].similarity == near[1].similarity, "and they are equal");
	knn_free(knn);
	features_free(&train);
	pool_free(pool);
}

/* More queries than one slice, and a k that leaves little room. */
static void
test_block(size_t n, size_t k)
{
	struct pool *one = pool_new(1), *three = pool_new(3);
	struct features train = { 0 }, test = { 0 };
	struct knn *a, *b;
	struct neighbour *near, *again;
	size_t wrong = 0, queries;

	fill(&train, n, 5, 6, 3);
	a = knn_new(&train, k, one);
	b = knn_new(&train, k, three);
	queries = knn_block(a);
	ok(knn_block(b) == 3 * queries, "%zu of %zu: a slice for each thread",
	    k, n);
	near = malloc(3 * queries * k * sizeof(*near));
	again = malloc(3 * queries * k * sizeof(*again));
	fill(&test, 3 * queries, 5, 7, 3);
	for (size_t i = 0; i < 3; i++)
		knn_search(a, test.x + i * queries * 5, queries,
		    near + i * queries * k);
	knn_search(b, test.x, 3 * queries, again);
	for (size_t i = 0; i < 3 * queries * k; i++)
		wrong += near[i].row != again[i].row
		    || near[i].similarity != again[i].similarity;
	is_int((long long)wrong, 0, "… and the same from all");
	knn_search(b, test.x + 5, 2, again);
	ok(again[0].row == near[k].row && again[k].row == near[2 * k].row,
	    "… and of two alone");
	knn_free(a);
	knn_free(b);
	features_free(&train);
	features_free(&test);
	free(near);
	free(again);
	pool_free(one);
	pool_free(three);
}

static size_t
differ(const struct neighbour *a, const struct neighbour *b, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += a[i].row != b[i].row;
	return count;
}

static void
test_scaling(void)
{
	static struct neighbour before[40 * 11], after[40 * 11];
	struct pool *pool = pool_new(1);
	struct features train = { 0 }, test = { 0 };
	struct rng r = rng_at(3, 0, 0, 0, 99);
	struct knn *knn;

	fill(&train, 300, 23, 1, 4);
	fill(&test, 40, 23, 2, 4);
	knn = knn_new(&train, 11, pool);
	knn_search(knn, test.x, 40, before);
	knn_free(knn);
	for (size_t i = 0; i < 300; i++) {
		const double factor = exp(rng_between(&r, -60, 60));

		for (size_t d = 0; d < 23; d++)
			train.x[i * 23 + d] =
			    (float)(train.x[i * 23 + d] * factor);
	}
	for (size_t i = 0; i < 40 * 23; i++)
		test.x[i] *= 1e-30f;
	knn = knn_new(&train, 11, pool);
	knn_search(knn, test.x, 40, after);
	is_int((long long)differ(before, after, 40 * 11), 0,
	    "pitfall 26: positive factors on rows change nothing");
	knn_free(knn);
	features_free(&train);
	features_free(&test);
	pool_free(pool);
}

static void
test_zero_row(void)
{
	float x[] = { 1, 0, 0, 0, -1, 0 };
	int64_t label[] = { 0, 1, 2 };
	const struct features train = { .n = 3, .dim = 2, .x = x,
		.label = label };
	const float query[] = { 1, 0.5f };
	struct pool *pool = pool_new(1);
	struct knn *knn = knn_new(&train, 3, pool);
	struct neighbour near[3];

	knn_search(knn, query, 1, near);
	ok(near[1].row == 1 && near[1].similarity == 0,
	    "a row of zeros is at right angles to all");
	knn_free(knn);
	ok(knn_new(&train, 4, pool) == NULL && fail_last() == FAIL_USAGE,
	    "more neighbours than rows are refused");
	pool_free(pool);
}

/* A vote of a copy of `from` [k]. */
static struct verdict
vote(const struct ballot *from, size_t k, double temperature, int64_t truth)
{
	struct ballot b[8];

	memcpy(b, from, k * sizeof(*b));
	return knn_vote(b, k, temperature, truth);
}

static void
test_vote(void)
{
	static const struct ballot three[] = { { 0, 0.9 }, { 1, 0.8 },
		{ 1, 0.8 } };
	static const struct ballot equal[] = { { 7, 0.5 }, { 2, 0.5 },
		{ 2, 0.25 }, { 7, 0.25 }, { 9, 0.25 } };
	static const struct ballot far[] = { { 3, -0.5 }, { 4, 0.25 },
		{ 1, -1 }, { 5, 1 } };

	is_int(vote(three, 3, 0.1, 0).label, 0, "T 0.1: one near vote wins");
	is_int(vote(three, 3, 1, 0).label, 1, "T 1: two farther votes win");
	is_int((long long)vote(three, 3, 1, 0).rank, 1,
	    "one class is before the loser");
	is_int(vote(three, 3, 1e-3, 0).label, 0, "no overflow at T 0.001");
	is_int(vote(equal, 5, 0.07, 7).label, 2,
	    "of equal votes the smaller class is predicted");
	is_int((long long)vote(equal, 5, 0.07, 2).rank, 0, "… is at rank 0");
	is_int((long long)vote(equal, 5, 0.07, 7).rank, 1, "… its equal at 1");
	is_int((long long)vote(equal, 5, 0.07, 9).rank, 2, "… the rest at 2");
	ok(vote(equal, 5, 0.07, 3).rank == RANK_NONE,
	    "a class without a vote has no rank");
	is_int((long long)vote(far, 4, 1e-3, 4).rank, 1,
	    "weights too small for a double keep their order");
	is_int((long long)vote(far, 4, 1e-3, 3).rank, 2, "… of three");
	is_int((long long)vote(far, 4, 1e-3, 1).rank, 3, "… and four");
}

/* Scores of classes: the rule itself. */
static void
test_rank(void)
{
	const float equal[] = { 0.5f, 0.5f, 0.5f };
	const float some[] = { 1, 3, 1, 3, 2 };
	const float odd[] = { 1, -3, NAN, HUGE_VALF };
	const size_t want[] = { 3, 0, 4, 1, 2 };
	size_t wrong = 0;

	for (size_t c = 0; c < 3; c++)
		wrong += rank_of(equal, 3, c) != c;
	is_int((long long)wrong, 0, "equal scores: each class its own rank");
	for (size_t c = 0; c < 5; c++)
		wrong += rank_of(some, 5, c) != want[c];
	is_int((long long)wrong, 0, "the larger first, of equals the smaller "
	    "class");
	ok(!rank_finite(odd, 4) && !rank_finite(odd + 3, 1) &&
	    rank_finite(odd, 2), "NaN and infinity are found");
	is_int((long long)rank_first_odd(odd, 4), 2, "… where they are");
	is_int((long long)rank_first_odd(odd, 2), 2, "… or are not");
}

/* Rows that differ by a factor are equally near: the earlier ones are in. */
static void
test_factors(void)
{
	const float to[] = { 1, 2, 3 };
	float x[3 * 50], query[] = { 0.7f, 1.4f, 2.1f };
	int64_t label[50] = { 0 };
	const struct features train = { .n = 50, .dim = 3, .x = x,
		.label = label };
	struct pool *pool = pool_new(1);
	struct neighbour near[7];
	struct rng r = rng_at(8, 0, 0, 0, 99);
	size_t wrong = 0;
	struct knn *knn;

	for (size_t i = 0; i < 50; i++) {
		const float factor = (float)exp(rng_between(&r, -9, 9));

		for (size_t d = 0; d < 3; d++)
			x[i * 3 + d] = to[d] * factor;
	}
	knn = knn_new(&train, 7, pool);
	knn_search(knn, query, 1, near);
	for (size_t j = 0; j < 7; j++)
		wrong += near[j].row != j || near[j].similarity != 1;
	is_int((long long)wrong, 0, "rows of one direction are equally near");
	knn_free(knn);
	pool_free(pool);
}

int
main(void)
{
	against_oracle(1, 1, 1, 1, 1);
	against_oracle(7, 5, 3, 7, 2);
	against_oracle(257, 256, 13, 20, 3);
	against_oracle(4099, 9, 33, 100, 2);
	test_crowd();
	test_block(1500, 9);
	test_block(1500, 1499);
	test_scaling();
	test_zero_row();
	test_vote();
	test_rank();
	test_factors();
	return tap_done();
}
