/* SPDX-License-Identifier: MIT */
/* Softmax products against their definition in double. */
#include <stdlib.h>

#include "base/rng.h"
#include "kernel/kernel.h"
#include "tap.h"

static float *
rows(size_t n, size_t p, uint64_t seed)
{
	struct rng r = rng_at(seed, 0, 0, 0, 1);
	float *x = malloc((n * p + 1) * sizeof(*x));

	if (x == NULL)
		abort();
	for (size_t i = 0; i < n; i++) {
		double square = 0;

		for (size_t j = 0; j < p; j++) {
			x[i * p + j] = (float)rng_normal(&r);
			square += pow(x[i * p + j], 2);
		}
		for (size_t j = 0; j < p; j++)
			x[i * p + j] = (float)(x[i * p + j] / sqrt(square));
	}
	return x;
}

static double *
doubles(size_t n)
{
	double *x = calloc(n + 1, sizeof(*x));

	if (x == NULL)
		abort();
	return x;
}

static double
dot(const float *a, const float *b, size_t p)
{
	double sum = 0;

	for (size_t i = 0; i < p; i++)
		sum += (double)a[i] * b[i];
	return sum;
}

static bool
left_out(const struct attend *s, size_t i, size_t j)
{
	return s->period > 0 && i % s->period == j % s->period;
}

/* lse, mean and, by that lse, back. */
static void
slow(const struct attend *s, const float *a, const float *c, double *lse,
    double *mean, double *back)
{
	for (size_t i = 0; i < s->n; i++) {
		double sum = 0;

		for (size_t j = 0; j < s->m; j++)
			if (!left_out(s, i, j))
				sum += exp((double)s->scale * (dot(a +
				    i * s->p, c + j * s->p, s->p) - 1));
		lse[i] = log(sum) + (double)s->scale;
		for (size_t j = 0; j < s->m; j++) {
			const double w = left_out(s, i, j) ? 0 :
			    exp((double)s->scale * dot(a + i * s->p, c +
				j * s->p, s->p) - lse[i]);

			for (size_t q = 0; q < s->p; q++) {
				mean[i * s->p + q] += w *
				    (double)c[j * s->p + q];
				back[j * s->p + q] += w *
				    (double)a[i * s->p + q];
			}
		}
	}
}

static double
worst(const float *x, const double *y, size_t n)
{
	double most = 0, scale = 1e-30;

	for (size_t i = 0; i < n; i++) {
		const double e = fabs((double)x[i] - y[i]);

		most = e > most || isnan(e) ? e : most;
		scale = worse(scale, fabs(y[i]));
	}
	return most / scale;
}

static void
check(struct kernel *k, struct attend s, double limit, const char *what)
{
	float *a = rows(s.n, s.p, 1), *c = rows(s.m, s.p, 2);
	float *mean = rows(s.n, s.p, 3), *back = rows(s.m, s.p, 4);
	double *lse = doubles(s.n), *right = doubles(s.n);
	double *middle = doubles(s.n * s.p), *slope = doubles(s.m * s.p);
	double error = 0;
	const size_t half = s.m / 2 - (s.period > 0 ? s.m / 2 % s.period : 0);
	struct attend part = s;

	slow(&s, a, c, right, middle, slope);
	if (kernel_attend_reserve(k, &s) < 0)
		abort();
	kernel_attend(k, lse, mean, a, c, &s);
	kernel_attend_back(k, back, lse, a, c, &s);
	for (size_t i = 0; i < s.n; i++)
		error = worse(error, fabs(lse[i] - right[i]));
	ok(error <= limit && worst(mean, middle, s.n * s.p) <= limit &&
	    worst(back, slope, s.m * s.p) <= limit, "%s: %zu rows, %zu "
	    "columns, scale %g", what, s.n, s.m, (double)s.scale);
	if (error > limit || worst(mean, middle, s.n * s.p) > limit ||
	    worst(back, slope, s.m * s.p) > limit)
		printf("# lse %g, mean %g, back %g\n", error, worst(mean,
		    middle, s.n * s.p), worst(back, slope, s.m * s.p));
	/* The same in two parts. */
	if (half > 0) {
		part.m = half;
		kernel_attend(k, lse, mean, a, c, &part);
		part.accumulate = true;
		part.m = s.m - half;
		kernel_attend(k, lse, mean, a, c + half * s.p, &part);
		error = 0;
		for (size_t i = 0; i < s.n; i++)
			error = worse(error, fabs(lse[i] - right[i]));
		ok(error <= limit && worst(mean, middle, s.n * s.p) <= limit,
		    "… in two parts");
	}
	free(a);
	free(c);
	free(mean);
	free(back);
	free(lse);
	free(right);
	free(middle);
	free(slope);
}

/* Two row's slopes as PyTorch would not get them: nothing to attend to. */
static void
nothing(struct kernel *k)
{
	const struct attend s = { .n = 1, .m = 1, .p = 3, .scale = 5,
		.period = 1 };
	float *a = rows(1, 3, 1), *mean = rows(1, 3, 2);
	double lse = 0;

	if (kernel_attend_reserve(k, &s) < 0)
		abort();
	kernel_attend(k, &lse, mean, a, a, &s);
	ok(isinf(lse) && lse < 0 && mean[0] == 0 && mean[2] == 0,
	    "no columns: -inf and 0");
	lse = INFINITY;
	kernel_attend_back(k, mean, &lse, a, a, &(struct attend){ .n = 1,
	    .m = 1, .p = 3, .scale = 5 });
	ok(mean[0] == 0 && mean[2] == 0, "an infinite lse takes no part");
	free(a);
	free(mean);
}

/* The same bytes from one thread and from three. */
static void
threads(const struct attend *s)
{
	float *a = rows(s->n, s->p, 1), *c = rows(s->m, s->p, 2);
	float *mean[2], *back[2];
	double *lse[2];

	for (int i = 0; i < 2; i++) {
		struct pool *pool = pool_new(1 + 2 * i);
		struct kernel *k = pool == NULL ? NULL : kernel_new(pool);

		if (k == NULL || kernel_attend_reserve(k, s) < 0)
			abort();
		mean[i] = rows(s->n, s->p, 3);
		back[i] = rows(s->m, s->p, 4);
		lse[i] = doubles(s->n);
		kernel_attend(k, lse[i], mean[i], a, c, s);
		kernel_attend_back(k, back[i], lse[i], a, c, s);
		kernel_free(k);
		pool_free(pool);
	}
	ok(memcmp(mean[0], mean[1], s->n * s->p * 4) == 0 &&
	    memcmp(back[0], back[1], s->m * s->p * 4) == 0 &&
	    memcmp(lse[0], lse[1], s->n * 8) == 0, "any number of threads");
	for (int i = 0; i < 2; i++) {
		free(mean[i]);
		free(back[i]);
		free(lse[i]);
	}
	free(a);
	free(c);
}

int
main(void)
{
	static const struct attend cases[] = {
		{ .n = 3, .m = 5, .p = 2, .scale = 2 },
		{ .n = 1, .m = 1, .p = 1, .scale = 1 },
		{ .n = 130, .m = 1030, .p = 17, .scale = 5 },
		{ .n = 7, .m = 9000, .p = 33, .scale = 14 },
		{ .n = 700, .m = 6, .p = 8, .scale = 10 },
		{ .n = 40, .m = 40, .p = 16, .scale = 10, .period = 20 },
		{ .n = 513, .m = 513, .p = 4, .scale = 5, .period = 513 },
		{ .n = 66, .m = 132, .p = 9, .scale = 5, .period = 33 },
	};
	const struct attend many = { .n = 200, .m = 9000, .p = 12,
		.scale = 9, .period = 200 };
	const struct attend sharp = { .n = 20, .m = 600, .p = 32,
		.scale = 100 };
	struct pool *pool = pool_new(2);
	struct kernel *k = pool == NULL ? NULL : kernel_new(pool);

	if (k == NULL)
		return 1;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(k, cases[i], 4e-6, "softmax");
	check(k, sharp, 4e-5, "sharp");
	nothing(k);
	threads(&many);
	kernel_free(k);
	pool_free(pool);
	return tap_done();
}
