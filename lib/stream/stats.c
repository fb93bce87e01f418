/* SPDX-License-Identifier: MIT */
#include "stream/stats.h"

#include <math.h>

#define BLOCK 512

/* Moves the finite numbers to the front and counts the others. */
static size_t
keep_finite(struct stats *s, double *x, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (isfinite(x[i]))
			x[kept++] = x[i];
		else if (isnan(x[i]))
			s->nan++;
		else
			s->infinite++;
	}
	return kept;
}

/* Joins two sets of known count, mean and squares (Chan, Golub & LeVeque
 * 1979). */
static void
join(struct stats *s, size_t n, double mean, double squares)
{
	const double all = (double)s->count + (double)n;
	const double delta = mean - s->mean;

	s->squares += squares + delta * delta * (double)s->count *
	    ((double)n / all);
	s->mean += delta * ((double)n / all);
	s->count += n;
}

static void
add_block(struct stats *s, double *x, size_t n)
{
	double sum = 0, squares = 0, mean;

	n = keep_finite(s, x, n);
	if (n == 0)
		return;
	if (s->count == 0)
		s->min = s->max = x[0];
	for (size_t i = 0; i < n; i++) {
		sum += x[i];
		s->min = x[i] < s->min ? x[i] : s->min;
		s->max = x[i] > s->max ? x[i] : s->max;
	}
	mean = sum / (double)n;
	for (size_t i = 0; i < n; i++)
		squares += (x[i] - mean) * (x[i] - mean);
	join(s, n, mean, squares);
}

void
stats_add(struct stats *s, const struct tensor *t)
{
	const size_t n = tensor_count(t);
	double x[BLOCK];

	for (size_t at = 0; at < n; at += BLOCK) {
		const size_t these = n - at < BLOCK ? n - at : BLOCK;

		tensor_numbers(t, at, these, x);
		add_block(s, x, these);
	}
}

double
stats_deviation(const struct stats *s)
{
	return s->count == 0 ? 0 : sqrt(s->squares / (double)s->count);
}
