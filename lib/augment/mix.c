/* SPDX-License-Identifier: MIT */
#include "augment/mix.h"

#include <math.h>

#include "base/rng.h"

static struct rng
at(struct mix_key key, enum rng_purpose purpose)
{
	return rng_at(key.seed, key.epoch, key.step, key.view, purpose);
}

void
mix_partners(size_t *index, size_t n, struct mix_key key)
{
	struct rng r = at(key, RNG_MIX);

	rng_permutation(&r, index, n);
}

static double
draw_share(struct rng *r, double alpha, bool fold)
{
	const double lambda = rng_beta(r, alpha, alpha);

	return fold && lambda < 0.5 ? 1 - lambda : lambda;
}

void
mix_shares(float *share, size_t n, double alpha, bool fold,
    struct mix_key key)
{
	struct rng r = at(key, RNG_MIX_SHARE);

	for (size_t i = 0; i < n; i++)
		share[i] = (float)draw_share(&r, alpha, fold);
}

/* The stretch of 2 (side / 2) around `centre`, within 0..size. */
static void
stretch(size_t side, size_t centre, size_t size, size_t *from, size_t *end)
{
	const size_t half = side / 2;

	*from = centre > half ? centre - half : 0;
	*end = size - centre > half ? centre + half : size;
}

double
mix_cut(struct mix_box *box, double lambda, size_t height, size_t width,
    size_t row, size_t column)
{
	const double side = sqrt(1 - lambda);
	double area;

	stretch((size_t)((double)height * side), row, height, &box->top,
	    &box->bottom);
	stretch((size_t)((double)width * side), column, width, &box->left,
	    &box->right);
	area = (double)(box->bottom - box->top)
	    * (double)(box->right - box->left);
	return 1 - area / ((double)height * (double)width);
}

double
mix_draw_cut(struct mix_box *box, size_t height, size_t width, double alpha,
    bool fold, struct mix_key key)
{
	struct rng r = at(key, RNG_MIX_SHARE);
	const double lambda = draw_share(&r, alpha, fold);
	const size_t row = (size_t)rng_below(&r, height);
	const size_t column = (size_t)rng_below(&r, width);

	return mix_cut(box, lambda, height, width, row, column);
}

static void
draw_weights(struct rng *r, float *weight, size_t partners, double alpha,
    bool fold)
{
	double lambda[1 + MIX_PARTNERS];

	if (partners == 1) {
		weight[0] = (float)draw_share(r, alpha, fold);
		weight[1] = 1 - weight[0];
		return;
	}
	rng_dirichlet(r, alpha, lambda, 1 + partners);
	for (size_t a = 0; a <= partners; a++) {
		if (fold)
			lambda[a] = lambda[a] / 2 + (a == 0 ? 0.5 : 0);
		weight[a] = (float)lambda[a];
	}
}

void
mix_draw_input(size_t *index, float *weight, size_t n, size_t partners,
    double alpha, bool fold, struct mix_key key)
{
	struct rng which = at(key, RNG_INPUT_MIX);
	struct rng share = at(key, RNG_INPUT_SHARE);

	for (size_t a = 0; a < partners; a++)
		rng_permutation(&which, index + a * n, n);
	for (size_t i = 0; i < n; i++)
		draw_weights(&share, weight + i * (1 + partners), partners,
		    alpha, fold);
}

void
mix_add_bytes(float *y, const uint8_t *x, float weight, size_t n, bool add)
{
	if (add)
		for (size_t i = 0; i < n; i++)
			y[i] += weight * (float)x[i];
	else
		for (size_t i = 0; i < n; i++)
			y[i] = weight * (float)x[i];
}

void
mix_add_floats(float *y, const float *x, float weight, size_t n, bool add)
{
	if (add)
		for (size_t i = 0; i < n; i++)
			y[i] += weight * x[i];
	else
		for (size_t i = 0; i < n; i++)
			y[i] = weight * x[i];
}
