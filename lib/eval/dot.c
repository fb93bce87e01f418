/* SPDX-License-Identifier: MIT */
#include "eval/dot.h"

#include <string.h>

#include "base/clones.h"

#define INLINE static inline __attribute__((always_inline))

/* Sums side by side; there are two, since an addition takes longer than the
 * product it adds. */
typedef double eights __attribute__((vector_size(64)));

/* sum += a [8] b [8].  (The loop becomes one product of vectors; what is
 * added to an array, and not to a vector, does not.) */
INLINE void
add(eights *sum, const double *a, const double *b)
{
	double products[8];
	eights these;

	for (size_t j = 0; j < 8; j++)
		products[j] = a[j] * b[j];
	memcpy(&these, products, sizeof(these));
	*sum += these;
}

INLINE void
add_floats(eights *sum, const float *a, const float *b)
{
	double products[8];
	eights these;

	for (size_t j = 0; j < 8; j++)
		products[j] = (double)a[j] * b[j];
	memcpy(&these, products, sizeof(these));
	*sum += these;
}

INLINE double
total(const eights *sum, double rest)
{
	const eights s = *sum;

	return (((s[0] + s[4]) + (s[2] + s[6])) +
	    ((s[1] + s[5]) + (s[3] + s[7]))) + rest;
}

CLONES double
eval_dot(const double *a, const double *b, size_t n)
{
	eights one = { 0 }, two = { 0 };
	double rest = 0;
	size_t i = 0;

	for (; i + 16 <= n; i += 16) {
		add(&one, a + i, b + i);
		add(&two, a + i + 8, b + i + 8);
	}
	if (i + 8 <= n) {
		add(&one, a + i, b + i);
		i += 8;
	}
	for (; i < n; i++)
		rest += a[i] * b[i];
	one += two;
	return total(&one, rest);
}

CLONES void
eval_dots(double out[4], const double *a, const double *b, size_t apart,
    size_t n)
{
	eights sum[4] = { 0 };
	double rest[4] = { 0 };
	size_t i = 0;

	for (; i + 8 <= n; i += 8)
		for (size_t v = 0; v < 4; v++)
			add(&sum[v], a + i, b + v * apart + i);
	for (; i < n; i++)
		for (size_t v = 0; v < 4; v++)
			rest[v] += a[i] * b[v * apart + i];
	for (size_t v = 0; v < 4; v++)
		out[v] = total(&sum[v], rest[v]);
}

CLONES double
eval_dot_floats(const float *a, const float *b, size_t n, const float *next)
{
	eights one = { 0 }, two = { 0 };
	double rest = 0;
	size_t i = 0;

	for (; i + 16 <= n; i += 16) {
		__builtin_prefetch(next + i);
		add_floats(&one, a + i, b + i);
		add_floats(&two, a + i + 8, b + i + 8);
	}
	if (i + 8 <= n) {
		add_floats(&one, a + i, b + i);
		i += 8;
	}
	for (; i < n; i++)
		rest += (double)a[i] * b[i];
	one += two;
	return total(&one, rest);
}
