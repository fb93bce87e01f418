/* SPDX-License-Identifier: MIT */
/* Logistic regression: its function against the obvious form in double and
 * that against differences, and that fits end where the gradient is nought. */
#include "eval/linear_fit.h"

#include <stdlib.h>

#include "base/rng.h"
#include "eval/grid.h"
#include "eval/lbfgs.h"
#include "eval/numbering.h"
#include "eval/standard.h"
#include "eval/whiten.h"
#include "tap.h"

#define CLASSES_MOST 100

/* Rows around class centres, centred on 0. */
static struct logistic_rows
make_rows(size_t n, size_t dim, size_t classes)
{
	struct rng r = rng_at(4, 0, n, 0, 99);
	struct standard s = { 0 };
	struct pool *pool = pool_new(1);
	float *x = malloc(n * dim * sizeof(*x));
	int32_t *label = malloc(n * sizeof(*label));

	for (size_t i = 0; i < n; i++) {
		label[i] = (int32_t)(i < classes ? i : rng_below(&r, classes));
		for (size_t d = 0; d < dim; d++)
			x[i * dim + d] = (float)(rng_normal(&r)
			    + ((size_t)label[i] == d % classes));
	}
	if (standard_begin(&s, dim) < 0)
		abort();
	standard_take(&s, x, n);
	standard_end(&s, true);
	standard_apply(&s, x, n, pool);
	standard_free(&s);
	pool_free(pool);
	return (struct logistic_rows){ x, label, n, dim, classes };
}

static void
free_rows(const struct logistic_rows *r)
{
	union {
		const void *given;
		void *own;
	} x = { r->x }, label = { r->label };

	free(x.own);
	free(label.own);
}

/* The function as logistic.h writes it. */
static double
oracle(const struct logistic_rows *r, const double *p, double l2)
{
	const size_t d = r->dim, k = r->classes;
	double sum = 0, squares = 0;

	for (size_t i = 0; i < r->n; i++) {
		double score[CLASSES_MOST], all = 0;

		for (size_t c = 0; c < k; c++) {
			score[c] = p[k * d + c];
			for (size_t j = 0; j < d; j++)
				score[c] += p[c * d + j] * r->x[i * d + j];
		}
		for (size_t c = 0; c < k; c++)
			all += exp(score[c] - score[r->label[i]]);
		sum += log(all);
	}
	for (size_t i = 0; i < k * d; i++)
		squares += p[i] * p[i];
	return (sum + l2 / 2 * squares) / (double)r->n;
}

/* The largest |gradient| of the oracle at p, by central differences. */
static double
slope(const struct logistic_rows *r, double *p, double l2, size_t i)
{
	const double at = p[i], h = 1e-5;
	double up, down;

	p[i] = at + h;
	up = oracle(r, p, l2);
	p[i] = at - h;
	down = oracle(r, p, l2);
	p[i] = at;
	return (up - down) / (2 * h);
}

/* Scores far apart, shares of most next to nothing, in n rows of which each
 * is shifted, so that all have the same shares. */
static void
test_columns(size_t n)
{
	enum { K = 21, MOST = 40 };
	float scores[K * MOST], b[K] = { 0.5f };
	int32_t label[MOST] = { 0 };
	double db[K] = { 0 }, want[K], all = 0, loss = 0, worst = 0, own = 0;

	for (size_t c = 0; c < K; c++) {
		want[c] = exp(-4.25 * (double)c + b[c]);
		all += want[c];
		for (size_t i = 0; i < n; i++)
			scores[c * n + i] = -4.25f * (float)c + 8 * (float)i;
	}
	for (size_t i = 0; i < n; i++) {
		label[i] = (int32_t)(i % K);
		loss += log(all / want[label[i]]);
	}
	is_near(logistic_columns(scores, b, label, n, K, db) / loss, 1, 1e-6,
	    "%zu rows: the sum of their losses", n);
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < K; c++) {
			const float x = scores[c * n + i];

			if (c == (size_t)label[i])
				own = worse(own, fabs(x + 1 - want[c] / all));
			else
				worst = fmax(worst,
				    fabs(x / (want[c] / all) - 1));
		}
	is_near(worst, 0, 1e-6, "… their shares, small ones too");
	is_near(own, 0, 1e-6, "… less 1 for their own");
	for (size_t c = 0; c < K; c++)
		for (size_t i = 0; i < n; i++)
			db[c] -= scores[c * n + i];
	for (size_t c = 0; c < K; c++)
		own = worse(own, fabs(db[c]));
	is_near(own, 0, 1e-6, "… summed");
	scores[3 * n + n - 1] = NAN;
	ok(isnan(logistic_columns(scores, b, label, n, K, db)),
	    "NaN stays NaN");
}

static void
test_value(size_t n, size_t dim, size_t classes)
{
	const struct logistic_rows r = make_rows(n, dim, classes);
	const size_t all = classes * (dim + 1);
	struct pool *pool = pool_new(2);
	struct logistic *t = logistic_new(&r, pool);
	double *p = malloc(all * sizeof(*p)), *g = malloc(all * sizeof(*g));
	struct rng rng = rng_at(5, 0, 0, 0, 99);
	double value, most = 0, worst = 0;

	for (size_t i = 0; i < all; i++)
		p[i] = 0.5 * rng_normal(&rng);
	value = logistic_value(t, p, 3, g);
	is_near(value, oracle(&r, p, 3), 1e-6 * value,
	    "%zux%zu, %zu classes: the value", n, dim, classes);
	for (size_t i = 0; i < all; i += 1 + all / 97) {
		const double want = slope(&r, p, 3, i);

		most = worse(most, fabs(want));
		worst = worse(worst, fabs(want - g[i]));
	}
	is_near(worst / most, 0, 2e-6, "… the gradient, by differences");
	logistic_free(t);
	pool_free(pool);
	free(p);
	free(g);
	free_rows(&r);
}

/* A fit ends where the oracle's gradient is 0, is the same on any number of
 * threads, and takes no more than `more` steps from there. */
static void
test_optimum(size_t n, size_t dim, size_t classes, double l2, double gap,
    int64_t more)
{
	const struct logistic_rows r = make_rows(n, dim, classes);
	const struct linear_plan plan = { .l2 = l2, .gap = gap,
		.steps = 1000 };
	const size_t all = classes * (dim + 1);
	double *p = calloc(all, sizeof(*p)), *q = calloc(all, sizeof(*q));
	struct pool *one = pool_new(1), *three = pool_new(3);
	struct linear_end end, again;
	double worst = 0;

	ok(linear_fit(p, &r, &plan, one, &end) == 0 && end.settled,
	    "%zux%zu, %zu classes, l2 %g: a fit settles", n, dim, classes,
	    l2);
	is_near(end.value, oracle(&r, p, l2), 1e-7, "… its value is true");
	for (size_t i = 0; i < all; i += 1 + all / 97)
		worst = worse(worst, fabs(slope(&r, p, l2, i)));
	is_near(worst, 0, 2e-5, "… the gradient there is nought");
	ok(linear_fit(q, &r, &plan, three, &again) == 0
	    && memcmp(p, q, all * sizeof(*p)) == 0,
	    "… and threads change nothing");
	is_int(linear_fit(p, &r, &plan, one, &again), 0, "… once more");
	ok(again.steps <= more && fabs(again.value - end.value) <= gap,
	    "… from there: there at once");
	pool_free(one);
	pool_free(three);
	free(p);
	free(q);
	free_rows(&r);
}

/* A gap below what float products tell: the fit stops all the same, and soon. */
static void
test_rounding(void)
{
	const struct logistic_rows r = make_rows(30, 50, 3);
	const struct linear_plan plan = { .l2 = 10, .steps = 1000 };
	double p[3 * 51] = { 0 };
	struct pool *pool = pool_new(1);
	struct linear_end end;

	is_int(linear_fit(p, &r, &plan, pool, &end), 0, "no gap at all");
	ok(end.settled && end.steps < 100, "… settles in %d steps",
	    (int)end.steps);
	is_near(end.value, oracle(&r, p, 10), 1e-7, "… its value is true");
	pool_free(pool);
	free_rows(&r);
}

/* Classes far apart: the least loss is small, and is found as exactly. */
static void
test_small_loss(void)
{
	struct logistic_rows r = make_rows(600, 40, 5);
	union {
		const float *given;
		float *own;
	} x = { r.x };
	struct linear_plan plan = { .l2 = 0.02, .gap = 1e-8, .steps = 1000 };
	double p[5 * 41] = { 0 }, q[5 * 41] = { 0 };
	struct pool *pool = pool_new(1);
	struct linear_end end, least;

	for (size_t i = 0; i < r.n; i++)
		x.own[i * r.dim + (size_t)r.label[i]] += 6;
	is_int(linear_fit(p, &r, &plan, pool, &end), 0, "classes far apart");
	plan.gap = 1e-12;
	is_int(linear_fit(q, &r, &plan, pool, &least), 0, "… and longer");
	ok(least.value < 0.01, "… the loss is small: %g", least.value);
	is_near(end.value / least.value, 1, 1e-6, "… and as near to its least");
	pool_free(pool);
	free_rows(&r);
}

static void
test_sgd(void)
{
	const struct logistic_rows r = make_rows(500, 12, 5);
	struct linear_plan plan = { .l2 = 5, .gap = 1e-9, .steps = 1000 };
	double best[5 * 13] = { 0 }, p[5 * 13] = { 0 }, q[5 * 13] = { 0 };
	struct pool *one = pool_new(1), *two = pool_new(2);
	struct linear_end least, end;

	is_int(linear_fit(best, &r, &plan, one, &least), 0, "the optimum");
	plan.sgd = true;
	plan.lr = 0.1;
	plan.momentum = 0.9;
	plan.epochs = 60;
	plan.batch = 64;
	plan.schedule = LINEAR_COSINE;
	is_int(linear_fit(p, &r, &plan, one, &end), 0, "mini-batches");
	is_int(end.steps, 60 * 8, "… the rest of an epoch is a batch");
	ok(end.value >= least.value - 1e-7 && end.value < least.value + 1e-4,
	    "… come to the same function's least");
	is_int(linear_fit(q, &r, &plan, two, &end), 0, "on two threads");
	ok(memcmp(p, q, sizeof(p)) == 0, "… the same numbers");
	plan.nesterov = true;
	plan.batch = 1000;
	is_int(linear_fit(q, &r, &plan, two, &end), 0, "Nesterov, all rows");
	ok(memcmp(p, q, sizeof(p)) != 0, "… another path");
	plan.lr = 1e6;
	plan.momentum = 0.999;
	plan.l2 = 1e9;
	is_int(linear_fit(q, &r, &plan, two, &end), FAIL_DIVERGED,
	    "a rate that must diverge is told");
	ok(strstr(fail_text(), "--lr") != NULL, "… with what to do");
	pool_free(one);
	pool_free(two);
	free_rows(&r);
}

static void
test_rate(void)
{
	struct linear_plan plan = { .lr = 30, .schedule = LINEAR_STEP,
		.drop = 0.1, .n_drops = 2, .drops = { 60, 80 } };

	is_near(linear_rate(&plan, 59, 0, 1), 30, 0, "MoCo: 30 until 60");
	is_near(linear_rate(&plan, 60, 0, 1), 3, 1e-12, "… then 3");
	is_near(linear_rate(&plan, 99, 0, 1), 0.3, 1e-12, "… at last 0.3");
	plan.schedule = LINEAR_COSINE;
	is_near(linear_rate(&plan, 0, 0, 100), 30, 0, "a cosine begins");
	is_near(linear_rate(&plan, 0, 50, 100), 15, 1e-12, "… half way");
	plan.schedule = LINEAR_CONSTANT;
	is_near(linear_rate(&plan, 99, 99, 100), 30, 0, "constant");
}

/* Rosenbrock's valley, curved and far from round. */
static double
valley(void *arg, const double *x, double *g)
{
	const double a = 1 - x[0], b = x[1] - x[0] * x[0];

	(void)arg;
	g[0] = -2 * a - 400 * x[0] * b;
	g[1] = 200 * b;
	return a * a + 100 * b * b;
}

static double
nowhere(void *arg, const double *x, double *g)
{
	(void)arg;
	g[0] = x[0];
	return NAN;
}

static void
test_lbfgs(void)
{
	struct lbfgs_problem p = { 2, valley, NULL, 1e-16, 1000 };
	double x[2] = { -1.2, 1 };
	struct lbfgs_end end;

	ok(lbfgs_run(x, &p, &end) == 0 && end.settled, "a valley's end");
	is_near(hypot(x[0] - 1, x[1] - 1), 0, 1e-6, "… is found");
	x[0] = -1.2;
	x[1] = 1;
	p.most = 3;
	ok(lbfgs_run(x, &p, &end) == 0 && !end.settled && end.steps == 3,
	    "three steps and no more");
	p.value = nowhere;
	p.n = 1;
	is_int(lbfgs_run(x, &p, &end), FAIL_DIVERGED, "NaN is told");
}

/* to [K,D] = H p with H = x^T x / (n K) + l2 / n, as whiten.h has it. */
static void
curvature(const struct logistic_rows *r, double l2, const double *p,
    double *to)
{
	const size_t d = r->dim;

	for (size_t i = 0; i < r->classes * d; i++)
		to[i] = l2 / (double)r->n * p[i];
	for (size_t k = 0; k < r->classes; k++)
		for (size_t i = 0; i < r->n; i++) {
			const float *x = r->x + i * d;
			double s = 0;

			for (size_t j = 0; j < d; j++)
				s += x[j] * p[k * d + j];
			s /= (double)r->n * (double)r->classes;
			for (size_t j = 0; j < d; j++)
				to[k * d + j] += s * x[j];
		}
}

static double
farthest(const double *a, const double *b, size_t n)
{
	double worst = 0;

	for (size_t i = 0; i < n; i++) {
		const double e = fabs(a[i] - b[i]);

		worst = e > worst || isnan(e) ? e : worst;
	}
	return worst;
}

static void
test_whiten(size_t dim)
{
	const struct logistic_rows r = make_rows(300, dim, 11);
	const size_t n = 11 * dim;
	struct pool *pool = pool_new(2);
	struct whiten *w = whiten_new(&r, 2, pool);
	double *v = malloc(4 * n * sizeof(*v)), *p = v + n, *back = p + n;
	double *down = back + n, there = 0, here = 0;
	struct rng rng = rng_at(6, 0, 0, 0, 99);

	for (size_t i = 0; i < n; i++)
		v[i] = rng_normal(&rng);
	whiten_weights(w, p, v);
	whiten_place(w, back, p);
	is_near(farthest(back, v, n), 0, 1e-10,
	    "%zu whitened weights, there and back", dim);
	/* v . L^-1 g = (L^-T v) . g */
	whiten_gradient(w, down, back);
	for (size_t i = 0; i < n; i++) {
		there += v[i] * down[i];
		here += p[i] * back[i];
	}
	is_near(there / here, 1, 1e-10, "the gradient is the transpose");
	/* L^-1 H L^-T is the identity, but for floats and the small ridge. */
	curvature(&r, 2, p, back);
	whiten_gradient(w, down, back);
	is_near(farthest(down, v, n), 0, 1e-2, "the curvature is round");
	whiten_free(w);
	pool_free(pool);
	free(v);
	free_rows(&r);
}

static void
test_standard(void)
{
	float x[] = { 1, 5, 0, 3, 5, 0, 5, 5, 3 };
	struct standard s = { 0 };
	struct pool *pool = pool_new(2);

	is_int(standard_begin(&s, 3), 0, "three columns");
	standard_take(&s, x, 1);
	standard_take(&s, x + 3, 2);
	standard_end(&s, true);
	standard_apply(&s, x, 3, pool);
	is_near(x[0], -sqrt(1.5), 1e-6, "deviation over n");
	ok(x[1] == 0 && x[4] == 0, "a constant column becomes nought");
	is_near(x[8], sqrt(2), 1e-6, "… and another not");
	standard_free(&s);
	pool_free(pool);
}

/* Rows far from nought that come in uneven parts, against two passes. */
static void
test_parts(void)
{
	enum { N = 1500 };
	static const size_t parts[] = { 1, 255, 700, 2, 542 };
	struct rng r = rng_at(4, 1, N, 0, 99);
	struct standard s = { 0 };
	double mean = 0, squares = 0;
	float x[N];

	for (size_t i = 0; i < N; i++)
		mean += x[i] = (float)(1e4 + (i < 300) + rng_normal(&r));
	mean /= N;
	for (size_t i = 0; i < N; i++)
		squares += (x[i] - mean) * (x[i] - mean);
	if (standard_begin(&s, 1) < 0)
		abort();
	for (size_t i = 0, at = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		standard_take(&s, x + at, parts[i]);
		at += parts[i];
	}
	standard_end(&s, true);
	is_near(s.mean[0], mean, 1e-9, "the mean of rows in parts");
	is_near(s.factor[0], 1 / sqrt(squares / N), 1e-9, "… and deviation");
	standard_free(&s);
}

static void
test_grid(void)
{
	double x[GRID_MOST];

	is_int(grid_parse("0.5", 0, 1e12, x), 1, "one number");
	is_int(grid_parse("1,0,100", 0, 1e12, x), 3, "three numbers");
	ok(x[0] == 1 && x[1] == 0 && x[2] == 100, "… in their order");
	is_int(grid_parse("1e-6:1e5:45", 0, 1e12, x), 45, "BYOL's 45");
	ok(x[0] == 1e-6 && x[44] == 1e5, "… from end to end");
	is_near(x[22], pow(10, -0.5), 1e-12, "… with equal ratios");
	is_int(grid_parse("1:10", 0, 1, x), FAIL_USAGE, "half a range");
	is_int(grid_parse("0:10:3", 0, 99, x), FAIL_USAGE, "a range from 0");
	is_int(grid_parse("1,,2", 0, 99, x), FAIL_USAGE, "a gap");
	is_int(grid_parse("1,-2", 0, 99, x), FAIL_USAGE, "below the least");
	is_int(grid_parse("1:2:1000", 0, 99, x), FAIL_USAGE, "too many");
}

/* Labels that come again, and many of them, whatever their order. */
static void
test_numbering(void)
{
	enum { N = 5000, APART = 256 };
	int64_t label[N];
	struct numbering o;
	size_t wrong = 0;

	for (size_t i = 0; i < N; i++)
		label[i] = (int64_t)(i * 7919 % 1000) * APART - 300;
	if (!ok(numbering_init(&o, label, N) == 0, "numbers classes"))
		return;
	is_int((int64_t)o.n, 1000, "each of 1000 once");
	for (size_t i = 0; i < N; i++)
		wrong += numbering_place(&o, label[i])
		    != (int32_t)(i * 7919 % 1000);
	is_int((int64_t)wrong, 0, "by size");
	is_int(numbering_place(&o, 1), -1, "… and no other");
	numbering_free(&o);
}

int
main(void)
{
	test_numbering();
	test_columns(1);
	test_columns(16);
	test_columns(39);
	test_value(7, 3, 2);
	test_value(1500, 19, 10);
	test_value(300, 5, 70);
	/* Within 1e-9 nats: losses of 0.113, 0.92 and 0.273. */
	test_optimum(400, 10, 2, 1, 1e-9, 1);
	test_optimum(2500, 21, 7, 0.01, 1e-9, 1);
	/* The loss of 30 rows is a float's sum to 1e-8: four steps without a
	 * gain may have to tell that this is all. */
	test_optimum(30, 50, 3, 10, 3e-9, 4);
	test_rounding();
	test_small_loss();
	test_sgd();
	test_rate();
	test_lbfgs();
	test_whiten(37);
	test_whiten(100);
	test_standard();
	test_parts();
	test_grid();
	return tap_done();
}
