/* SPDX-License-Identifier: MIT */
/* Spread on the fixture a(i,j;s) = sin(1.1 (i + 1) + 0.7 (j + 1)^2 + s), and
 * on embeddings that did and did not collapse. */
#include "eval/spread.h"

#include <stdlib.h>

#include "base/rng.h"
#include "eval/eigen.h"
#include "tap.h"

static struct pool *pool;

static void
fixture(float *x, double s)
{
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 3; j++)
			x[i * 3 + j] = (float)sin(1.1 * (i + 1)
			    + 0.7 * (j + 1) * (j + 1) + s);
}

static void
test_fixture(void)
{
	float a[12], b[12];
	double u = 0;

	fixture(a, 0);
	fixture(b, 0.5);
	is_near(spread_alignment(a, b, 4, 3), 0.179247625, 2e-8,
	    "alignment of the fixture");
	is_int(spread_uniformity(a, 4, 3, pool, &u), 0, "uniformity");
	is_near(u, -2.081331601, 2e-7, "… of the fixture");
	for (int i = 0; i < 3; i++)
		b[i] = a[i] * 1000;
	memcpy(b + 3, a + 3, 9 * sizeof(*a));
	is_near(spread_alignment(a, b, 4, 3), 0, 1e-12,
	    "the length of a row does not matter");
}

/* Rows of normal numbers times `scale`, around `around`. */
static float *
rows(size_t n, size_t dim, double scale, double around)
{
	struct rng r = rng_at(7, 0, n, 0, 99);
	float *x = malloc(n * dim * sizeof(*x));

	for (size_t i = 0; i < n * dim; i++)
		x[i] = (float)(around + scale * rng_normal(&r));
	return x;
}

static void
test_random(void)
{
	const size_t n = 2700, dim = 40;
	float *x = rows(n, dim, 3, 0);
	struct pool *three = pool_new(3);
	struct spread s, t;

	is_int(spread_measure(&s, x, n, dim, pool), 0, "normal rows");
	is_near(s.deviation * sqrt(40), 1, 0.01, "… deviate by 1/sqrt(D)");
	ok(s.rank > 39.5 && s.rank <= 40, "… have full rank");
	ok(s.uniformity < -3.7 && s.uniformity > -4, "… are uniform");
	ok(!s.one_way && !s.few_ways, "… and have not collapsed");
	is_int(spread_measure(&t, x, n, dim, three), 0, "three threads");
	ok(s.deviation == t.deviation && s.rank == t.rank
	    && s.uniformity == t.uniformity, "… change nothing");
	pool_free(three);
	free(x);
}

static void
test_collapsed(void)
{
	float *x = rows(100, 16, 0.01, 1), *y = rows(100, 16, 1, 0);
	struct spread s;

	is_int(spread_measure(&s, x, 100, 16, pool), 0, "rows of one way");
	ok(s.one_way, "… are a collapse");
	is_near(s.uniformity, 0, 0.01, "… not uniform");
	/* Two points: a deviation like any other, and rank 1. */
	for (size_t i = 0; i < 100 * 16; i++)
		y[i] = i / 16 % 2 == 0 ? 1 : -1;
	is_int(spread_measure(&s, y, 100, 16, pool), 0, "two points");
	ok(!s.one_way && s.few_ways, "… are one by their rank");
	is_near(s.rank, 1, 1e-6, "… of 1");
	memset(y, 0, 100 * 16 * sizeof(*y));
	is_int(spread_measure(&s, y, 100, 16, pool), 0, "nothing but zeros");
	ok(s.one_way && s.deviation == 0 && s.uniformity == 0, "… is one");
	is_int(spread_measure(&s, x, 2, 16, pool), 0, "two rows");
	ok(!s.few_ways, "… are too few to judge their rank");
	free(x);
	free(y);
}

/* Singular values 1, 1/2, 1/4: known entropy. */
static void
test_rank(void)
{
	float tall[5 * 3] = { 0 }, wide[3 * 5] = { 0 };
	double got = 0, want = 0;

	for (int i = 0; i < 3; i++) {
		const double p = ldexp(1, -i) / 1.75;

		tall[i * 3 + i] = wide[i * 5 + i] = (float)ldexp(1, -i);
		want -= p * log(p);
	}
	is_int(spread_rank(tall, 5, 3, pool, &got), 0, "rank of a tall one");
	is_near(got, exp(want), 1e-12, "… as written down");
	is_int(spread_rank(wide, 3, 5, pool, &got), 0, "rank of a wide one");
	is_near(got, exp(want), 1e-12, "… the same");
}

/* The chain of springs: 2 - 2 cos(pi k / (n + 1)), turned by a reflection. */
static void
test_eigen(size_t n)
{
	double *a = calloc(n * n, sizeof(*a)), *got = malloc(n * sizeof(*got));
	double worst = 0, *v = malloc(n * sizeof(*v)), square = 0;
	double *b = calloc(n * n, sizeof(*b));
	struct rng r = rng_at(8, 0, n, 0, 99);

	for (size_t i = 0; i < n; i++) {
		a[i * n + i] = 2;
		if (i + 1 < n)
			a[i * n + i + 1] = a[(i + 1) * n + i] = -1;
		v[i] = rng_normal(&r);
		square += v[i] * v[i];
	}
	for (size_t way = 0; way < 2; way++) {	/* b = (H a)^T, twice */
		for (size_t j = 0; j < n; j++) {
			double sum = 0;

			for (size_t i = 0; i < n; i++)
				sum += v[i] * a[i * n + j];
			for (size_t i = 0; i < n; i++)
				b[j * n + i] = a[i * n + j]
				    - 2 * v[i] * sum / square;
		}
		memcpy(a, b, n * n * sizeof(*a));
	}
	is_int(eigen_values(got, a, n, pool), 0, "%zu eigenvalues", n);
	for (size_t i = 0; i < n; i++)
		worst = worse(worst, fabs(got[i] - (2 - 2 * cos(
		    3.141592653589793 * (double)(i + 1) / (double)(n + 1)))));
	is_near(worst, 0, 1e-13 * (double)n, "… are right");
	free(a);
	free(b);
	free(v);
	free(got);
}

int
main(void)
{
	pool = pool_new(2);
	test_fixture();
	test_random();
	test_collapsed();
	test_rank();
	test_eigen(1);
	test_eigen(2);
	test_eigen(3);
	test_eigen(65);
	pool_free(pool);
	return tap_done();
}
