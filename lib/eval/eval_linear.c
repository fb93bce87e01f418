/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/num.h"
#include "base/rng.h"
#include "eval/eval.h"
#include "eval/features.h"
#include "eval/grid.h"
#include "eval/linear_fit.h"
#include "eval/rank.h"
#include "eval/standard.h"
#include "eval/tally.h"

struct args {
	const char *train, *test, *feature, *optimizer, *scale, *l2;
	const char *lr, *schedule, *drops;
	double held_out, gap, momentum, drop;
	int64_t steps, epochs, batch;
	bool nesterov, per_class;
};

#define AT(field) offsetof(struct args, field)

static const struct opt opts[] = {
	{ "train", 0, OPT_TEXT, AT(train), "STREAM", NULL, 0, 0,
	    "labelled samples to fit", false },
	{ "test", 0, OPT_TEXT, AT(test), "STREAM", NULL, 0, 0,
	    "labelled samples to classify", false },
	{ "feature", 'f', OPT_TEXT, AT(feature), "FIELD", "feature", 0, 0,
	    "classify by this field", false },
	{ "optimizer", 0, OPT_CHOICE, AT(optimizer), "lbfgs|sgd", "lbfgs",
	    0, 0, "all samples in each step, or mini-batches", false },
	{ "scale", 0, OPT_CHOICE, AT(scale), "standard|none", "standard", 0,
	    0, "bring each feature to mean 0, deviation 1, or leave it",
	    false },
	{ "l2", 0, OPT_TEXT, AT(l2), "L,…|LOW:HIGH:N", NULL, 0, 0,
	    "add L/2 |w|^2 to the sum of losses (lbfgs 1, sgd 0)", false },
	{ "held-out", 0, OPT_FLOAT, AT(held_out), "SHARE", "0.2", 0.001,
	    0.9, "of training, to choose among several --l2 or --lr",
	    false },
	{ "per-class", 0, OPT_FLAG, AT(per_class), NULL, NULL, 0, 0,
	    "write the accuracy of each class too, and their mean", false },
	{ "tolerance", 0, OPT_FLOAT, AT(gap), "NATS", "1e-8", 0, 1,
	    "lbfgs: stop so near to the least loss of a sample", false },
	{ "steps", 0, OPT_INT, AT(steps), "N", "2000", 0, 1e9,
	    "lbfgs: at most so many", false },
	{ "lr", 0, OPT_TEXT, AT(lr), "R,…|LOW:HIGH:N", "0.1", 0, 0,
	    "sgd: rate of a step", false },
	{ "epochs", 0, OPT_INT, AT(epochs), "E", "100", 1, 1e6,
	    "sgd: passes over training", false },
	{ "batch", 'b', OPT_INT, AT(batch), "B", "256", 1, 1048576,
	    "sgd: samples in a step", false },
	{ "momentum", 0, OPT_FLOAT, AT(momentum), "M", "0.9", 0, 0.9999,
	    "sgd: share of the last step kept", false },
	{ "nesterov", 0, OPT_FLAG, AT(nesterov), NULL, NULL, 0, 0,
	    "sgd: look ahead along the last step", false },
	{ "schedule", 0, OPT_CHOICE, AT(schedule), "cosine|step|constant",
	    "cosine", 0, 0, "sgd: how the rate falls", false },
	{ "drop-at", 0, OPT_TEXT, AT(drops), "E,…", "60,80", 0, 0,
	    "sgd, step: drop the rate after so many epochs", false },
	{ "drop", 0, OPT_FLOAT, AT(drop), "X", "0.1", 0, 1,
	    "sgd, step: what it is multiplied by", false },
};

/* The fit and what it is judged by. */
struct work {
	struct features train;
	struct features_in *test;
	struct tally tally;
	int32_t *label;		/* [n] places among its classes */
	size_t classes;
	struct standard standard;
	double *p;		/* [classes (dim + 1)] */
	size_t *seen, *right;	/* [classes] of the test */
};

/* Classes without a sample in training take no part in the fit. */
static int
number_classes(struct work *w, const struct args *a)
{
	const size_t n = w->train.n;
	const struct numbering *known = &w->tally.classes;

	w->label = malloc(n * sizeof(*w->label));
	if (w->label == NULL)
		return fail_memory(n * sizeof(*w->label));
	if (tally_begin(&w->tally, &w->train, a->train, a->test) < 0)
		return fail_last();
	w->classes = known->n;
	if (w->classes < 2)
		return fail(FAIL_FORMAT, "%s: all samples are of one class; "
		    "a classifier needs two or more", a->train);
	for (size_t i = 0; i < n; i++)
		w->label[i] = numbering_place(known, w->train.label[i]);
	return 0;
}

static int
measure(void *arg, const float *x, size_t n, size_t dim)
{
	struct standard *t = arg;

	if (t->mean == NULL && standard_begin(t, dim) < 0)
		return fail_last();
	standard_take(t, x, n);
	return 0;
}

static int
prepare(struct work *w, const struct args *a, struct pool *pool)
{
	const bool standard = strcmp(a->scale, "standard") == 0;
	/* Offsets are free, so that means change nothing but L-BFGS's path. */
	const bool as_is = !standard && strcmp(a->optimizer, "sgd") == 0;
	size_t n, size;

	if (features_load(&w->train, a->train, a->feature, as_is ? NULL :
	    measure, &w->standard) < 0 || number_classes(w, a) < 0)
		return fail_last();
	if (num_mul(w->classes, w->train.dim + 1, &n) < 0
	    || num_mul(n, sizeof(double), &size) < 0)
		return fail_last();
	w->p = malloc(size);
	w->seen = calloc(w->classes, sizeof(*w->seen));
	w->right = calloc(w->classes, sizeof(*w->right));
	if (w->p == NULL || w->seen == NULL || w->right == NULL)
		return fail_memory(size);
	/* It is read while we go on. */
	w->test = features_open(a->test, a->feature, &w->train);
	if (w->test == NULL)
		return fail_last();
	if (as_is)
		return 0;
	standard_end(&w->standard, standard);
	standard_apply(&w->standard, w->train.x, w->train.n, pool);
	return 0;
}

static void
swap_rows(struct work *w, size_t i, size_t j)
{
	const size_t dim = w->train.dim;
	float *a = w->train.x + i * dim, *b = w->train.x + j * dim;
	const int32_t label = w->label[i];
	const uint64_t key = w->train.key[i];

	w->label[i] = w->label[j];
	w->label[j] = label;
	w->train.key[i] = w->train.key[j];
	w->train.key[j] = key;
	for (size_t d = 0; d < dim; d++) {
		const float x = a[d];

		a[d] = b[d];
		b[d] = x;
	}
}

/* Rows fit_rows … n - 1 become those held out, by chance. */
static size_t
hold_out(struct work *w, double share, uint64_t seed)
{
	struct rng r = rng_at(seed, 0, 0, 0, RNG_SUBSET);
	size_t out = (size_t)(share * (double)w->train.n);

	out = out < 1 ? 1 : out;
	for (size_t i = 0; i < out; i++) {
		const size_t last = w->train.n - 1 - i;

		swap_rows(w, last, (size_t)rng_below(&r, last + 1));
	}
	return w->train.n - out;
}

/* Share of the rows from..n-1 that the fit classifies rightly. */
static int
accuracy(const struct work *w, size_t from, struct pool *pool, double *share)
{
	const struct logistic_rows rows = { w->train.x + from * w->train.dim,
		w->label + from, w->train.n - from, w->train.dim,
		w->classes };
	size_t right = 0;
	const int rc = linear_right(w->p, &rows, pool, &right);

	*share = (double)right / (double)rows.n;
	return rc;
}

static int
fit(struct work *w, size_t n, const struct linear_plan *plan,
    struct pool *pool)
{
	const struct logistic_rows rows = { w->train.x, w->label, n,
		w->train.dim, w->classes };
	struct linear_end end;
	const int rc = linear_fit(w->p, &rows, plan, pool, &end);

	if (rc < 0)
		return fail_note("%s", w->tally.train_path);
	log_line(LOG_DETAIL, "l2 %g: loss %.9f after %" PRId64 " steps",
	    plan->l2, end.value, end.steps);
	if (!end.settled)
		log_line(LOG_WARNING, "stopped after %" PRId64 " steps, about "
		    "%.1g above the least loss; --steps allows more",
		    end.steps, end.gap);
	return 0;
}

/* What to try: all combinations. */
struct choices {
	double l2[GRID_MOST], lr[GRID_MOST];
	int n_l2, n_lr;
};

/*
 * Tries each on the rows that are not held out; the best goes into the plan,
 * of equals the stronger l2 and the smaller rate.  Each fit of L-BFGS begins
 * where the one before ended.
 */
static int
choose(struct work *w, struct linear_plan *plan, const struct choices *c,
    size_t n, struct pool *pool, double *best)
{
	struct linear_plan trial = *plan;

	*best = -1;
	for (int i = c->n_l2 - 1; i >= 0; i--)
		for (int j = 0; j < c->n_lr; j++) {
			double share = 0;

			trial.l2 = c->l2[i];
			trial.lr = c->lr[j];
			if (fit(w, n, &trial, pool) < 0
			    || accuracy(w, n, pool, &share) < 0)
				return fail_last();
			log_line(LOG_DETAIL, "l2 %g, lr %g: held out %.4f",
			    trial.l2, trial.lr, share);
			if (share > *best) {
				*best = share;
				*plan = trial;
			}
		}
	return 0;
}

static int
compare_numbers(const void *a, const void *b)
{
	const double p = *(const double *)a, q = *(const double *)b;

	return (p > q) - (p < q);
}

static int
plan_from(struct linear_plan *plan, struct choices *c, const struct args *a,
    uint64_t seed)
{
	static const char *const schedules[] = { "constant", "cosine",
		"step" };
	double drops[GRID_MOST];
	int n;

	*plan = (struct linear_plan){ .gap = a->gap, .steps = a->steps,
		.sgd = strcmp(a->optimizer, "sgd") == 0,
		.nesterov = a->nesterov, .momentum = a->momentum,
		.epochs = a->epochs, .batch = a->batch, .drop = a->drop,
		.seed = seed };
	while (strcmp(a->schedule, schedules[plan->schedule]) != 0)
		plan->schedule++;
	c->n_l2 = grid_parse(a->l2 != NULL ? a->l2 : plan->sgd ? "0" : "1",
	    0, 1e12, c->l2);
	if (c->n_l2 < 0)
		return fail_note("--l2");
	c->n_lr = grid_parse(a->lr, 1e-9, 1e6, c->lr);
	if (c->n_lr < 0)
		return fail_note("--lr");
	if ((n = grid_parse(a->drops, 0, 1e6, drops)) < 0)
		return fail_note("--drop-at");
	if (n > LINEAR_DROPS)
		return fail(FAIL_USAGE, "--drop-at: more than %d drops",
		    LINEAR_DROPS);
	c->n_lr = plan->sgd ? c->n_lr : 1;
	qsort(c->l2, (size_t)c->n_l2, sizeof(double), compare_numbers);
	qsort(c->lr, (size_t)c->n_lr, sizeof(double), compare_numbers);
	memcpy(plan->drops, drops, (size_t)n * sizeof(double));
	plan->n_drops = n;
	plan->l2 = c->l2[0];
	plan->lr = c->lr[0];
	return 0;
}

static int
judge(struct work *w, const float *x, const float *scores,
    const int64_t *label, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const float *mine = scores + i * w->classes;
		const int32_t truth = numbering_place(&w->tally.classes,
		    label[i]);
		size_t rank = RANK_NONE;

		if (!rank_finite(mine, w->classes)) {
			fail(FAIL_FORMAT, "its score for a class is not "
			    "finite; the feature is too large for this fit");
			return features_note(w->test, i);
		}
		if (truth >= 0) {
			rank = rank_of(mine, w->classes, (size_t)truth);
			w->seen[truth]++;
			w->right[truth] += rank == 0;
		}
		if (tally_add(&w->tally, label[i], rank) < 0 ||
		    tally_compare(&w->tally, x + i * w->train.dim,
		    features_key(w->test, i)) < 0)
			return fail_last();
	}
	return 0;
}

static int
classify(struct work *w, struct logistic *t, struct pool *pool)
{
	const size_t dim = w->train.dim;
	float *x = malloc(LOGISTIC_BLOCK * dim * sizeof(*x));
	float *scores = malloc(LOGISTIC_BLOCK * w->classes * sizeof(*scores));
	int64_t label[LOGISTIC_BLOCK];
	int n = x == NULL || scores == NULL ?
	    fail_memory(LOGISTIC_BLOCK * dim * sizeof(*x)) : 1;

	while (n > 0 && (n = features_read(w->test, LOGISTIC_BLOCK, x,
	    label)) > 0) {
		if (w->standard.mean != NULL)
			standard_apply(&w->standard, x, (size_t)n, pool);
		logistic_scores(t, w->p, x, (size_t)n, scores);
		if (judge(w, x, scores, label, (size_t)n) < 0)
			n = fail_last();
	}
	free(x);
	free(scores);
	return n < 0 ? n : tally_end(&w->tally, features_skipped(w->test));
}

static int
test(struct work *w, struct pool *pool)
{
	const struct logistic_rows rows = { w->train.x, w->label, w->train.n,
		w->train.dim, w->classes };
	struct logistic *t = logistic_new(&rows, pool);
	const int rc = t == NULL ? fail_last() : classify(w, t, pool);

	logistic_free(t);
	return rc;
}

static int
write_class(const struct work *w, int64_t label, double share,
    struct buf *scores)
{
	char name[1024];

	labels_name(&w->train.labels, label, name, sizeof(name));
	return buf_printf(scores, "class %s\t%.4f\n", name, share);
}

/* Classes of the test: those of training, and those that only the test has,
 * of which none is right. */
static int
write_each(const struct work *w, const struct numbering *others,
    struct buf *scores)
{
	double sum = 0;
	size_t n = others->n;

	for (size_t c = 0; c < w->classes; c++)
		if (w->seen[c] > 0) {
			sum += (double)w->right[c] / (double)w->seen[c];
			n++;
		}
	if (buf_printf(scores, "mean_class\t%.4f\n", sum / (double)n) < 0)
		return fail_last();
	for (size_t c = 0; c < w->classes; c++)
		if (w->seen[c] > 0 && write_class(w,
		    w->tally.classes.known[c], (double)w->right[c] /
		    (double)w->seen[c], scores) < 0)
			return fail_last();
	for (size_t c = 0; c < others->n; c++)
		if (write_class(w, others->known[c], 0, scores) < 0)
			return fail_last();
	return 0;
}

static int
write_classes(const struct work *w, struct buf *scores)
{
	struct numbering others = { 0 };
	int rc = w->tally.n_unknown == 0 ? 0 : numbering_init(&others,
	    w->tally.unknown, w->tally.n_unknown);

	if (rc == 0)
		rc = write_each(w, &others, scores);
	numbering_free(&others);
	return rc;
}

static int
write_scores(const struct work *w, const struct args *a,
    const struct linear_plan *plan, double held_out, struct buf *scores)
{
	if (tally_write(&w->tally, scores) < 0)
		return fail_last();
	if (held_out >= 0 && (buf_printf(scores, "l2\t%.6g\n", plan->l2) < 0
	    || (plan->sgd && buf_printf(scores, "lr\t%.6g\n", plan->lr) < 0)
	    || buf_printf(scores, "held_out\t%.4f\n", held_out) < 0))
		return fail_last();
	return a->per_class ? write_classes(w, scores) : 0;
}

static void
work_free(struct work *w)
{
	features_close(w->test);
	features_free(&w->train);
	standard_free(&w->standard);
	tally_free(&w->tally);
	free(w->label);
	free(w->p);
	free(w->seen);
	free(w->right);
}

static int
fit_and_choose(struct work *w, const struct args *a, struct linear_plan *plan,
    const struct choices *c, struct pool *pool, double *held_out)
{
	const size_t n = w->classes * (w->train.dim + 1);

	memset(w->p, 0, n * sizeof(*w->p));
	if (c->n_l2 * c->n_lr > 1) {
		if (w->train.n < 2)
			return fail(FAIL_USAGE, "%s: one sample, none to "
			    "hold out", a->train);
		if (choose(w, plan, c, hold_out(w, a->held_out, plan->seed),
		    pool, held_out) < 0)
			return fail_last();
		memset(w->p, 0, n * sizeof(*w->p));
	}
	return fit(w, w->train.n, plan, pool);
}

/* Refuses the first of `names` [n] that was given. */
static int
refuse(const struct opt_said *said, const char *const *names, size_t n,
    const char *why)
{
	for (size_t i = 0; i < n; i++)
		if (opt_given(opts, sizeof(opts) / sizeof(opts[0]), said,
		    names[i]))
			return fail(FAIL_USAGE, "--%s goes with %s", names[i],
			    why);
	return 0;
}

static int
check(const void *args, const struct opt_said *said)
{
	static const char *const sgd[] = { "lr", "epochs", "batch",
		"momentum", "nesterov", "schedule", "drop-at", "drop" };
	static const char *const lbfgs[] = { "tolerance", "steps" };
	static const char *const drops[] = { "drop-at", "drop" };
	static const char *const held_out[] = { "held-out" };
	const struct args *a = args;
	struct linear_plan plan;
	struct choices c;

	if (plan_from(&plan, &c, a, 0) < 0 || (plan.sgd ?
	    refuse(said, lbfgs, 2, "--optimizer lbfgs") :
	    refuse(said, sgd, 8, "--optimizer sgd")) < 0)
		return fail_last();
	if (plan.schedule != LINEAR_STEP &&
	    refuse(said, drops, 2, "--schedule step") < 0)
		return fail_last();
	return c.n_l2 * c.n_lr > 1 ? 0 : refuse(said, held_out, 1,
	    "several values of --l2 or --lr");
}

static int
run(const void *args, uint64_t seed, struct pool *pool, struct buf *scores)
{
	const struct args *a = args;
	struct work w = { 0 };
	struct linear_plan plan;
	struct choices c;
	double held_out = -1;
	int rc;

	if (a->train == NULL || a->test == NULL)
		return fail(FAIL_USAGE, "--%s: name a stream of features",
		    a->train == NULL ? "train" : "test");
	rc = plan_from(&plan, &c, a, seed);
	if (rc == 0)
		rc = prepare(&w, a, pool);
	if (rc == 0)
		/* Before the fit, so that a wrong name is not found out
		 * after it. */
		rc = features_begin(w.test, &w.train, a->train);
	if (rc == 0)
		rc = fit_and_choose(&w, a, &plan, &c, pool, &held_out);
	if (rc == 0)
		rc = test(&w, pool);
	if (rc == 0)
		rc = write_scores(&w, a, &plan, held_out, scores);
	work_free(&w);
	return rc;
}

const struct eval eval_linear = {
	.name = "linear",
	.summary = "accuracy of a linear classifier fitted to features",
	.notes = "Multinomial logistic regression: -log softmax summed over "
	    "samples, plus\nL/2 |w|^2. Writes top1 and top5, shares of the "
	    "test samples; with several\n--l2 or --lr also those chosen, and "
	    "held_out, the share they were chosen for.\nOf equal scores the "
	    "smaller class comes first. Samples without a label (-1) are\n"
	    "skipped and counted.",
	.opts = opts,
	.n_opts = sizeof(opts) / sizeof(opts[0]),
	.args_size = sizeof(struct args),
	.check = check,
	.run = run,
};
