/* SPDX-License-Identifier: MIT */
#include "eval/rank.h"

#include <math.h>
#include <string.h>

bool
rank_before(double a, int64_t i, double b, int64_t j)
{
	return a != b ? a > b : i < j;
}

size_t
rank_of(const float *scores, size_t classes, size_t truth)
{
	size_t rank = 0;

	for (size_t c = 0; c < classes; c++)
		rank += rank_before(scores[c], (int64_t)c, scores[truth],
		    (int64_t)truth);
	return rank;
}

/* Every float but NaN and infinity has an exponent that is not all ones. */
bool
rank_finite(const float *x, size_t n)
{
	uint32_t odd = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t bits;

		memcpy(&bits, &x[i], sizeof(bits));
		odd |= (bits & 0x7f800000) == 0x7f800000;
	}
	return odd == 0;
}

size_t
rank_first_odd(const float *x, size_t n)
{
	size_t i = 0;

	while (i < n && isfinite(x[i]))
		i++;
	return i;
}
