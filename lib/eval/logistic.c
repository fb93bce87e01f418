/* SPDX-License-Identifier: MIT */
#include "eval/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clones.h"
#include "base/num.h"
#include "kernel/kernel.h"

#define PIECES ((size_t)16)		/* of all rows, at most */
#define PIECE_ROWS ((size_t)256)	/* in one, at least */
#define PIECE_NUMBERS ((size_t)1 << 25)	/* in the gradients of all */
#define FLOAT_ROWS ((size_t)4096)	/* that a float sum may have */

/* One thread's device and arrays. */
struct bench {
	struct pool *pool;		/* of this one thread */
	struct kernel *kernel;
	float *w;			/* [K,D] */
	const float *x;			/* the caller's rows, shared */
	float *others;			/* [block,D] to be scored */
	float *scores, *host;		/* [K,block] */
	float *gradient, *sums;		/* [K,D] of some rows, and here */
};

struct logistic {
	struct logistic_rows rows;
	struct pool *pool;
	size_t block, pieces, piece_rows;
	struct bench *benches;		/* one a worker */
	int n_benches;
	float *w;			/* [K (D + 1)] p as floats */
	double *gradients;		/* [pieces,K (D + 1)] */
	double *losses;			/* [pieces] */
	double *gradient;		/* where the sum goes */
};

/* Small blocks stay in the cache; with many classes the weights, which each
 * block passes, weigh more. */
static size_t
block_rows(size_t classes)
{
	return classes <= 64 ? 64 : LOGISTIC_BLOCK;
}

static void
cut(struct logistic *t)
{
	const size_t numbers = t->rows.classes * (t->rows.dim + 1);
	size_t most = PIECE_NUMBERS / numbers;

	most = most < 2 ? 2 : most > PIECES ? PIECES : most;
	t->pieces = (t->rows.n + PIECE_ROWS - 1) / PIECE_ROWS;
	t->pieces = t->pieces > most ? most : t->pieces;
	t->block = block_rows(t->rows.classes);
	t->piece_rows = (t->rows.n + t->pieces - 1) / t->pieces;
	t->piece_rows = (t->piece_rows + t->block - 1) / t->block * t->block;
	t->pieces = (t->rows.n + t->piece_rows - 1) / t->piece_rows;
}

static int
furnish(struct bench *b, const struct logistic_rows *r)
{
	const size_t w = r->classes * r->dim;

	b->pool = pool_new(1);
	if (b->pool == NULL || (b->kernel = kernel_new(b->pool)) == NULL)
		return fail_last();
	b->w = kernel_alloc(b->kernel, w);
	b->x = kernel_share(b->kernel, r->x, r->n * r->dim);
	b->others = kernel_alloc(b->kernel, LOGISTIC_BLOCK * r->dim);
	b->scores = kernel_alloc(b->kernel, LOGISTIC_BLOCK * r->classes);
	b->gradient = kernel_alloc(b->kernel, w);
	if (b->w == NULL || b->x == NULL || b->others == NULL
	    || b->scores == NULL || b->gradient == NULL)
		return fail_last();
	b->host = malloc(LOGISTIC_BLOCK * r->classes * sizeof(*b->host));
	b->sums = malloc(w * sizeof(*b->sums));
	return b->host == NULL || b->sums == NULL ? fail_memory(w * 4) : 0;
}

static int
reserve(struct logistic *t)
{
	size_t numbers, size;

	if (num_mul(t->rows.classes, t->rows.dim + 1, &numbers) < 0
	    || num_mul(numbers, (PIECES + 1) * sizeof(double), &size) < 0)
		return fail_last();
	cut(t);
	t->n_benches = pool_threads(t->pool);
	t->benches = calloc((size_t)t->n_benches, sizeof(*t->benches));
	t->w = malloc(numbers * sizeof(*t->w));
	t->gradients = malloc(t->pieces * numbers * sizeof(*t->gradients));
	t->losses = malloc(t->pieces * sizeof(*t->losses));
	if (t->benches == NULL || t->w == NULL || t->gradients == NULL
	    || t->losses == NULL)
		return fail_memory(t->pieces * numbers * sizeof(double));
	for (int i = 0; i < t->n_benches; i++)
		if (furnish(&t->benches[i], &t->rows) < 0)
			return fail_last();
	return 0;
}

struct logistic *
logistic_new(const struct logistic_rows *rows, struct pool *pool)
{
	struct logistic *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		fail_memory(sizeof(*t));
		return NULL;
	}
	t->rows = *rows;
	t->pool = pool;
	if (reserve(t) < 0) {
		logistic_free(t);
		return NULL;
	}
	return t;
}

void
logistic_free(struct logistic *t)
{
	if (t == NULL)
		return;
	for (int i = 0; t->benches != NULL && i < t->n_benches; i++) {
		struct bench *b = &t->benches[i];

		if (b->kernel != NULL) {
			kernel_release(b->kernel, b->w);
			kernel_unshare(b->kernel, b->x);
			kernel_release(b->kernel, b->others);
			kernel_release(b->kernel, b->scores);
			kernel_release(b->kernel, b->gradient);
			kernel_free(b->kernel);
		}
		pool_free(b->pool);
		free(b->host);
		free(b->sums);
	}
	free(t->benches);
	free(t->w);
	free(t->gradients);
	free(t->losses);
	free(t);
}

#define LANES ((size_t)64)	/* rows side by side, at most */

/* The smaller of x >= 0 and `most`, by their bits, which need no branch. */
static float
smaller(float x, float most)
{
	uint32_t a, b;

	memcpy(&a, &x, sizeof(a));
	memcpy(&b, &most, sizeof(b));
	a = a < b ? a : b;
	memcpy(&x, &a, sizeof(x));
	return x;
}

/*
 * exp(-below), below >= 0, to a rounding or two: 2^-k times the series of the
 * rest, in steps that vectors can follow.  Below 2^-125 it stays there, which
 * no sum notices; what is not finite becomes NaN.
 */
static float
exp_down(float below)
{
	const float round = 12582912;	/* 1.5 2^23: puts integers last */
	const float v = smaller(below, 86.6f);
	const float shifted = v * 1.44269504f + round;
	const float k = shifted - round;
	const float r = k * 0.693359375f - v - k * 2.12194440e-4f;
	float series = 1.0f / 5040, power;
	uint32_t bits;

	series = series * r + 1.0f / 720;
	series = series * r + 1.0f / 120;
	series = series * r + 1.0f / 24;
	series = series * r + 1.0f / 6;
	series = series * r + 0.5f;
	series = series * r + 1;
	series = series * r + 1;
	memcpy(&bits, &shifted, sizeof(bits));
	bits = (127 - bits) << 23;	/* 2^-k; what lies above goes */
	memcpy(&power, &bits, sizeof(power));
	return series * power + (below - below);
}

/* The sum of the logarithms of x [n], 1 to 2^31 each, so that the product of a
 * few is finite. */
static double
sum_logs(const double *x, size_t n)
{
	double sum = 0, product = 1;

	for (size_t i = 0; i < n; i++) {
		product *= x[i];
		if (i % 16 == 15 || i + 1 == n) {
			sum += log(product);
			product = 1;
		}
	}
	return sum;
}

/* Columns of scores [K,stride], n <= LANES of them, become shares of 1, whose
 * sums are added to db [K]; the sum of their losses, but for what their own
 * scores take off. */
CLONES static double
share_columns(float *scores, size_t stride, const float *b, size_t classes,
    size_t n, double *db)
{
	float top[LANES], share[LANES], e[LANES] = { 0 };
	double all[LANES], tops = 0;

	for (size_t i = 0; i < n; i++) {
		top[i] = -HUGE_VALF;
		all[i] = 0;
	}
	for (size_t c = 0; c < classes; c++)
		for (size_t i = 0; i < n; i++) {
			const float s = scores[c * stride + i] + b[c];

			scores[c * stride + i] = s;
			top[i] = s > top[i] ? s : top[i];
		}
	for (size_t c = 0; c < classes; c++) {
		for (size_t i = 0; i < n; i++)
			e[i] = top[i] - scores[c * stride + i];
		for (size_t i = 0; i < LANES; i++)
			e[i] = exp_down(e[i]);
		for (size_t i = 0; i < n; i++) {
			scores[c * stride + i] = e[i];
			all[i] += e[i];
		}
	}
	for (size_t i = 0; i < n; i++) {
		share[i] = (float)(1 / all[i]);
		tops += top[i];
	}
	for (size_t c = 0; c < classes; c++) {
		double sum = 0;

		for (size_t i = 0; i < n; i++) {
			scores[c * stride + i] *= share[i];
			sum += scores[c * stride + i];
		}
		db[c] += sum;
	}
	return sum_logs(all, n) + tops;
}

double
logistic_columns(float *scores, const float *b, const int32_t *label,
    size_t n, size_t classes, double *db)
{
	double loss = 0;

	for (size_t i = 0; i < n; i++)
		loss -= scores[(size_t)label[i] * n + i] + b[label[i]];
	for (size_t i = 0, m; i < n; i += m) {
		m = n - i < LANES ? n - i : LANES;
		loss += share_columns(scores + i, n, b, classes, m, db);
	}
	for (size_t i = 0; i < n; i++) {
		scores[(size_t)label[i] * n + i] -= 1;
		db[label[i]] -= 1;
	}
	return loss;
}

/* What `n` rows from `from` on add to the loss (returned), to the bench's
 * gradient (or begin it) and to db. */
static double
do_block(const struct logistic *t, struct bench *b, size_t from, size_t n,
    bool first, double *db)
{
	const struct logistic_rows *r = &t->rows;
	const size_t k = r->classes;
	const float *x = b->x + from * r->dim;
	double loss;

	kernel_product(b->kernel, b->scores, b->w, x, (struct product){
	    .m = k, .n = n, .k = r->dim, .transpose_b = true });
	kernel_download(b->kernel, b->host, b->scores, n * k);
	loss = logistic_columns(b->host, t->w + k * r->dim, r->label + from, n,
	    k, db);
	kernel_upload(b->kernel, b->scores, b->host, n * k);
	kernel_product(b->kernel, b->gradient, b->scores, x,
	    (struct product){ .m = k, .n = r->dim, .k = n,
	    .accumulate = !first });
	return loss;
}

/* Float sums are short: the rest adds up in double. */
static void
do_piece(void *arg, size_t piece, int worker)
{
	struct logistic *t = arg;
	struct bench *b = &t->benches[worker];
	const size_t w = t->rows.classes * t->rows.dim;
	const size_t from = piece * t->piece_rows;
	const size_t end = t->rows.n - from < t->piece_rows ? t->rows.n
	    : from + t->piece_rows;
	double *gradient = t->gradients + piece * (w + t->rows.classes);
	double loss = 0;
	size_t summed = 0;

	memset(gradient, 0, (w + t->rows.classes) * sizeof(*gradient));
	kernel_upload(b->kernel, b->w, t->w, w);
	for (size_t at = from; at < end; at += t->block) {
		const size_t n = end - at < t->block ? end - at : t->block;

		loss += do_block(t, b, at, n, summed == 0, gradient + w);
		summed += n;
		if (summed < FLOAT_ROWS && at + n < end)
			continue;
		kernel_download(b->kernel, b->sums, b->gradient, w);
		for (size_t i = 0; i < w; i++)
			gradient[i] += b->sums[i];
		summed = 0;
	}
	t->losses[piece] = loss;
}

#define STRIP ((size_t)4096)	/* numbers of the gradient for one task */

static void
sum_strip(void *arg, size_t strip, int worker)
{
	const struct logistic *t = arg;
	const size_t all = t->rows.classes * (t->rows.dim + 1);
	const size_t from = strip * STRIP;
	const size_t end = all - from < STRIP ? all : from + STRIP;

	(void)worker;
	memcpy(t->gradient + from, t->gradients + from,
	    (end - from) * sizeof(double));
	for (size_t i = 1; i < t->pieces; i++)
		for (size_t j = from; j < end; j++)
			t->gradient[j] += t->gradients[i * all + j];
	for (size_t j = from; j < end; j++)
		t->gradient[j] /= (double)t->rows.n;
}

double
logistic_value(struct logistic *t, const double *p, double l2,
    double *gradient)
{
	const size_t w = t->rows.classes * t->rows.dim;
	const double n = (double)t->rows.n;
	double loss = 0, squares = 0;

	t->gradient = gradient;
	for (size_t i = 0; i < w + t->rows.classes; i++)
		t->w[i] = (float)p[i];
	pool_each(t->pool, t->pieces, do_piece, t);
	pool_each(t->pool, (w + t->rows.classes + STRIP - 1) / STRIP,
	    sum_strip, t);
	for (size_t i = 0; i < t->pieces; i++)
		loss += t->losses[i];
	for (size_t i = 0; i < w; i++) {
		squares += p[i] * p[i];
		gradient[i] += l2 / n * p[i];
	}
	return loss / n + l2 / (2 * n) * squares;
}

void
logistic_scores(struct logistic *t, const double *p, const float *x,
    size_t n, float *scores)
{
	const struct logistic_rows *r = &t->rows;
	const size_t w = r->classes * r->dim;
	struct bench *b = &t->benches[0];

	for (size_t i = 0; i < w + r->classes; i++)
		t->w[i] = (float)p[i];
	kernel_upload(b->kernel, b->w, t->w, w);
	kernel_upload(b->kernel, b->others, x, n * r->dim);
	kernel_product(b->kernel, b->scores, b->others, b->w, (struct product){
	    .m = n, .n = r->classes, .k = r->dim, .transpose_b = true });
	kernel_download(b->kernel, scores, b->scores, n * r->classes);
	for (size_t i = 0; i < n * r->classes; i++)
		scores[i] += t->w[w + i % r->classes];
}
