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
#define BLOCK ((size_t)32)	/* columns of L made together */
#define STRIP ((size_t)16)	/* rows of L, or of L^-1, in one task */

/* Columns of L^-1 side by side. */
#define FOURS (STRIP / 4)
typedef double four __attribute__((vector_size(32)));

struct whiten {
	struct pool *pool;
	size_t dim, classes;
	double *inverse;	/* [D,D] L^-1, its rows left of the diagonal and
				 * its columns above it; or NULL */

	/* The work under way. */
	double *rows;		/* [D,D] L, its lower triangle */
	four *work;		/* [threads,D,FOURS] */
	size_t column, behind;	/* the block of columns, and what is behind it */
	double *to;
	const double *from;
};

/* The lower half of rows [D,D] = x^T x / (m K) of m rows, evenly spaced. */
static int
gram(struct whiten *t, const struct logistic_rows *r)
{
	const size_t d = t->dim, stride = kernel_gram_stride(d);
	const size_t most = 4 * d > ROWS_LEAST ? 4 * d : ROWS_LEAST;
	const size_t m = r->n < most ? r->n : most;
	struct kernel *k = kernel_new(t->pool);
	float *g = k == NULL ? NULL : kernel_alloc(k, stride * stride);
	float *room = malloc(stride * stride * sizeof(*room));
	const float *x = k == NULL ? NULL : kernel_share(k, r->x, r->n * d);
	int rc = g == NULL || x == NULL ? fail_last() : room == NULL ?
	    fail_memory(stride * stride * sizeof(*room)) :
	    kernel_gram_reserve(k, d);

	if (rc == 0) {
		const float *host;

		kernel_gram(k, g, x, m, r->n, d);
		host = kernel_look(k, g, stride * stride, room);
		for (size_t i = 0; i < d; i++)
			for (size_t j = 0; j <= i; j++)
				t->rows[i * d + j] = host[i * stride + j]
				    / ((double)m * (double)r->classes);
	}
	free(room);
	if (k != NULL) {
		kernel_unshare(k, x);
		kernel_release(k, g);
		kernel_free(k);
	}
	return rc;
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

/* Cholesky's factor of (rows + ridge), in place, a block of columns after the
 * other. */
static void
factor(struct whiten *t, double ridge)
{
	const size_t d = t->dim;
	double trace = 0;

	for (size_t i = 0; i < d; i++)
		trace += t->rows[i * d + i];
	/* Float's rounding must not make it indefinite. */
	ridge += 1e-5 * trace / (double)d + 1e-30;
	for (t->column = 0; t->column < d; t->column = t->behind) {
		t->behind = d - t->column < BLOCK ? d : t->column + BLOCK;
		corner(t, ridge);
		pool_each(t->pool, (d - t->behind + STRIP - 1) / STRIP,
		    rows_below, t);
	}
}

/* A strip of the inverse's columns, downwards. */
CLONES static void
invert_strip(void *arg, size_t strip, int worker)
{
	const struct whiten *t = arg;
	const size_t d = t->dim, from = strip * STRIP;
	const size_t columns = d - from < STRIP ? d - from : STRIP;
	four *z = t->work + (size_t)worker * d * FOURS;

	for (size_t i = from; i < d; i++) {
		const double *li = t->rows + i * d;
		const double *row = (const double *)(z + i * FOURS);
		four left[FOURS] = { 0 };

		if (i < from + columns)
			((double *)left)[i - from] = 1;
		for (size_t j = from; j < i; j++)
			for (size_t c = 0; c < FOURS; c++)
				left[c] -= li[j] * z[j * FOURS + c];
		for (size_t c = 0; c < FOURS; c++)
			z[i * FOURS + c] = left[c] / li[i];
		for (size_t c = 0; c < columns && from + c <= i; c++) {
			t->inverse[i * d + from + c] = row[c];
			t->inverse[(from + c) * d + i] = row[c];
		}
	}
}

static int
reserve(struct whiten *t)
{
	const size_t d = t->dim, threads = (size_t)pool_threads(t->pool);

	t->inverse = malloc(d * d * sizeof(*t->inverse));
	t->rows = malloc(d * d * sizeof(*t->rows));
	t->work = aligned_alloc(sizeof(four), threads * d * STRIP
	    * sizeof(double));
	return t->inverse == NULL || t->rows == NULL || t->work == NULL ?
	    fail_memory(d * d * sizeof(double)) : 0;
}

/* L is not needed once its inverse is known. */
static int
make(struct whiten *t, const struct logistic_rows *r, double l2)
{
	int rc = reserve(t);

	if (rc == 0)
		rc = gram(t, r);
	if (rc == 0) {
		factor(t, l2 / (double)r->n);
		pool_each(t->pool, (t->dim + STRIP - 1) / STRIP, invert_strip,
		    t);
	}
	free(t->rows);
	free(t->work);
	t->rows = NULL;
	t->work = NULL;
	return rc;
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
	if (r->dim <= DIM_MOST && make(t, r, l2) < 0) {
		whiten_free(t);
		return NULL;
	}
	return t;
}

void
whiten_free(struct whiten *t)
{
	if (t == NULL)
		return;
	free(t->inverse);
	free(t);
}

/* Number i of `to` for every class, over from's numbers at..at+n-1. */
static void
multiply_row(const struct whiten *t, size_t i, size_t at, size_t n)
{
	const size_t d = t->dim;
	const double *row = t->inverse + i * d + at;
	size_t c = 0;

	for (; c + 4 <= t->classes; c += 4) {
		double these[4];

		eval_dots(these, row, t->from + c * d + at, d, n);
		for (size_t j = 0; j < 4; j++)
			t->to[(c + j) * d + i] = these[j];
	}
	for (; c < t->classes; c++)
		t->to[c * d + i] = eval_dot(row, t->from + c * d + at, n);
}

/* A strip of to = L^-1 from. */
static void
multiply_down(void *arg, size_t strip, int worker)
{
	const struct whiten *t = arg;
	const size_t end = strip * STRIP + STRIP;

	(void)worker;
	for (size_t i = strip * STRIP; i < end && i < t->dim; i++)
		multiply_row(t, i, 0, i + 1);
}

/* The same of to = L^-T from. */
static void
multiply_up(void *arg, size_t strip, int worker)
{
	const struct whiten *t = arg;
	const size_t end = strip * STRIP + STRIP;

	(void)worker;
	for (size_t i = strip * STRIP; i < end && i < t->dim; i++)
		multiply_row(t, i, i, t->dim - i);
}

/* One class of to = L^T from: L^-T to = from is solved, upwards. */
static void
solve_up(void *arg, size_t class, int worker)
{
	const struct whiten *t = arg;
	const size_t d = t->dim;
	const double *from = t->from + class * d;
	double *to = t->to + class * d;

	(void)worker;
	for (size_t i = d; i-- > 0;) {
		const double *row = t->inverse + i * d;

		to[i] = (from[i] - eval_dot(row + i + 1, to + i + 1,
		    d - i - 1)) / row[i];
	}
}

static void
turn(struct whiten *t, double *to, const double *from, size_t tasks,
    void (*task)(void *, size_t, int))
{
	t->to = to;
	t->from = from;
	if (t->inverse != NULL)
		pool_each(t->pool, tasks, task, t);
	else
		memcpy(to, from, t->classes * t->dim * sizeof(*to));
}

void
whiten_weights(struct whiten *t, double *w, const double *v)
{
	turn(t, w, v, (t->dim + STRIP - 1) / STRIP, multiply_up);
}

void
whiten_gradient(struct whiten *t, double *gv, const double *gw)
{
	turn(t, gv, gw, (t->dim + STRIP - 1) / STRIP, multiply_down);
}

void
whiten_place(struct whiten *t, double *v, const double *w)
{
	turn(t, v, w, t->classes, solve_up);
}
