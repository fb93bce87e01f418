/* SPDX-License-Identifier: MIT */
/* Products of bundled rows against the slow obvious version, in double, for
 * each instruction set this processor has. */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>

#include "kernel/kernel.h"
#include "numbers.h"
#include "tap.h"

/* Any rows of a left bundle by the first of a right one, put there in pieces,
 * by one chunk of numbers, by two and by three. */
static void
test_bundle(struct kernel *k, const char *name)
{
	static const size_t dims[] = { 1, 37, 252, 253, 512 };
	const size_t m = 61, n = 83, at = 5, most = 512;
	float *a = numbers(m * most, 0), *b = numbers(n * most, 1);
	double worst = 0;

	for (size_t t = 0; t < sizeof(dims) / sizeof(dims[0]); t++) {
		const size_t d = dims[t], few = t % 2 > 0 ? n : n - 9;
		const size_t stride = kernel_bundle_stride(k, few);
		struct bundle *left = kernel_bundle_new(k, m, d, false);
		struct bundle *right = kernel_bundle_new(k, n, d, true);
		float *c = kernel_alloc(k, kernel_bundle_room(k, m - at, few));

		for (size_t i = 0; i < m; i += 13)
			kernel_bundle_put(k, left, i, a + i * d,
			    m - i < 13 ? m - i : 13);
		for (size_t i = 0; i < n; i += 11)
			kernel_bundle_put(k, right, i, b + i * d,
			    n - i < 11 ? n - i : 11);
		kernel_bundle_product(k, c, left, at, m - at, right, few);
		for (size_t i = at; i < m; i++)
		for (size_t j = 0; j < few; j++) {
			double e = -(double)c[(i - at) * stride + j];

			for (size_t l = 0; l < d; l++)
				e += (double)a[i * d + l]
				    * (double)b[j * d + l];
			e = fabs(e) / (double)d;
			worst = e > worst || isnan(e) ? e : worst;
		}
		kernel_release(k, c);
		kernel_bundle_free(k, left);
		kernel_bundle_free(k, right);
	}
	ok(worst < 1e-6, "%s: products of bundled rows: %.2g", name, worst);
	free(a);
	free(b);
}

int
main(void)
{
	static const char *const sets[] = { "generic", "avx2", "avx512",
		"neon" };
	struct pool *pool = pool_new(1);

	for (int i = 0; i < 4; i++) {
		struct kernel *k;

		setenv("SELF_SIMD", sets[i], 1);
		k = kernel_new(pool);
		if (k == NULL) {
			printf("# %s\n", fail_text());
			continue;
		}
		test_bundle(k, sets[i]);
		kernel_free(k);
	}
	pool_free(pool);
	return tap_done();
}
