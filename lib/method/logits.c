/* SPDX-License-Identifier: MIT */
#include "method/logits.h"

#include <stdlib.h>

#include "loss/unit.h"

#define ROWS ((size_t)32)	/* at a time: memory is for so many */

/* The matrix at work. */
struct matrix {
	struct kernel *kernel;
	struct logits of;
	size_t p, columns;
	float scale;		/* 1 / temperature */
	float *unit;		/* host, [max(n,m),p] */
	float *query, *key;	/* device, unit rows [n,p] and [m,p] */
	float *part;		/* device, [ROWS, largest piece of columns] */
};

static bool
find(const struct method_run *r, struct logits *l)
{
	if (r->row->logits == NULL || r->planned.n == 0)
		return false;
	*l = (struct logits){ 0 };
	r->row->logits(r, l);
	return true;
}

static size_t
count_columns(const struct method_run *r, const struct logits *l)
{
	return (l->own ? 1 : l->m) + (l->queue ? r->keys.k : 0);
}

bool
logits_shape(const struct method_run *r, size_t *rows, size_t *columns)
{
	struct logits l;

	if (!find(r, &l))
		return false;
	*rows = l.n;
	*columns = count_columns(r, &l);
	return true;
}

static int
take_memory(struct matrix *x, size_t queue)
{
	const struct logits *l = &x->of;
	const size_t widest = l->m > queue ? l->m : queue;
	const size_t most = (l->n > l->m ? l->n : l->m) * x->p;

	x->unit = malloc(most * sizeof(*x->unit));
	x->query = kernel_alloc(x->kernel, l->n * x->p);
	x->key = kernel_alloc(x->kernel, l->m * x->p);
	x->part = kernel_alloc(x->kernel, ROWS * widest);
	if (x->unit == NULL)
		return fail_memory(most * sizeof(*x->unit));
	return x->query == NULL || x->key == NULL || x->part == NULL ?
	    fail_last() : 0;
}

static void
normalise(struct matrix *x)
{
	const struct logits *l = &x->of;

	unit_rows(x->unit, NULL, l->query, l->n, x->p);
	kernel_upload(x->kernel, x->query, x->unit, l->n * x->p);
	unit_rows(x->unit, NULL, l->key, l->m, x->p);
	kernel_upload(x->kernel, x->key, x->unit, l->m * x->p);
}

/* Columns from `at` on: m rows of the device's [m,p]. */
static void
write_columns(struct matrix *x, float *out, size_t at, const float *row,
    size_t m)
{
	for (size_t i = 0; i < x->of.n; i += ROWS) {
		const size_t n = x->of.n - i < ROWS ? x->of.n - i : ROWS;

		kernel_product(x->kernel, x->part, x->query + i * x->p, row,
		    (struct product){ .m = n, .n = m, .k = x->p,
			.transpose_b = true });
		kernel_scale(x->kernel, x->part, n * m, x->scale);
		for (size_t j = 0; j < n; j++)
			kernel_download(x->kernel,
			    out + (i + j) * x->columns + at, x->part + j * m,
			    m);
	}
}

/* The first column: each row with its own key. */
static void
write_own(const struct matrix *x, float *out)
{
	const struct logits *l = &x->of;

	for (size_t i = 0; i < l->n; i++) {
		const float *q = l->query + i * x->p, *k = l->key + i * x->p;

		out[i * x->columns] = (float)((double)x->scale *
		    unit_dot(q, k, x->p) / (unit_norm(q, x->p) *
		    unit_norm(k, x->p)));
	}
}

int
logits_write(const struct method_run *r, float *out)
{
	struct matrix x = { .kernel = r->kernel, .p = method_columns(r) };
	struct loss_options o = r->options.loss;
	int rc = loss_defaults(r->row->loss, &o);

	if (rc < 0 || !find(r, &x.of))
		return rc;
	x.columns = count_columns(r, &x.of);
	x.scale = (float)(1 / o.temperature);
	rc = take_memory(&x, x.of.queue ? r->keys.k : 0);
	if (rc == 0) {
		normalise(&x);
		if (x.of.own)
			write_own(&x, out);
		else
			write_columns(&x, out, 0, x.key, x.of.m);
		if (x.of.queue)
			write_columns(&x, out, x.of.own ? 1 : x.of.m,
			    r->keys.row, r->keys.k);
	}
	free(x.unit);
	kernel_release(x.kernel, x.query);
	kernel_release(x.kernel, x.key);
	kernel_release(x.kernel, x.part);
	return rc;
}
