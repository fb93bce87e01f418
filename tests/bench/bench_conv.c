/* SPDX-License-Identifier: MIT */
/*
 * bench_conv [THREADS [SECONDS]]: convolutions of the residual networks, as a
 * table: shape, then GFLOP/s of the direct algorithm's operations forward,
 * backward to the data and to the weights, each also over sgemm's speed in
 * the same moment.
 */
#include <stdio.h>

#include "base/rng.h"
#include "bench.h"
#include "kernel/kernel.h"

static struct kernel *kernel;
static double budget_s;

static float *
numbers(size_t n)
{
	struct rng r = rng_at(1, 0, n, 0, 1000);
	float *x = kernel_alloc(kernel, n);

	if (x == NULL) {
		fprintf(stderr, "bench_conv: %s\n", fail_text());
		exit(1);
	}
	for (size_t i = 0; i < n; i++)
		x[i] = (float)rng_between(&r, -1, 1);
	return x;
}

/* FLOP/s of a square product that fits the cache. */
static double
sgemm_speed(void)
{
	const size_t m = 768;
	const struct product p = { .m = m, .n = m, .k = m };
	float *a = numbers(m * m), *b = numbers(m * m), *c = numbers(m * m);
	struct bench t = bench_new(budget_s);

	while (bench_more(&t))
		kernel_product(kernel, c, a, b, p);
	kernel_release(kernel, a);
	kernel_release(kernel, b);
	kernel_release(kernel, c);
	return 2.0 * (double)(m * m * m) / bench_median(&t);
}

static void
measure(const struct conv *s)
{
	const size_t nx = (size_t)s->n * (size_t)s->h * (size_t)s->w
	    * (size_t)s->c;
	const size_t ny = (size_t)s->n * (size_t)conv_extent(s, s->h)
	    * (size_t)conv_extent(s, s->w) * (size_t)s->o;
	const size_t taps = (size_t)s->size * (size_t)s->size;
	const size_t nw = (size_t)s->o * (size_t)s->c * taps;
	const double flop = 2 * (double)ny * (double)s->c * (double)taps;
	float *x = numbers(nx), *y = numbers(ny), *w = numbers(nw);
	float *dw = numbers(nw);

	if (kernel_conv_reserve(kernel, s, true) < 0)
		abort();
	printf("%dx%dx%dx%d\t%d\t%dx%d/%d", s->n, s->h, s->w, s->c, s->o,
	    s->size, s->size, s->stride);
	for (int way = 0; way < 3; way++) {
		const double peak = sgemm_speed();
		struct bench t = bench_new(budget_s);
		double speed;

		while (bench_more(&t))
			if (way == 0)
				kernel_conv_forward(kernel, y, x, w, s);
			else if (way == 1)
				kernel_conv_backward_data(kernel, x, y, w, s,
				    false);
			else
				kernel_conv_backward_weight(kernel, dw, x, y,
				    s);
		speed = flop / bench_median(&t);
		printf("\t%.1f\t%.2f", speed / 1e9, speed / peak);
	}
	printf("\n");
	fflush(stdout);
	kernel_release(kernel, x);
	kernel_release(kernel, y);
	kernel_release(kernel, w);
	kernel_release(kernel, dw);
}

int
main(int argc, char **argv)
{
	static const struct conv shapes[] = {
		/* resnet18, cifar stem, width 16, batch 256 */
		{ 256, 32, 32, 3, 16, 3, 1, 1 },
		{ 256, 32, 32, 16, 16, 3, 1, 1 },
		{ 256, 32, 32, 16, 32, 3, 2, 1 },
		{ 256, 32, 32, 16, 32, 1, 2, 0 },
		{ 256, 16, 16, 32, 32, 3, 1, 1 },
		{ 256, 8, 8, 64, 64, 3, 1, 1 },
		{ 256, 4, 4, 128, 128, 3, 1, 1 },
		/* the same, width 64, batch 64 */
		{ 64, 32, 32, 3, 64, 3, 1, 1 },
		{ 64, 32, 32, 64, 64, 3, 1, 1 },
		{ 64, 32, 32, 64, 128, 3, 2, 1 },
		{ 64, 16, 16, 128, 128, 3, 1, 1 },
		{ 64, 8, 8, 256, 256, 3, 1, 1 },
		{ 64, 4, 4, 512, 512, 3, 1, 1 },
		/* resnet50 at 224 px, batch 8 */
		{ 8, 224, 224, 3, 64, 7, 2, 3 },
		{ 8, 56, 56, 64, 64, 3, 1, 1 },
		{ 8, 56, 56, 256, 64, 1, 1, 0 },
		{ 8, 56, 56, 64, 256, 1, 1, 0 },
		{ 8, 56, 56, 128, 128, 3, 2, 1 },
		{ 8, 28, 28, 128, 512, 1, 1, 0 },
		{ 8, 14, 14, 256, 256, 3, 1, 1 },
		{ 8, 14, 14, 1024, 256, 1, 1, 0 },
		{ 8, 7, 7, 512, 512, 3, 1, 1 },
		{ 8, 7, 7, 512, 2048, 1, 1, 0 },
	};
	struct pool *pool = pool_new(argc > 1 ? atoi(argv[1])
	    : pool_default_threads());

	budget_s = argc > 2 ? atof(argv[2]) : 0.1;
	kernel = pool == NULL ? NULL : kernel_new(pool);
	if (kernel == NULL) {
		fprintf(stderr, "bench_conv: %s\n", fail_text());
		return 1;
	}
	printf("# %s, %d threads\n", kernel_simd(kernel), pool_threads(pool));
	printf("input\tchannels\twindow\tforward\tof sgemm\tdata\tof sgemm\t"
	    "weight\tof sgemm\n");
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		measure(&shapes[i]);
	kernel_free(kernel);
	pool_free(pool);
	return 0;
}
