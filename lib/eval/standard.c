/* SPDX-License-Identifier: MIT */
#include "eval/standard.h"

#include <math.h>
#include <stdlib.h>

#include "base/clones.h"
#include "base/num.h"

#define PIECE ((size_t)256)	/* rows taken together: they stay near */

struct work {
	const struct standard *to;
	float *x;
	size_t n;
};

int
standard_begin(struct standard *t, size_t dim)
{
	size_t size;

	if (num_mul(dim, 5 * sizeof(double), &size) < 0)
		return fail_last();
	/* Behind the squares, a piece's own mean and squares. */
	t->mean = malloc(size);
	if (t->mean == NULL)
		return fail_memory(size);
	t->dim = dim;
	t->factor = t->mean + dim;
	t->squares = t->factor + dim;
	t->n = 0;
	for (size_t c = 0; c < dim; c++) {
		t->mean[c] = t->squares[c] = 0;
		t->factor[c] = 1;
	}
	return 0;
}

CLONES static void
take_piece(struct standard *t, const float *x, size_t n)
{
	const size_t dim = t->dim;
	const double all = (double)(t->n + n), part = (double)n / all;
	double *mean = t->squares + dim, *squares = mean + dim;

	for (size_t c = 0; c < dim; c++)
		mean[c] = squares[c] = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < dim; c++)
			mean[c] += x[i * dim + c];
	for (size_t c = 0; c < dim; c++)
		mean[c] /= (double)n;
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < dim; c++)
			squares[c] += (x[i * dim + c] - mean[c])
			    * (x[i * dim + c] - mean[c]);
	for (size_t c = 0; c < dim; c++) {
		const double off = mean[c] - t->mean[c];

		t->mean[c] += off * part;
		t->squares[c] += squares[c] + off * off * part * (double)t->n;
	}
	t->n += n;
}

void
standard_take(struct standard *t, const float *x, size_t n)
{
	for (size_t at = 0; at < n; at += PIECE)
		take_piece(t, x + at * t->dim, n - at < PIECE ? n - at : PIECE);
}

void
standard_end(struct standard *t, bool deviation)
{
	for (size_t c = 0; c < t->dim && deviation; c++) {
		const double off = sqrt(t->squares[c] / (double)t->n);

		t->factor[c] = off > 1e-7 * fabs(t->mean[c]) ? 1 / off : 1;
	}
}

CLONES static void
apply_piece(void *arg, size_t piece, int worker)
{
	const struct work *w = arg;
	const struct standard *t = w->to;
	const size_t left = w->n - piece * PIECE;
	float *x = w->x + piece * PIECE * t->dim;

	(void)worker;
	for (size_t i = 0; i < PIECE && i < left; i++, x += t->dim)
		for (size_t c = 0; c < t->dim; c++)
			x[c] = (float)((x[c] - t->mean[c]) * t->factor[c]);
}

void
standard_apply(const struct standard *t, float *x, size_t n,
    struct pool *pool)
{
	struct work w = { .to = t, .x = x, .n = n };

	pool_each(pool, (n + PIECE - 1) / PIECE, apply_piece, &w);
}

void
standard_free(struct standard *t)
{
	free(t->mean);
	*t = (struct standard){ 0 };
}
