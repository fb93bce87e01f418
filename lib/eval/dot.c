/* SPDX-License-Identifier: MIT */
#include "eval/dot.h"

double
eval_dot(const double *a, const double *b, size_t n)
{
	double sum[4] = { 0 };
	size_t i = 0;

	for (; i + 4 <= n; i += 4)
		for (size_t j = 0; j < 4; j++)
			sum[j] += a[i + j] * b[i + j];
	for (; i < n; i++)
		sum[0] += a[i] * b[i];
	return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}
