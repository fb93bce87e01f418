/*
 * numbers: floats for products to work on.
 */
#ifndef SELF_TESTS_NUMBERS_H
#define SELF_TESTS_NUMBERS_H

#include <stdint.h>
#include <stdlib.h>

#include "base/rng.h"

/* n of -1 to 1, others for each index; the caller frees them. */
static inline float *
numbers(size_t n, uint64_t index)
{
	struct rng r = rng_at(7, 0, index, 0, 1000);
	float *x = malloc(n * sizeof(*x));

	if (x == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		x[i] = (float)rng_between(&r, -1, 1);
	return x;
}

#endif
