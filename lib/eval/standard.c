/* SPDX-License-Identifier: MIT */
#include "eval/standard.h"

#include <math.h>
#include <stdlib.h>

#include "base/clones.h"

#define PIECE ((size_t)1024)	/* rows in one task */

struct work {
	const struct standard *to;
	float *x;
	size_t n;
	const double *around;	/* [dim] what is subtracted, or NULL */
	bool square;
	double *sums;		/* [pieces,dim] */
};

static size_t
rows_of(const struct work *w, size_t piece)
{
	const size_t left = w->n - piece * PIECE;

	return left < PIECE ? left : PIECE;
}

/* sum [dim] = sum over rows of x, of x - around or of its square. */
CLONES static void
sum_piece(void *arg, size_t piece, int worker)
{
	const struct work *w = arg;
	const size_t dim = w->to->dim;
	const float *x = w->x + piece * PIECE * dim;
	double *sum = w->sums + piece * dim;

	(void)worker;
	for (size_t c = 0; c < dim; c++)
		sum[c] = 0;
	for (size_t i = 0; i < rows_of(w, piece); i++, x += dim)
		if (!w->square)
			for (size_t c = 0; c < dim; c++)
				sum[c] += x[c];
		else
			for (size_t c = 0; c < dim; c++)
				sum[c] += (x[c] - w->around[c])
				    * (x[c] - w->around[c]);
}

/* mean [dim] of what sum_piece sums, over all rows. */
static void
average(double *mean, struct work *w, struct pool *pool)
{
	const size_t pieces = (w->n + PIECE - 1) / PIECE, dim = w->to->dim;

	pool_each(pool, pieces, sum_piece, w);
	for (size_t c = 0; c < dim; c++) {
		mean[c] = 0;
		for (size_t i = 0; i < pieces; i++)
			mean[c] += w->sums[i * dim + c];
		mean[c] /= (double)w->n;
	}
}

int
standard_measure(struct standard *t, float *x, size_t n, size_t dim,
    bool deviation, struct pool *pool)
{
	struct work w = { .to = t, .x = x, .n = n };

	t->dim = dim;
	t->mean = malloc(dim * sizeof(*t->mean));
	t->factor = malloc(dim * sizeof(*t->factor));
	w.sums = malloc((n + PIECE - 1) / PIECE * dim * sizeof(*w.sums));
	if (t->mean == NULL || t->factor == NULL || w.sums == NULL) {
		free(w.sums);
		return fail_memory(dim * sizeof(*t->mean));
	}
	average(t->mean, &w, pool);
	w.around = t->mean;
	w.square = true;
	if (deviation)
		average(t->factor, &w, pool);
	for (size_t c = 0; c < dim; c++) {
		const double off = deviation ? sqrt(t->factor[c]) : 1;

		t->factor[c] = deviation && off > 1e-7 * fabs(t->mean[c])
		    ? 1 / off : 1;
	}
	free(w.sums);
	return 0;
}

CLONES static void
apply_piece(void *arg, size_t piece, int worker)
{
	const struct work *w = arg;
	const struct standard *t = w->to;
	float *x = w->x + piece * PIECE * t->dim;

	(void)worker;
	for (size_t i = 0; i < rows_of(w, piece); i++, x += t->dim)
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
	free(t->factor);
	*t = (struct standard){ 0 };
}
