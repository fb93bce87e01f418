/* SPDX-License-Identifier: MIT */
#include "eval/dot.h"
#include "eval/whiten.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clones.h"
#include "kernel/kernel.h"

#define DIM_MOST ((size_t)4096)	/* beyond, L is left out (the identity) */
#define ROWS_LEAST ((size_t)4096)	/* rows taken, where there are so many */
#define TAKEN ((size_t)512)	/* of them at a time */
#define BLOCK ((size_t)32)	/* columns of L made together */
#define STRIP ((size_t)16)	/* rows of L, or columns of L^-1, in one task */

/* Columns of L^-1 side by side. */
#define FOURS (STRIP / 4)
typedef double four __attribute__((vector_size(32)));

struct whiten {
	struct pool *pool;
	struct kernel *kernel;
	size_t dim, classes;
	float *l, *inverse;	/* [D,D] L and L^-1, there; or NULL */
	float *from, *to;	/* [K,D] there */
	float *host;		/* [K,D] or [D,D] here */

	/* The work under way. */
	double *rows;		/* [D,D] L, its lower triangle */
	four *work;		/* [threads,D,FOURS] */
	size_t column, behind;	/* the block of columns, and what is behind it */
};

/* l [D,D] = x^T x / m of m rows, evenly spaced. */
static int
gram(struct whiten *t, const struct logistic_rows *r)
{
	const size_t d = r->dim;
	const size_t most = 4 * d > ROWS_LEAST ? 4 * d : ROWS_LEAST;
	const size_t m = r->n < most ? r->n : most;
	float *x = kernel_alloc(t->kernel, TAKEN * d);

	if (x == NULL)
		return fail_last();
	for (size_t at = 0, n; at < m; at += n) {
		n = m - at < TAKEN ? m - at : TAKEN;
		for (size_t i = 0; i < n; i++)
			kernel_upload(t->kernel, x + i * d, r->x
			    + (size_t)((double)(at + i) * (double)r->n
			    / (double)m) * d, d);
		kernel_product(t->kernel, t->l, x, x, (struct product){
		    .m = d, .n = d, .k = n, .transpose_a = true,
		    .accumulate = at > 0 });
	}
	kernel_download(t->kernel, t->host, t->l, d * d);
	for (size_t i = 0; i < d * d; i++)
		t->rows[i] = t->host[i] / (double)m;
	kernel_release(t->kernel, x);
	return 0;
}

/* Row i of a block's columns, less what the columns before the block account
 * for. */
static void
lessen(struct whiten *t, size_t i)
{
	const size_t end = i < t->behind ? i + 1 : t->behind;
	double *li = t->rows + i * t->dim;

	for (size_t j = t->column; j < end; j++)
		li[j] -= eval_dot(li, t->rows + j * t->dim, t->column);
}

/* The same within the block, left of its column `end`. */
static void
divide(struct whiten *t, size_t i, size_t end)
{
	double *li = t->rows + i * t->dim;

	for (size_t j = t->column; j < end; j++) {
		const double *lj = t->rows + j * t->dim;

		li[j] = (li[j] - eval_dot(li + t->column, lj + t->column,
		    j - t->column)) / lj[j];
	}
}

/* The block's own rows, which those below need. */
static void
corner(struct whiten *t, double ridge)
{
	for (size_t i = t->column; i < t->behind; i++) {
		double *li = t->rows + i * t->dim;
		double left;

		lessen(t, i);
		divide(t, i, i);
		left = li[i] + ridge - eval_dot(li + t->column, li + t->column,
		    i - t->column);
		li[i] = sqrt(left > ridge / 2 ? left : ridge / 2);
	}
}

static void
rows_below(void *arg, size_t strip, int worker)
{
	struct whiten *t = arg;
	const size_t from = t->behind + strip * STRIP;
	const size_t end = t->dim - from < STRIP ? t->dim : from + STRIP;

	(void)worker;
	for (size_t i = from; i < end; i++) {
		lessen(t, i);
		divide(t, i, t->behind);
	}
}

/* Cholesky's factor of (rows / K + ridge), in place, a block of columns after the
 * other. */
static void
factor(struct whiten *t, double ridge)
{
	const size_t d = t->dim;
	const double k = (double)t->classes;
	double trace = 0;

	for (size_t i = 0; i < d; i++)
		trace += t->rows[i * d + i];
	/* Float's rounding must not make it indefinite. */
	ridge += 1e-5 * trace / ((double)d * k) + 1e-30;
	for (size_t i = 0; i < d * d; i++)
		t->rows[i] /= k;
	for (t->column = 0; t->column < d; t->column = t->behind) {
		t->behind = d - t->column < BLOCK ? d : t->column + BLOCK;
		corner(t, ridge);
		pool_each(t->pool, (d - t->behind + STRIP - 1) / STRIP,
		    rows_below, t);
	}
}

/* A strip of the inverse's columns, downwards; above the diagonal it is 0. */
CLONES static void
invert_strip(void *arg, size_t strip, int worker)
{
	const struct whiten *t = arg;
	const size_t d = t->dim, from = strip * STRIP;
	const size_t columns = d - from < STRIP ? d - from : STRIP;
	four *z = t->work + (size_t)worker * d * FOURS;

	for (size_t i = 0; i < d; i++) {
		const double *li = t->rows + i * d;
		const double *row = (const double *)(z + i * FOURS);
		four left[FOURS] = { 0 };

		if (i >= from && i < from + columns)
			((double *)left)[i - from] = 1;
		for (size_t j = from; j < i; j++)
			for (size_t c = 0; c < FOURS; c++)
				left[c] -= li[j] * z[j * FOURS + c];
		for (size_t c = 0; c < FOURS; c++)
			z[i * FOURS + c] = left[c] / li[i];
		for (size_t c = 0; c < columns; c++)
			t->host[i * d + from + c] = (float)row[c];
	}
}

/* What is used of L: itself and its inverse, in float. */
static void
hand_over(struct whiten *t)
{
	const size_t d = t->dim;

	for (size_t i = 0; i < d; i++)
		for (size_t j = 0; j < d; j++)
			t->host[i * d + j] = j <= i ?
			    (float)t->rows[i * d + j] : 0;
	kernel_upload(t->kernel, t->l, t->host, d * d);
	pool_each(t->pool, (d + STRIP - 1) / STRIP, invert_strip, t);
	kernel_upload(t->kernel, t->inverse, t->host, d * d);
}

static int
reserve(struct whiten *t)
{
	const size_t d = t->dim, threads = (size_t)pool_threads(t->pool);
	const size_t most = t->classes > d ? t->classes : d;

	if ((t->kernel = kernel_new(t->pool)) == NULL)
		return fail_last();
	t->l = kernel_alloc(t->kernel, d * d);
	t->inverse = kernel_alloc(t->kernel, d * d);
	t->from = kernel_alloc(t->kernel, t->classes * d);
	t->to = kernel_alloc(t->kernel, t->classes * d);
	if (t->l == NULL || t->inverse == NULL || t->from == NULL
	    || t->to == NULL)
		return fail_last();
	t->host = malloc(most * d * sizeof(*t->host));
	t->rows = malloc(d * d * sizeof(*t->rows));
	t->work = aligned_alloc(sizeof(four), threads * d * STRIP
	    * sizeof(double));
	return t->host == NULL || t->rows == NULL || t->work == NULL ?
	    fail_memory(most * d * sizeof(double)) : 0;
}

struct whiten *
whiten_new(const struct logistic_rows *r, double l2, struct pool *pool)
{
	struct whiten *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		fail_memory(sizeof(*t));
		return NULL;
	}
	t->pool = pool;
	t->dim = r->dim;
	t->classes = r->classes;
	if (r->dim > DIM_MOST)
		return t;
	if (reserve(t) < 0 || gram(t, r) < 0) {
		whiten_free(t);
		return NULL;
	}
	factor(t, l2 / (double)r->n);
	hand_over(t);
	free(t->rows);
	free(t->work);
	t->rows = NULL;
	t->work = NULL;
	return t;
}

void
whiten_free(struct whiten *t)
{
	if (t == NULL)
		return;
	if (t->kernel != NULL) {
		kernel_release(t->kernel, t->l);
		kernel_release(t->kernel, t->inverse);
		kernel_release(t->kernel, t->from);
		kernel_release(t->kernel, t->to);
		kernel_free(t->kernel);
	}
	free(t->host);
	free(t->rows);
	free(t->work);
	free(t);
}

/* to = from by a matrix [D,D] there. */
static void
turn(struct whiten *t, double *to, const double *from, const float *by,
    bool transpose)
{
	const size_t n = t->classes * t->dim;

	if (by == NULL) {
		memmove(to, from, n * sizeof(*to));
		return;
	}
	for (size_t i = 0; i < n; i++)
		t->host[i] = (float)from[i];
	kernel_upload(t->kernel, t->from, t->host, n);
	kernel_product(t->kernel, t->to, t->from, by, (struct product){
	    .m = t->classes, .n = t->dim, .k = t->dim,
	    .transpose_b = transpose });
	kernel_download(t->kernel, t->host, t->to, n);
	for (size_t i = 0; i < n; i++)
		to[i] = t->host[i];
}

void
whiten_weights(struct whiten *t, double *w, const double *v)
{
	turn(t, w, v, t->inverse, false);
}

void
whiten_gradient(struct whiten *t, double *gv, const double *gw)
{
	turn(t, gv, gw, t->inverse, true);
}

void
whiten_place(struct whiten *t, double *v, const double *w)
{
	turn(t, v, w, t->l, false);
}
