/* SPDX-License-Identifier: MIT */
/* Gram matrices against the slow obvious version, in double, for each
 * instruction set this processor has. */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "numbers.h"
#include "tap.h"

/* Rows, among how many, and columns: few; no whole vector; several loads. */
static const struct shape {
	size_t n, among, d;
} shapes[] = { { 1, 1, 1 }, { 5, 5, 3 }, { 300, 703, 37 },
	{ 700, 1400, 512 }, { 5000, 5000, 130 } };
#define N_SHAPES (sizeof(shapes) / sizeof(*shapes))

/* How far g is from the product, as a part of what it adds up. */
static double
distance(const float *g, const float *x, const struct shape *s)
{
	const size_t stride = kernel_gram_stride(s->d);
	double worst = 0;

	for (size_t i = 0; i < s->d; i++)
		for (size_t j = 0; j <= i; j++) {
			double sum = 0, size = 0, off;

			for (size_t row = 0; row < s->n; row++) {
				const float *at = x
				    + row * s->among / s->n * s->d;
				const double p = (double)at[i] * (double)at[j];

				sum += p;
				size += fabs(p);
			}
			off = fabs(sum - (double)g[i * stride + j]) / size;
			worst = off > worst || isnan(off) ? off : worst;
		}
	return worst;
}

static void
test_gram(struct kernel *one, struct kernel *three, const struct shape *s)
{
	const size_t stride = kernel_gram_stride(s->d);
	const size_t size = stride * stride;
	float *x = numbers(s->among * s->d, 0);
	float *g = kernel_alloc(one, size), *h = kernel_alloc(three, size);
	/* Sums of 128 floats, added up. */
	const size_t sums = (s->n < 128 ? s->n : 128) + s->n / 128;
	double off;

	if (g == NULL || h == NULL || kernel_gram_reserve(one, s->d) < 0
	    || kernel_gram_reserve(three, s->d) < 0)
		abort();
	/* What is there before does not count. */
	memset(g, 0x7f, size * sizeof(*g));
	kernel_gram(one, g, x, s->n, s->among, s->d);
	kernel_gram(three, h, x, s->n, s->among, s->d);
	off = distance(g, x, s);
	ok(off < (double)sums * 6e-8, "%s: %zu rows among %zu, %zu columns: %.2g",
	    kernel_simd(one), s->n, s->among, s->d, off);
	ok(memcmp(g, h, size * sizeof(*g)) == 0, "… on any threads");
	kernel_release(one, g);
	kernel_release(three, h);
	free(x);
}

int
main(void)
{
	static const char *const sets[] = { "generic", "avx2", "avx512",
		"neon" };
	struct pool *one = pool_new(1), *three = pool_new(3);

	for (int i = 0; i < 4; i++) {
		struct kernel *k, *l;

		setenv("SELF_SIMD", sets[i], 1);
		k = kernel_new(one);
		l = kernel_new(three);
		for (size_t s = 0; k != NULL && l != NULL && s < N_SHAPES; s++)
			test_gram(k, l, &shapes[s]);
		if (k == NULL)
			printf("# %s\n", fail_text());
		kernel_free(k);
		kernel_free(l);
	}
	pool_free(one);
	pool_free(three);
	return tap_done();
}
