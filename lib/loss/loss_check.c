/* SPDX-License-Identifier: MIT */
#include "loss/check.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
check_share(const struct loss_field *f, const float *share, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!(share[i] >= 0 && share[i] <= 1))
			return fail(FAIL_FORMAT, "%s: %g in row %zu, not a "
			    "share between 0 and 1", f->name,
			    (double)share[i], i);
	return 0;
}

static int
check_place(const struct loss_field *f, const int64_t *place, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (place[i] < 0 || (uint64_t)place[i] >= n)
			return fail(FAIL_FORMAT, "%s: %" PRId64 " in row %zu "
			    "is outside 0..%zu", f->name, place[i], i, n - 1);
	return 0;
}

static int
check_label(const struct loss_field *f, const int64_t *label, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (label[i] < -1)
			return fail(FAIL_FORMAT, "%s: %" PRId64 " in row %zu; "
			    "a label is 0 or more, or -1 for none", f->name,
			    label[i], i);
	return 0;
}

int
check_fields(const struct loss *l, const struct loss_call *c)
{
	int rc = 0;

	for (size_t i = 0; i < l->n_fields && rc == 0; i++) {
		const struct loss_field *f = &l->fields[i];
		const struct loss_array *a = &c->in[i];

		if (f->type == LOSS_SHARE && a->real != NULL)
			rc = check_share(f, a->real, c->n);
		else if (f->type == LOSS_PLACE && a->whole != NULL)
			rc = check_place(f, a->whole, c->n);
		else if (f->type == LOSS_LABEL && a->whole != NULL)
			rc = check_label(f, a->whole, c->n);
	}
	return rc;
}

/* The place of the first of n numbers that is not finite, or n. */
static size_t
find_bad(const float *x, size_t n)
{
	size_t i = 0;

	while (i < n && isfinite(x[i]))
		i++;
	return i;
}

static const char *
word(double x)
{
	return isnan(x) ? "NaN" : x > 0 ? "infinity" : "-infinity";
}

static int
check_rows(const char *name, const float *x, size_t n, size_t p)
{
	const size_t bad = find_bad(x, n * p);

	return bad == n * p ? 0 : fail(FAIL_FORMAT, "%s: %s in row %zu, "
	    "column %zu; a loss needs finite numbers", name,
	    word((double)x[bad]), bad / p, bad % p);
}

static int
compare(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Two labelled rows of one class and one of another; where every row is a
 * pair of views, one labelled row. */
static int
check_pairs(const struct loss_field *f, const int64_t *label, size_t n,
    bool views)
{
	int64_t *sorted = malloc(n * sizeof(*sorted));
	bool found = false, others = views;

	if (sorted == NULL)
		return fail_memory(n * sizeof(*sorted));
	memcpy(sorted, label, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare);
	for (size_t i = 0; i < n; i++) {
		found = found || (sorted[i] >= 0 && (views || (i > 0 &&
		    sorted[i] == sorted[i - 1])));
		others = others || (sorted[i] >= 0 &&
		    sorted[i] != sorted[n - 1]);
	}
	free(sorted);
	if (found && !others)
		return fail(FAIL_FORMAT, "%s: all rows that have one share "
		    "it, so the loss is 0 for any embeddings", f->name);
	return found ? 0 : fail(FAIL_FORMAT, views ? "%s: no row has one; a "
	    "row of -1 takes no part, so there is no loss" : "%s: no two rows "
	    "share one, so there is no positive pair and no loss", f->name);
}

static int
check_series(const struct loss_field *f, const struct loss_call *c)
{
	int rc = 0;

	for (size_t i = 0; i < c->n_strong && rc == 0; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s%zu", f->name, i);
		rc = check_rows(name, c->strong[i].real, c->n, c->p);
	}
	return rc;
}

int
loss_check_values(const struct loss *l, const struct loss_call *c)
{
	int rc = check_fields(l, c);

	for (size_t i = 0; i < l->n_fields && rc == 0; i++) {
		const struct loss_field *f = &l->fields[i];

		if (f->type == LOSS_EMBEDDING)
			rc = check_rows(f->name, c->in[i].real, c->n, c->p);
		else if (f->type == LOSS_QUEUE)
			rc = check_rows(f->name, c->in[i].real, c->k, c->p);
		else if (f->type == LOSS_STRONG)
			rc = check_series(f, c);
		else if (f->type == LOSS_LABEL)
			rc = check_pairs(f, c->in[i].whole, c->n,
			    l->fields[1].type == LOSS_EMBEDDING);
	}
	return rc;
}

static int
check_number(const char *name, double x)
{
	return isfinite((float)x) ? 0 : fail(FAIL_DIVERGED, "%s: %s; the "
	    "embeddings or the queue are too large for 32-bit floats", name,
	    word(x));
}

static int
check_grad(const char *name, const float *grad, size_t n)
{
	const size_t bad = grad == NULL ? n : find_bad(grad, n);

	return bad == n ? 0 : fail(FAIL_DIVERGED, "grad_%s: %s; the "
	    "embeddings or the queue are too large for 32-bit floats", name,
	    word((double)grad[bad]));
}

int
loss_check_result(const struct loss *l, const struct loss_call *c)
{
	int rc = check_number("loss", c->loss);

	for (size_t i = 0; i < LOSS_PARTS && l->parts[i] != NULL && rc == 0;
	    i++)
		rc = check_number(l->parts[i], c->part[i]);
	for (size_t i = 0; i < l->n_fields && rc == 0; i++)
		rc = check_grad(l->fields[i].name, c->in[i].grad, c->n * c->p);
	for (size_t i = 0; i < c->n_strong && rc == 0; i++)
		rc = check_grad("s", c->strong[i].grad, c->n * c->p);
	return rc;
}
