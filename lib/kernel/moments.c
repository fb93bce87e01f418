/* SPDX-License-Identifier: MIT */
#include "kernel/moments.h"

#include <math.h>

/* Channels of one task at the end. */
#define CHANNELS ((size_t)64)

/* A piece: sum [c] and sum of squares [c] around its first row, how many rows
 * it has and which is the first. */
static double *
piece_of(const struct moments *m, size_t piece)
{
	return m->sums + piece * (2 * m->c + 2);
}

static double
rows_of(const struct moments *m, size_t piece)
{
	return piece_of(m, piece)[2 * m->c];
}

static const float *
around(const struct moments *m, size_t piece)
{
	return m->y + (size_t)piece_of(m, piece)[2 * m->c + 1] * m->c;
}

size_t
moments_room(size_t pieces, size_t c)
{
	return pieces * (2 * c + 2);
}

void
moments_begin(const struct moments *m, size_t piece, size_t first)
{
	double *sums = piece_of(m, piece);

	for (size_t i = 0; i <= 2 * m->c; i++)
		sums[i] = 0;
	sums[2 * m->c + 1] = (double)first;
}

void
moments_add(const struct moments *m, size_t piece, size_t first, size_t n)
{
	double *sums = piece_of(m, piece);

	simd_norm[m->simd->set]->sums(sums, sums + m->c, m->y + first * m->c,
	    around(m, piece), n, m->c);
	sums[2 * m->c] += (double)n;
}

static double
all_rows(const struct moments *m)
{
	double rows = 0;

	for (size_t p = 0; p < m->pieces; p++)
		rows += rows_of(m, p);
	return rows;
}

/* Sum over the pieces of n (their mean), for n channels from first on. */
static void
add_means(const struct moments *m, size_t first, size_t n, double *sum)
{
	for (size_t p = 0; p < m->pieces; p++) {
		const double rows = rows_of(m, p);
		const double *of = piece_of(m, p) + first;
		const float *middle = around(m, p) + first;

		for (size_t i = 0; i < n; i++)
			sum[i] += of[i] + rows * (double)middle[i];
	}
}

/* Sum of squares around `mean`: within each piece around its own mean, then
 * of the pieces' means (Chan, Golub & LeVeque 1979). */
static void
add_squares(const struct moments *m, size_t first, size_t n,
    const double *mean, double *square)
{
	for (size_t p = 0; p < m->pieces; p++) {
		const double rows = rows_of(m, p);
		const double *of = piece_of(m, p) + first;
		const float *middle = around(m, p) + first;

		for (size_t i = 0; i < n; i++) {
			const double off = of[i] / rows;
			const double far = (double)middle[i] + off - mean[i];

			square[i] += of[m->c + i] - off * of[i]
			    + rows * far * far;
		}
	}
}

static void
end_channels(void *arg, size_t first, size_t end, int worker)
{
	const struct moments *m = arg;
	const double rows = all_rows(m);
	double mean[CHANNELS] = { 0 }, square[CHANNELS] = { 0 };

	(void)worker;
	add_means(m, first, end - first, mean);
	for (size_t i = 0; i < end - first; i++)
		mean[i] /= rows;
	add_squares(m, first, end - first, mean, square);
	for (size_t i = 0; i < end - first; i++) {
		const double variance = square[i] > 0 ? square[i] / rows : 0;

		m->mean[first + i] = (float)mean[i];
		m->inv_std[first + i] = (float)(1 / sqrt(variance
		    + m->epsilon));
	}
}

void
moments_end(struct kernel *k, struct moments *m)
{
	cpu_pieces(k, m->c, CHANNELS, end_channels, m);
}

void
epilogue_rows(const struct epilogue *e, size_t piece, bool begin,
    size_t first, size_t n)
{
	const struct finish *f = e->finish;

	if (e->moments != NULL) {
		if (begin)
			moments_begin(e->moments, piece, first);
		moments_add(e->moments, piece, first, n);
	}
	if (f != NULL)
		simd_norm[f->simd->set]->apply(f->y + first * f->c,
		    f->y + first * f->c, f->a, f->b, f->residual == NULL ? NULL
		    : f->residual + first * f->c, f->relu, n, f->c);
}

void
finish_coefficients(float *a, float *b, const float *scale,
    const float *shift, const float *running_mean, const float *running_var,
    const struct norm *s)
{
	for (int i = 0; i < s->channels; i++) {
		const double slope = (double)scale[i]
		    / sqrt((double)running_var[i] + (double)s->epsilon);

		a[i] = (float)slope;
		b[i] = (float)((double)shift[i]
		    - (double)running_mean[i] * slope);
	}
}
