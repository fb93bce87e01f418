/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/log.h"
#include "eval/eval.h"
#include "eval/features.h"
#include "eval/spread.h"

struct args {
	const char *test, *feature, *pair, *pair_feature;
};

#define AT(field) offsetof(struct args, field)

static const struct opt opts[] = {
	{ "test", 0, OPT_TEXT, AT(test), "STREAM", NULL, 0, 0,
	    "samples to measure, labelled or not", false },
	{ "feature", 'f', OPT_TEXT, AT(feature), "FIELD", "feature", 0, 0,
	    "measure this field", false },
	{ "pair", 0, OPT_TEXT, AT(pair), "STREAM", NULL, 0, 0,
	    "other views of the same samples, in the same order", false },
	{ "pair-feature", 0, OPT_TEXT, AT(pair_feature), "FIELD", NULL, 0,
	    0, "the field of those (as --feature)", false },
};

/* The first sample of which both know the key and the keys differ, or n. */
static size_t
first_apart(const struct features *x, const struct features *y)
{
	size_t i = 0;

	while (i < x->n && (x->key[i] == 0 || y->key[i] == 0 ||
	    x->key[i] == y->key[i]))
		i++;
	return i;
}

static int
align(const struct args *a, const struct features *x, struct buf *scores)
{
	struct features y = { 0 };
	size_t apart;
	int rc = features_load_any(&y, a->pair, a->pair_feature != NULL
	    ? a->pair_feature : a->feature);

	if (rc == 0 && (y.n != x->n || y.dim != x->dim))
		rc = fail(FAIL_FORMAT, "%s has %zu samples of %zu numbers, "
		    "%s %zu of %zu", a->test, x->n, x->dim, a->pair, y.n,
		    y.dim);
	if (rc == 0 && (apart = first_apart(x, &y)) < x->n)
		rc = fail(FAIL_FORMAT, "%s: sample %zu has another key than "
		    "in %s; --pair takes the same samples in the same order",
		    a->pair, apart, a->test);
	if (rc == 0)
		rc = buf_printf(scores, "alignment\t%.6f\n",
		    spread_alignment(x->x, y.x, x->n, x->dim));
	features_free(&y);
	return rc;
}

static int
measure(const struct args *a, const struct features *x, struct pool *pool,
    struct buf *scores)
{
	struct spread s = { 0 };

	if (x->n < 2)
		return fail(FAIL_FORMAT, "%s: one sample; spread takes two "
		    "at least", a->test);
	if (spread_measure(&s, x->x, x->n, x->dim, pool) < 0)
		return fail_last();
	if (s.one_way)
		log_line(LOG_WARNING, "%s: collapsed: deviation times "
		    "sqrt(%zu) is %.3g, below %g", a->test, x->dim,
		    s.deviation * sqrt((double)x->dim), SPREAD_DEVIATION);
	if (s.few_ways)
		log_line(LOG_WARNING, "%s: collapsed: effective rank %.3g, "
		    "below %g", a->test, s.rank, SPREAD_RANK);
	return buf_printf(scores, "uniformity\t%.6f\neffective_rank\t%.4f\n"
	    "deviation\t%.6f\ncollapsed\t%d\n", s.uniformity, s.rank,
	    s.deviation, s.one_way || s.few_ways);
}

static int
run(const void *args, uint64_t seed, struct pool *pool, struct buf *scores)
{
	const struct args *a = args;
	struct features x = { 0 };
	int rc;

	(void)seed;
	if (a->test == NULL)
		return fail(FAIL_USAGE, "--test: name a stream of features");
	if (a->pair == NULL && a->pair_feature != NULL)
		return fail(FAIL_USAGE, "--pair-feature goes with --pair");
	rc = features_load_any(&x, a->test, a->feature);
	if (rc == 0 && a->pair != NULL)
		rc = align(a, &x, scores);
	if (rc == 0)
		rc = measure(a, &x, pool, scores);
	features_free(&x);
	return rc;
}

const struct eval eval_stats = {
	.name = "stats",
	.summary = "how features are spread, and whether they collapsed",
	.notes = "Writes uniformity (-8..0), effective_rank (RankMe), "
	    "deviation (of normalised\nrows, 1/sqrt(D) at most), collapsed "
	    "(1 or 0), and with --pair first alignment\n(0..4). Collapsed: "
	    "deviation times sqrt(D) below 0.1, or effective rank below 2.",
	.opts = opts,
	.n_opts = sizeof(opts) / sizeof(opts[0]),
	.args_size = sizeof(struct args),
	.run = run,
};
