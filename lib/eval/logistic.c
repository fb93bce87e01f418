/* SPDX-License-Identifier: MIT */
#include "eval/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "kernel/kernel.h"

#define PIECES ((size_t)16)		/* of all rows, at most */
#define PIECE_ROWS ((size_t)1024)	/* in one, at least */
#define PIECE_NUMBERS ((size_t)1 << 25)	/* in the gradients of all */
#define FLOAT_ROWS ((size_t)4096)	/* that a float sum may have */

/* One thread's device and arrays. */
struct bench {
	struct pool *pool;		/* of this one thread */
	struct kernel *kernel;
	float *w;			/* [K,D] */
	const float *x;			/* the caller's rows, shared */
	float *others;			/* [block,D] to be scored */
	float *scores, *host;		/* [block,K] */
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

#define LANES ((size_t)8)	/* sums side by side, in a fixed order */

/* The largest of scores [K] += b. */
static float
offset_row(float *scores, const float *b, size_t classes)
{
	float top[LANES], most;
	size_t c = 0;

	for (size_t j = 0; j < LANES; j++)
		top[j] = -HUGE_VALF;
	for (; c + LANES <= classes; c += LANES)
		for (size_t j = 0; j < LANES; j++) {
			const float s = scores[c + j] + b[c + j];

			scores[c + j] = s;
			top[j] = s > top[j] ? s : top[j];
		}
	most = top[0];
	for (size_t j = 1; j < LANES; j++)
		most = top[j] > most ? top[j] : most;
	for (; c < classes; c++) {
		scores[c] += b[c];
		most = scores[c] > most ? scores[c] : most;
	}
	return most;
}

static double
sum_row(const float *x, size_t n)
{
	double sum[LANES] = { 0 };
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		for (size_t j = 0; j < LANES; j++)
			sum[j] += x[i + j];
	for (; i < n; i++)
		sum[0] += x[i];
	for (size_t j = 1; j < LANES; j++)
		sum[0] += sum[j];
	return sum[0];
}

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
 * x [n] = exp(x - top), for x <= top, to a rounding or two: 2^-k times the
 * series of the rest, in steps that vectors can follow.  Below 2^-125 it
 * stays there, which no sum notices; what is not finite becomes NaN.
 */
static void
exp_row(float *x, float top, size_t n)
{
	const float round = 12582912;	/* 1.5 2^23: puts integers last */

	for (size_t i = 0; i < n; i++) {
		const float below = top - x[i];
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
		x[i] = series * power + (below - below);
	}
}

double
logistic_row(float *scores, const float *b, int32_t label, size_t classes,
    double *db)
{
	const float top = offset_row(scores, b, classes);
	const double own = scores[label];
	double all;
	float share;

	exp_row(scores, top, classes);
	all = sum_row(scores, classes);
	share = (float)(1 / all);
	for (size_t c = 0; c < classes; c++) {
		scores[c] *= share;
		db[c] += scores[c];
	}
	scores[label] -= 1;
	db[label] -= 1;
	return log(all) + top - own;
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
	double loss = 0;

	kernel_product(b->kernel, b->scores, x, b->w, (struct product){
	    .m = n, .n = k, .k = r->dim, .transpose_b = true });
	kernel_download(b->kernel, b->host, b->scores, n * k);
	for (size_t i = 0; i < n; i++)
		loss += logistic_row(b->host + i * k, t->w + k * r->dim,
		    r->label[from + i], k, db);
	kernel_upload(b->kernel, b->scores, b->host, n * k);
	kernel_product(b->kernel, b->gradient, b->scores, x,
	    (struct product){ .m = k, .n = r->dim, .k = n,
	    .transpose_a = true, .accumulate = !first });
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

size_t
logistic_above(const float *scores, size_t classes, int32_t truth)
{
	size_t n = 0;

	for (size_t c = 0; c < classes; c++)
		n += c != (size_t)truth && !(scores[c] <= scores[truth]);
	return n;
}
