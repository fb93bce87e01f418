/* SPDX-License-Identifier: MIT */
#include "eval/dot.h"
#include "eval/eigen.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define STRIP ((size_t)16)	/* rows in one task */

struct work {
	double *a;		/* [n,n] */
	size_t n, from;		/* rows and columns before `from` are done */
	double *v, *w;		/* [n] */
	double beta;
	double *diagonal, *beside;	/* [n] of the tridiagonal matrix */
	double low, high;	/* all eigenvalues lie between */
	double *values;
};

static size_t
strip_end(const struct work *t, size_t begin)
{
	return t->n - begin < STRIP ? t->n : begin + STRIP;
}

/* w = beta a v on what is left. */
static void
multiply_strip(void *arg, size_t strip, int worker)
{
	struct work *t = arg;
	const size_t begin = t->from + strip * STRIP;

	(void)worker;
	for (size_t i = begin; i < strip_end(t, begin); i++)
		t->w[i] = t->beta * eval_dot(t->a + i * t->n + t->from,
		    t->v + t->from, t->n - t->from);
}

/* a -= v w^T + w v^T */
static void
reflect_strip(void *arg, size_t strip, int worker)
{
	struct work *t = arg;
	const size_t begin = t->from + strip * STRIP;
	const double *v = t->v, *w = t->w;

	(void)worker;
	for (size_t i = begin; i < strip_end(t, begin); i++) {
		double *row = t->a + i * t->n;
		const double vi = v[i], wi = w[i];

		for (size_t j = t->from; j < t->n; j++)
			row[j] -= vi * w[j] + wi * v[j];
	}
}

/* Column k below the diagonal becomes (beside, 0, 0, …). */
static void
reflect(struct work *t, size_t k, struct pool *pool)
{
	const size_t from = k + 1, left = t->n - from;
	const size_t strips = (left + STRIP - 1) / STRIP;
	double norm = 0, half;

	t->from = from;
	for (size_t i = from; i < t->n; i++) {
		t->v[i] = t->a[k * t->n + i];
		norm = hypot(norm, t->v[i]);
	}
	t->beside[k] = t->v[from] > 0 ? -norm : norm;
	t->v[from] -= t->beside[k];
	norm = eval_dot(t->v + from, t->v + from, left);
	if (!(norm > 0))
		return;		/* nothing to turn */
	t->beta = 2 / norm;
	pool_each(pool, strips, multiply_strip, t);
	half = t->beta / 2 * eval_dot(t->v + from, t->w + from, left);
	for (size_t i = from; i < t->n; i++)
		t->w[i] -= half * t->v[i];
	pool_each(pool, strips, reflect_strip, t);
}

static void
tridiagonal(struct work *t, struct pool *pool)
{
	for (size_t k = 0; k + 2 < t->n; k++)
		reflect(t, k, pool);
	for (size_t i = 0; i < t->n; i++)
		t->diagonal[i] = t->a[i * t->n + i];
	if (t->n > 1)
		t->beside[t->n - 2] = t->a[(t->n - 2) * t->n + t->n - 1];
	t->beside[t->n - 1] = 0;
}

/* Gershgorin's circles. */
static void
enclose(struct work *t)
{
	double reach, before = 0;

	t->low = HUGE_VAL;
	t->high = -HUGE_VAL;
	for (size_t i = 0; i < t->n; i++) {
		reach = before + fabs(t->beside[i]);
		before = fabs(t->beside[i]);
		t->low = fmin(t->low, t->diagonal[i] - reach);
		t->high = fmax(t->high, t->diagonal[i] + reach);
	}
}

/* How many eigenvalues are below x. */
static size_t
count_below(const struct work *t, double x)
{
	const double tiny = DBL_MIN + DBL_EPSILON * DBL_EPSILON
	    * fmax(fabs(t->low), fabs(t->high));
	double q = 1;
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		const double e = i > 0 ? t->beside[i - 1] : 0;

		q = t->diagonal[i] - x - e * e / q;
		if (fabs(q) < tiny)
			q = -tiny;
		n += q < 0;
	}
	return n;
}

static void
bisect(void *arg, size_t k, int worker)
{
	struct work *t = arg;
	double low = t->low, high = t->high;

	(void)worker;
	for (;;) {
		const double middle = low + (high - low) / 2;

		if (!(middle > low && middle < high) || high - low
		    <= DBL_EPSILON * fmax(fabs(t->low), fabs(t->high)) / 4)
			break;
		if (count_below(t, middle) > k)
			high = middle;
		else
			low = middle;
	}
	t->values[k] = low + (high - low) / 2;
}

int
eigen_values(double *values, double *a, size_t n, struct pool *pool)
{
	struct work t = { .a = a, .n = n, .values = values };
	double *room;

	if (n > SIZE_MAX / (4 * sizeof(double)))
		return fail(FAIL_LIMIT, "a matrix of %zu rows", n);
	room = malloc((n > 0 ? n : 1) * 4 * sizeof(*room));
	if (room == NULL)
		return fail_memory(n * 4 * sizeof(*room));
	t.v = room;
	t.w = room + n;
	t.diagonal = room + 2 * n;
	t.beside = room + 3 * n;
	if (n > 0) {
		tridiagonal(&t, pool);
		enclose(&t);
		pool_each(pool, n, bisect, &t);
	}
	free(room);
	return 0;
}
