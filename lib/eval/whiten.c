/* SPDX-License-Identifier: MIT */
#include "eval/dot.h"
#include "eval/whiten.h"

#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "kernel/kernel.h"

#define GROUP ((size_t)8)	/* classes solved for side by side */
#define DIM_MOST ((size_t)4096)	/* beyond, L is left out (the identity) */
#define ROWS_LEAST ((size_t)4096)	/* rows taken, where there are so many */
#define BLOCK ((size_t)32)	/* columns of L made together */
#define STRIP ((size_t)16)	/* rows of L in one task */

struct whiten {
	struct pool *pool;
	size_t dim, classes;
	double *l;		/* [D,D], lower triangle; or NULL */
	double *work;		/* [groups,D,GROUP] */

	/* The work under way. */
	size_t column, behind;	/* the block of columns, and what is behind it */
	double *to;
	const double *from;
};

/* l [D,D] = x^T x / m of m rows, evenly spaced. */
static int
gram(struct whiten *t, const struct logistic_rows *r)
{
	const size_t d = r->dim;
	const size_t most = 4 * d > ROWS_LEAST ? 4 * d : ROWS_LEAST;
	const size_t m = r->n < most ? r->n : most;
	struct kernel *k = kernel_new(t->pool);
	float *x = k == NULL ? NULL : kernel_alloc(k, m * d);
	float *g = k == NULL ? NULL : kernel_alloc(k, d * d);
	float *host = malloc(d * d * sizeof(*host));
	int rc = 0;

	if (k == NULL || x == NULL || g == NULL)
		rc = fail_last();
	else if (host == NULL)
		rc = fail_memory(d * d * sizeof(*host));
	for (size_t i = 0; rc == 0 && i < m; i++)
		kernel_upload(k, x + i * d, r->x + (size_t)((double)i
		    * (double)r->n / (double)m) * d, d);
	if (rc == 0) {
		kernel_product(k, g, x, x, (struct product){ .m = d, .n = d,
		    .k = m, .transpose_a = true });
		kernel_download(k, host, g, d * d);
		for (size_t i = 0; i < d * d; i++)
			t->l[i] = host[i] / (double)m;
	}
	free(host);
	if (k != NULL) {
		kernel_release(k, x);
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
	double *li = t->l + i * t->dim;

	for (size_t j = t->column; j < end; j++)
		li[j] -= eval_dot(li, t->l + j * t->dim, t->column);
}

/* The same within the block, left of its column `end`. */
static void
divide(struct whiten *t, size_t i, size_t end)
{
	double *li = t->l + i * t->dim;

	for (size_t j = t->column; j < end; j++) {
		const double *lj = t->l + j * t->dim;

		li[j] = (li[j] - eval_dot(li + t->column, lj + t->column,
		    j - t->column)) / lj[j];
	}
}

/* The block's own rows, which those below need. */
static void
corner(struct whiten *t, double ridge)
{
	for (size_t i = t->column; i < t->behind; i++) {
		double *li = t->l + i * t->dim;
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

/* Cholesky's factor of (l / K + ridge), in place, a block of columns after the
 * other. */
static void
factor(struct whiten *t, double ridge)
{
	const size_t d = t->dim;
	const double k = (double)t->classes;
	double trace = 0;

	for (size_t i = 0; i < d; i++)
		trace += t->l[i * d + i];
	/* Float's rounding must not make it indefinite. */
	ridge += 1e-5 * trace / ((double)d * k) + 1e-30;
	for (size_t i = 0; i < d * d; i++)
		t->l[i] /= k;
	for (t->column = 0; t->column < d; t->column = t->behind) {
		t->behind = d - t->column < BLOCK ? d : t->column + BLOCK;
		corner(t, ridge);
		pool_each(t->pool, (d - t->behind + STRIP - 1) / STRIP,
		    rows_below, t);
	}
}

struct whiten *
whiten_new(const struct logistic_rows *r, double l2, struct pool *pool)
{
	const size_t groups = (r->classes + GROUP - 1) / GROUP;
	struct whiten *t = calloc(1, sizeof(*t));
	size_t size = 0;

	if (t == NULL) {
		fail_memory(sizeof(*t));
		return NULL;
	}
	t->pool = pool;
	t->dim = r->dim;
	t->classes = r->classes;
	if (r->dim > DIM_MOST)
		return t;
	t->l = malloc(r->dim * r->dim * sizeof(*t->l));
	if (num_mul(groups * GROUP, r->dim * sizeof(double), &size) == 0)
		t->work = malloc(size);
	if (t->l == NULL || t->work == NULL || gram(t, r) < 0) {
		if (t->l == NULL || (t->work == NULL && size > 0))
			fail_memory(size);
		whiten_free(t);
		return NULL;
	}
	factor(t, l2 / (double)r->n);
	return t;
}

void
whiten_free(struct whiten *t)
{
	if (t == NULL)
		return;
	free(t->l);
	free(t->work);
	free(t);
}

/* Classes of a group lie side by side in its work [D,GROUP]. */
static double *
take(const struct whiten *t, size_t group)
{
	double *work = t->work + group * t->dim * GROUP;

	for (size_t c = 0; c < GROUP; c++) {
		const size_t class = group * GROUP + c;
		const double *from = t->from + class * t->dim;

		for (size_t i = 0; i < t->dim; i++)
			work[i * GROUP + c] = class < t->classes ? from[i]
			    : 0;
	}
	return work;
}

static void
give(const struct whiten *t, size_t group)
{
	const double *work = t->work + group * t->dim * GROUP;

	for (size_t c = 0; c < GROUP; c++) {
		const size_t class = group * GROUP + c;

		for (size_t i = 0; i < t->dim && class < t->classes; i++)
			t->to[class * t->dim + i] = work[i * GROUP + c];
	}
}

/* a [GROUP] += factor b */
static void
add_group(double *a, double factor, const double *b)
{
	for (size_t c = 0; c < GROUP; c++)
		a[c] += factor * b[c];
}

/* L z = work, downwards. */
static void
solve_down(void *arg, size_t group, int worker)
{
	const struct whiten *t = arg;
	double *z = take(t, group);

	(void)worker;
	for (size_t i = 0; i < t->dim; i++) {
		const double *li = t->l + i * t->dim;
		double sum[GROUP] = { 0 };

		for (size_t j = 0; j < i; j++)
			add_group(sum, li[j], z + j * GROUP);
		for (size_t c = 0; c < GROUP; c++)
			z[i * GROUP + c] = (z[i * GROUP + c] - sum[c])
			    / li[i];
	}
	give(t, group);
}

/* L^T z = work, upwards. */
static void
solve_up(void *arg, size_t group, int worker)
{
	const struct whiten *t = arg;
	double *z = take(t, group);

	(void)worker;
	for (size_t i = t->dim; i-- > 0;) {
		const double *li = t->l + i * t->dim;
		double *zi = z + i * GROUP;

		for (size_t c = 0; c < GROUP; c++)
			zi[c] /= li[i];
		for (size_t j = 0; j < i; j++)
			add_group(z + j * GROUP, -li[j], zi);
	}
	give(t, group);
}

/* z = L^T work; row j of it needs the rows from j on. */
static void
multiply_up(void *arg, size_t group, int worker)
{
	const struct whiten *t = arg;
	double *z = take(t, group);

	(void)worker;
	for (size_t i = 0; i < t->dim; i++) {
		const double *li = t->l + i * t->dim;
		double w[GROUP];

		for (size_t c = 0; c < GROUP; c++) {
			w[c] = z[i * GROUP + c];
			z[i * GROUP + c] = 0;
		}
		for (size_t j = 0; j <= i; j++)
			add_group(z + j * GROUP, li[j], w);
	}
	give(t, group);
}

static void
each_group(struct whiten *t, double *to, const double *from,
    void (*task)(void *, size_t, int))
{
	t->to = to;
	t->from = from;
	if (t->l != NULL) {
		pool_each(t->pool, (t->classes + GROUP - 1) / GROUP, task, t);
		return;
	}
	for (size_t i = 0; i < t->classes * t->dim; i++)
		to[i] = from[i];
}

void
whiten_weights(struct whiten *t, double *w, const double *v)
{
	each_group(t, w, v, solve_up);
}

void
whiten_gradient(struct whiten *t, double *gv, const double *gw)
{
	each_group(t, gv, gw, solve_down);
}

void
whiten_place(struct whiten *t, double *v, const double *w)
{
	each_group(t, v, w, multiply_up);
}
