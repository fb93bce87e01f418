/* SPDX-License-Identifier: MIT */
#include "base/rng.h"

#include <math.h>

static uint32_t
multiply(uint32_t a, uint32_t b, uint32_t *high)
{
	const uint64_t product = (uint64_t)a * b;

	*high = (uint32_t)(product >> 32);
	return (uint32_t)product;
}

static void
philox(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2])
{
	uint32_t c0 = counter[0], c1 = counter[1];
	uint32_t c2 = counter[2], c3 = counter[3];
	uint32_t k0 = key[0], k1 = key[1];

	for (int round = 0; round < 10; round++) {
		uint32_t high0, high2;
		const uint32_t low0 = multiply(0xD2511F53u, c0, &high0);
		const uint32_t low2 = multiply(0xCD9E8D57u, c2, &high2);

		c0 = high2 ^ c1 ^ k0;
		c1 = low2;
		c2 = high0 ^ c3 ^ k1;
		c3 = low0;
		k0 += 0x9E3779B9u;
		k1 += 0xBB67AE85u;
	}
	out[0] = c0;
	out[1] = c1;
	out[2] = c2;
	out[3] = c3;
}

/*
 * The five coordinates are 288 bits and Philox takes 192: index, view and
 * purpose under the seed make a key of their own, which then counts by epoch.
 */
struct rng
rng_at(uint64_t seed, uint64_t epoch, uint64_t index, uint32_t view,
    uint32_t purpose)
{
	const uint32_t seed_key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
	const uint32_t what[4] = { (uint32_t)index, (uint32_t)(index >> 32),
		view, purpose };
	uint32_t mixed[4];
	struct rng r = { .block = 0, .left = 0 };

	philox(mixed, what, seed_key);
	r.key[0] = mixed[0];
	r.key[1] = mixed[1];
	r.counter[0] = (uint32_t)epoch;
	r.counter[1] = (uint32_t)(epoch >> 32);
	r.counter[2] = mixed[2];
	return r;
}

uint32_t
rng_u32(struct rng *r)
{
	if (r->left == 0) {
		const uint32_t counter[4] = { r->block++, r->counter[0],
			r->counter[1], r->counter[2] };

		philox(r->out, counter, r->key);
		r->left = 4;
	}
	return r->out[--r->left];
}

uint64_t
rng_u64(struct rng *r)
{
	const uint64_t high = rng_u32(r);

	return high << 32 | rng_u32(r);
}

double
rng_unit(struct rng *r)
{
	return (double)(rng_u64(r) >> 11) * 0x1p-53;
}

double
rng_between(struct rng *r, double low, double high)
{
	return low + (high - low) * rng_unit(r);
}

/* Draws below 2^64 mod n are thrown away: the rest is a multiple of n. */
uint64_t
rng_below(struct rng *r, uint64_t n)
{
	const uint64_t unfair = -n % n;
	uint64_t draw;

	do
		draw = rng_u64(r);
	while (draw < unfair);
	return draw % n;
}

int
rng_coin(struct rng *r, double p)
{
	return rng_unit(r) < p;
}

double
rng_normal(struct rng *r)
{
	const double radius = sqrt(-2 * log(1 - rng_unit(r)));

	return radius * cos(6.283185307179586 * rng_unit(r));
}

/*
 * A cube of a normal draw, bent so that it is nearly Gamma's, is taken or
 * thrown away; below shape 1, a draw of shape + 1 shrinks by u^(1/shape).
 */
double
rng_log_gamma(struct rng *r, double shape)
{
	const double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3;
	double u, v, x;

	do {
		do {
			x = rng_normal(r);
			v = 1 + x / sqrt(9 * d);
		} while (v <= 0);
		v = v * v * v;
		u = 1 - rng_unit(r);
	} while (log(u) > x * x / 2 + d - d * v + d * log(v));
	if (shape < 1)
		return log(d * v) + log(1 - rng_unit(r)) / shape;
	return log(d * v);
}

double
rng_beta(struct rng *r, double a, double b)
{
	const double x = rng_log_gamma(r, a);
	const double y = rng_log_gamma(r, b);

	return 1 / (1 + exp(y - x));
}

void
rng_dirichlet(struct rng *r, double alpha, double *x, size_t n)
{
	double top = -HUGE_VAL, sum = 0;

	for (size_t i = 0; i < n; i++) {
		x[i] = rng_log_gamma(r, alpha);
		top = x[i] > top ? x[i] : top;
	}
	for (size_t i = 0; i < n; i++) {
		x[i] = exp(x[i] - top);
		sum += x[i];
	}
	for (size_t i = 0; i < n; i++)
		x[i] /= sum;
}

void
rng_permutation(struct rng *r, size_t *order, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const size_t j = (size_t)rng_below(r, i + 1);

		order[i] = order[j];
		order[j] = i;
	}
}
