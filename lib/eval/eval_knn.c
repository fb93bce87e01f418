/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/log.h"
#include "eval/eval.h"
#include "eval/tally.h"
#include "eval/voter.h"

#define DEFAULT_K 200

struct args {
	const char *train, *test, *feature, *distance;
	int64_t k;		/* 0: as many as there are, to DEFAULT_K */
	double temperature;
};

static const struct opt opts[] = {
	{ "train", 0, OPT_TEXT, offsetof(struct args, train), "STREAM", NULL,
	    0, 0, "labelled samples to vote", false },
	{ "test", 0, OPT_TEXT, offsetof(struct args, test), "STREAM", NULL,
	    0, 0, "labelled samples to classify", false },
	{ "k", 'k', OPT_INT, offsetof(struct args, k), "K", NULL, 1, 65536,
	    "neighbours that vote (200, or all where there are fewer)",
	    false },
	{ "temperature", 't', OPT_FLOAT, offsetof(struct args, temperature),
	    "T", "0.1", 1e-3, 1e6, "a vote weighs exp(similarity / T)",
	    false },
	{ "feature", 'f', OPT_TEXT, offsetof(struct args, feature), "FIELD",
	    "feature", 0, 0, "compare this field; image: raw pixels", false },
	{ "distance", 0, OPT_CHOICE, offsetof(struct args, distance),
	    "cosine", "cosine", 0, 0, "how rows are compared", false },
};

/* Arrays for one block of queries, and what came of all so far. */
struct work {
	struct voter *voter;
	size_t block;
	float *x;			/* [block,dim] */
	int64_t *label;			/* [block] */
	struct tally tally;
	size_t zeros;			/* queries of zeros only */
};

static int
work_reserve(struct work *w, const struct features *train,
    const struct args *a, struct pool *pool)
{
	if (tally_begin(&w->tally, train, a->train, a->test) < 0)
		return fail_last();
	w->voter = voter_new(train, (size_t)a->k, a->temperature, pool);
	if (w->voter == NULL)
		return fail_last();
	w->block = voter_block(w->voter);
	w->x = malloc(w->block * train->dim * sizeof(*w->x));
	w->label = malloc(w->block * sizeof(*w->label));
	if (w->x == NULL || w->label == NULL)
		return fail_memory(w->block * train->dim * sizeof(*w->x));
	return 0;
}

static void
work_free(struct work *w)
{
	tally_free(&w->tally);
	voter_free(w->voter);
	free(w->x);
	free(w->label);
}

/* How many of the rows x [n,dim] are zeros. */
static size_t
count_zeros(const float *x, size_t n, size_t dim)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++, x += dim) {
		size_t d = 0;

		while (d < dim && x[d] == 0)
			d++;
		count += d == dim;
	}
	return count;
}

static void
say_zeros(const char *path, size_t zeros, size_t n)
{
	if (zeros > 0)
		log_line(LOG_WARNING, "%s: %zu of %zu samples are all zeros: "
		    "their similarity to every sample is 0", path, zeros, n);
}

static int
judge(struct work *w, const struct features_in *test, size_t n)
{
	const struct verdict *v = voter_judge(w->voter, w->x, w->label, n);
	const size_t dim = w->tally.train->dim;

	for (size_t i = 0; i < n; i++)
		if (tally_add(&w->tally, w->label[i], v[i].rank) < 0 ||
		    tally_compare(&w->tally, w->x + i * dim,
		    features_key(test, i)) < 0)
			return fail_last();
	w->zeros += count_zeros(w->x, n, dim);
	return 0;
}

static int
classify(struct work *w, const struct features *train,
    struct features_in *test, const struct args *a)
{
	int n;

	if (features_begin(test, train, a->train) < 0)
		return fail_last();
	while ((n = features_read(test, (int)w->block, w->x, w->label)) > 0)
		if (judge(w, test, (size_t)n) < 0)
			return fail_last();
	if (n < 0)
		return n;
	say_zeros(a->train, count_zeros(train->x, train->n, train->dim),
	    train->n);
	say_zeros(a->test, w->zeros, w->tally.n);
	return tally_end(&w->tally, features_skipped(test));
}

static int64_t
default_k(const struct features *train, const char *path)
{
	if (train->n >= DEFAULT_K)
		return DEFAULT_K;
	log_line(LOG_INFO, "%s: k is %zu, all there are, not %d", path,
	    train->n, DEFAULT_K);
	return (int64_t)train->n;
}

static int
run(const void *args, uint64_t seed, struct pool *pool, struct buf *scores)
{
	struct args with_k = *(const struct args *)args;
	const struct args *a = &with_k;
	struct features train = { 0 };
	struct features_in *test = NULL;
	struct work w = { 0 };
	int rc;

	(void)seed;
	if (a->train == NULL || a->test == NULL)
		return fail(FAIL_USAGE, "--%s: name a stream of features",
		    a->train == NULL ? "train" : "test");
	rc = features_load(&train, a->train, a->feature, NULL, NULL);
	if (rc == 0 && a->k == 0)
		with_k.k = default_k(&train, a->train);
	if (rc == 0) {
		test = features_open(a->test, a->feature, &train);
		rc = test == NULL ? fail_last() : 0;
	}
	if (rc == 0)
		rc = work_reserve(&w, &train, a, pool);
	if (rc == 0)
		rc = classify(&w, &train, test, a);
	if (rc == 0)
		rc = tally_write(&w.tally, scores);
	features_close(test);
	work_free(&w);
	features_free(&train);
	return rc;
}

const struct eval eval_knn = {
	.name = "knn",
	.summary = "accuracy of a weighted vote of the nearest neighbours",
	.notes = "Neighbours are found by cosine and vote with the weight "
	    "exp(similarity / T)\n(Wu et al. 2018). Writes top1 and top5, "
	    "shares of the test samples; samples\nwithout a label (-1) are "
	    "left out on both sides.",
	.opts = opts,
	.n_opts = sizeof(opts) / sizeof(opts[0]),
	.args_size = sizeof(struct args),
	.run = run,
};
