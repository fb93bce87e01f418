/* SPDX-License-Identifier: MIT */
#include "eval/dot.h"

#include "base/clones.h"

CLONES double
eval_dot(const double *a, const double *b, size_t n)
{
	double sum[8] = { 0 };
	size_t i = 0;

	for (; i + 8 <= n; i += 8)
		for (size_t j = 0; j < 8; j++)
			sum[j] += a[i + j] * b[i + j];
	for (; i < n; i++)
		sum[0] += a[i] * b[i];
	return ((sum[0] + sum[4]) + (sum[2] + sum[6])) +
	    ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

CLONES double
eval_dot_floats(const float *a, const float *b, size_t n)
{
	double sum[8] = { 0 };
	size_t i = 0;

	for (; i + 8 <= n; i += 8)
		for (size_t j = 0; j < 8; j++)
			sum[j] += (double)a[i + j] * b[i + j];
	for (; i < n; i++)
		sum[0] += (double)a[i] * b[i];
	return ((sum[0] + sum[4]) + (sum[2] + sum[6])) +
	    ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}
