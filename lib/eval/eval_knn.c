/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/log.h"
#include "eval/eval.h"
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
	size_t n, top1, top5;
	size_t unknown;			/* of a class that training lacks */
};

static int
work_reserve(struct work *w, const struct features *train,
    const struct args *a, struct pool *pool)
{
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
	voter_free(w->voter);
	free(w->x);
	free(w->label);
}

static void
judge(struct work *w, size_t n)
{
	const struct verdict *v = voter_judge(w->voter, w->x, w->label, n);

	for (size_t i = 0; i < n; i++) {
		if (w->label[i] == LABELS_UNKNOWN) {
			w->unknown++;
			continue;
		}
		w->top1 += v[i].label == w->label[i];
		w->top5 += v[i].above < 5;
	}
	w->n += n;
}

static int
classify(struct work *w, const struct features *train,
    struct features_in *test, const struct args *a)
{
	size_t dim;
	int n;

	if (features_begin(test, &dim) < 0)
		return fail_last();
	if (dim != train->dim)
		return fail(FAIL_FORMAT, "%s has %zu numbers a sample, %s %zu",
		    a->train, train->dim, a->test, dim);
	while ((n = features_read(test, (int)w->block, w->x, w->label)) > 0)
		judge(w, (size_t)n);
	if (n == 0 && features_left_out(test) > 0)
		log_line(LOG_INFO, "%s: %zu samples without a label left out",
		    a->test, features_left_out(test));
	if (n == 0 && w->unknown > 0)
		log_line(LOG_WARNING, "%s: %zu samples of classes that %s "
		    "does not name count as wrong", a->test, w->unknown,
		    a->train);
	return n;
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
		test = features_open(a->test, a->feature, &train.labels);
		rc = test == NULL ? fail_last() : 0;
	}
	if (rc == 0)
		rc = work_reserve(&w, &train, a, pool);
	if (rc == 0)
		rc = classify(&w, &train, test, a);
	if (rc == 0)
		rc = buf_printf(scores, "top1\t%.4f\ntop5\t%.4f\n",
		    (double)w.top1 / (double)w.n,
		    (double)w.top5 / (double)w.n);
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
