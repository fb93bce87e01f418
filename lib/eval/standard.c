/* SPDX-License-Identifier: MIT */
#include "eval/standard.h"

#include <math.h>
#include <stdlib.h>

#include "base/clones.h"

#define PIECE ((size_t)256)	/* rows in one task: they stay near */

struct work {
	const struct standard *to;
	float *x;
	size_t n;
	double *means;		/* [pieces,2,dim] of a piece's rows; then the
				 * sums of squares around them, if asked for */
	bool squares;
};

static size_t
rows_of(const struct work *w, size_t piece)
{
	const size_t left = w->n - piece * PIECE;

	return left < PIECE ? left : PIECE;
}

CLONES static void
measure_piece(void *arg, size_t piece, int worker)
{
	const struct work *w = arg;
	const size_t dim = w->to->dim, n = rows_of(w, piece);
	const float *x = w->x + piece * PIECE * dim;
	double *mean = w->means + piece * 2 * dim, *squares = mean + dim;

	(void)worker;
	for (size_t c = 0; c < dim; c++)
		mean[c] = squares[c] = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t c = 0; c < dim; c++)
			mean[c] += x[i * dim + c];
	for (size_t c = 0; c < dim; c++)
		mean[c] /= (double)n;
	for (size_t i = 0; i < n && w->squares; i++)
		for (size_t c = 0; c < dim; c++)
			squares[c] += (x[i * dim + c] - mean[c])
			    * (x[i * dim + c] - mean[c]);
}

/* The mean of one feature, and its variance around it (Chan et al. 1979). */
static void
join_pieces(const struct work *w, size_t c, double *mean, double *variance)
{
	const size_t pieces = (w->n + PIECE - 1) / PIECE, dim = w->to->dim;
	double sum = 0, squares = 0;

	for (size_t i = 0; i < pieces; i++)
		sum += w->means[i * 2 * dim + c] * (double)rows_of(w, i);
	*mean = sum / (double)w->n;
	for (size_t i = 0; i < pieces; i++) {
		const double off = w->means[i * 2 * dim + c] - *mean;

		squares += w->means[(i * 2 + 1) * dim + c]
		    + off * off * (double)rows_of(w, i);
	}
	*variance = squares / (double)w->n;
}

int
standard_measure(struct standard *t, float *x, size_t n, size_t dim,
    bool deviation, struct pool *pool)
{
	const size_t pieces = (n + PIECE - 1) / PIECE;
	struct work w = { .to = t, .x = x, .n = n, .squares = deviation };

	t->dim = dim;
	t->mean = malloc(dim * sizeof(*t->mean));
	t->factor = malloc(dim * sizeof(*t->factor));
	w.means = malloc(pieces * 2 * dim * sizeof(*w.means));
	if (t->mean == NULL || t->factor == NULL || w.means == NULL) {
		free(w.means);
		return fail_memory(pieces * 2 * dim * sizeof(*w.means));
	}
	pool_each(pool, pieces, measure_piece, &w);
	for (size_t c = 0; c < dim; c++) {
		double variance, off;

		join_pieces(&w, c, &t->mean[c], &variance);
		off = sqrt(variance);
		t->factor[c] = deviation && off > 1e-7 * fabs(t->mean[c])
		    ? 1 / off : 1;
	}
	free(w.means);
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
