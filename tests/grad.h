/*
 * grad: gradients against central differences, in C tests.
 *
 * The number differentiated is sum(c_i y_i) for fixed random c, added up in
 * double.  Device memory is only touched by upload and download.
 */
#ifndef SELF_GRAD_H
#define SELF_GRAD_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "nn/nn.h"
#include "tap.h"

#define GRAD_STEP 2e-3

/* A network at work on fixed random input. */
struct grad {
	struct nn_net net;
	struct kernel *kernel;
	struct nn_params params;
	struct nn_plan *plan;
	size_t n_in, n_out;
	float *x, *memory, *work, *dy;	/* device */
	float *y, *c, *value, *slope;	/* host */
};

__attribute__((unused)) static float *
grad_numbers(size_t n, struct rng *r)
{
	float *x = malloc((n + 1) * sizeof(*x));

	if (x == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		x[i] = (float)rng_between(r, -1, 1);
	return x;
}

/* g->net is built, its last layer is what is differentiated. */
__attribute__((unused)) static bool
grad_begin(struct grad *g, struct kernel *k, int n, int h, int w)
{
	struct rng r = rng_at(1, 2, 3, 4, 5);
	const int last = g->net.n_nodes;
	float *x;

	g->kernel = k;
	g->plan = nn_plan_new(&g->net, k, NN_TRAIN, n, h, w, &last, 1);
	if (nn_net_check(&g->net) < 0 || g->plan == NULL ||
	    nn_params_init(&g->params, k, &g->net.layout,
		g->net.layout.n, true) < 0 ||
	    nn_params_draw(&g->params, NN_TORCH, 1, 7) < 0)
		return false;
	g->n_in = (size_t)n * nn_shape_count(nn_plan_shape(g->plan, 0));
	g->n_out = (size_t)n * nn_shape_count(nn_plan_shape(g->plan, last));
	g->x = kernel_alloc(k, g->n_in);
	g->memory = kernel_alloc(k, nn_plan_memory(g->plan));
	g->work = kernel_alloc(k, nn_plan_work(g->plan));
	g->dy = kernel_alloc(k, g->n_out);
	x = grad_numbers(g->n_in, &r);
	kernel_upload(k, g->x, x, g->n_in);
	free(x);
	g->c = grad_numbers(g->n_out, &r);
	kernel_upload(k, g->dy, g->c, g->n_out);
	g->y = grad_numbers(g->n_out, &r);
	/* Scales and shifts away from 1 and 0, and everything of order 1. */
	g->value = grad_numbers(g->params.n_values, &r);
	kernel_upload(k, g->params.value, g->value, g->params.n_values);
	g->slope = grad_numbers(g->params.n_values, &r);
	return true;
}

__attribute__((unused)) static void
grad_end(struct grad *g)
{
	nn_plan_free(g->plan);
	nn_params_fini(&g->params);
	kernel_release(g->kernel, g->x);
	kernel_release(g->kernel, g->memory);
	kernel_release(g->kernel, g->work);
	kernel_release(g->kernel, g->dy);
	free(g->y);
	free(g->c);
	free(g->value);
	free(g->slope);
	nn_net_free(&g->net);
	memset(g, 0, sizeof(*g));
}

__attribute__((unused)) static double
grad_loss(struct grad *g)
{
	double sum = 0;

	nn_forward(g->plan, &g->params, g->memory, g->x);
	kernel_download(g->kernel, g->y, nn_value(g->plan, g->memory,
	    g->net.n_nodes), g->n_out);
	for (size_t i = 0; i < g->n_out; i++)
		sum += (double)g->c[i] * g->y[i];
	return sum;
}

/* Fills g->slope with what backward says, `times` passes added up. */
__attribute__((unused)) static void
grad_slope(struct grad *g, int times)
{
	nn_params_zero_grad(&g->params);
	for (int i = 0; i < times; i++) {
		nn_forward(g->plan, &g->params, g->memory, g->x);
		nn_backward(g->plan, &g->params, g->memory, g->work, g->x,
		    g->dy);
	}
	kernel_download(g->kernel, g->slope, g->params.grad,
	    g->params.n_values);
}

__attribute__((unused)) static double
grad_difference(struct grad *g, size_t at, double step)
{
	const float old = g->value[at];
	const float up = old + (float)step, down = old - (float)step;
	double loss;

	kernel_upload(g->kernel, g->params.value + at, &up, 1);
	loss = grad_loss(g);
	kernel_upload(g->kernel, g->params.value + at, &down, 1);
	loss -= grad_loss(g);
	kernel_upload(g->kernel, g->params.value + at, &old, 1);
	return loss / ((double)up - (double)down);
}

/* The error of one slope: a wide step rounds less, a narrow one bends less
 * and crosses fewer corners of ReLU and max. */
__attribute__((unused)) static double
grad_error(struct grad *g, size_t at, double limit)
{
	double best = INFINITY;

	for (double step = GRAD_STEP; step > GRAD_STEP / 20; step /= 4) {
		best = fmin(best, fabs(grad_difference(g, at, step) -
		    (double)g->slope[at]));
		if (best <= limit)
			break;
	}
	return best;
}

/*
 * Every coordinate of every parameter; the worst error as a share of the
 * slice's largest slope.  Where the network has corners one coordinate in 40
 * may still lie across one.
 */
__attribute__((unused)) static void
grad_check(struct grad *g, bool corners, double limit, const char *what)
{
	size_t bad = 0, all = 0;
	double worst = 0;

	grad_slope(g, 1);
	for (size_t i = 0; i < g->params.n; i++) {
		const struct nn_slice *s = &g->net.layout.slices[i];
		double scale = 5e-2;	/* above the rounding of sums */

		if (nn_is_buffer(s->kind))
			continue;
		for (size_t j = 0; j < s->n; j++)
			scale = worse(scale, fabs((double)g->slope[s->at + j]));
		for (size_t j = 0; j < s->n; j++, all++) {
			const double error = grad_error(g, s->at + j,
			    limit * scale) / scale;

			worst = worse(worst, error);
			bad += !(error <= limit);
		}
	}
	if (!ok(bad <= (corners ? all / 40 : 0), "%s: %zu slopes", what, all))
		printf("# %zu are wrong, by up to %g of the largest\n", bad,
		    worst);
}

#endif
