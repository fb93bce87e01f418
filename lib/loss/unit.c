/* SPDX-License-Identifier: MIT */
#include "loss/unit.h"

#include <math.h>

#include "loss/loss.h"

double
unit_dot(const float *a, const float *b, size_t p)
{
	double sum = 0;

	for (size_t i = 0; i < p; i++)
		sum += (double)a[i] * (double)b[i];
	return sum;
}

double
unit_norm(const float *x, size_t p)
{
	const double norm = sqrt(unit_dot(x, x, p));

	return norm > LOSS_NORM_FLOOR ? norm : LOSS_NORM_FLOOR;
}

void
unit_rows(float *unit, double *norm, const float *x, size_t n, size_t p)
{
	for (size_t i = 0; i < n; i++) {
		const double length = unit_norm(x + i * p, p);

		for (size_t j = 0; j < p; j++)
			unit[i * p + j] = (float)((double)x[i * p + j] /
			    length);
		if (norm != NULL)
			norm[i] = length;
	}
}

void
unit_slope(float *grad, const double *slope, const float *unit, double norm,
    size_t p)
{
	double along = 0;

	if (norm > LOSS_NORM_FLOOR)
		for (size_t j = 0; j < p; j++)
			along += slope[j] * (double)unit[j];
	for (size_t j = 0; j < p; j++)
		grad[j] = (float)((slope[j] - along * (double)unit[j]) / norm);
}
