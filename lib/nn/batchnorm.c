/* SPDX-License-Identifier: MIT */
/*
 * Batch norm over N, H and W (Ioffe & Szegedy 2015), plus a residual, plus a
 * ReLU.  Slices: scale, shift, running mean, running variance.  The batch is
 * normalised with the biased variance, the running one is kept unbiased, as
 * PyTorch does.
 */
#include "nn/nn_op.h"

enum { SCALE, SHIFT, MEAN, VAR };

static struct norm
norm_of(const struct nn_call *l)
{
	return (struct norm){
		.rows = (size_t)l->n * (size_t)l->out.h * (size_t)l->out.w,
		.channels = l->out.c,
		.epsilon = NN_EPSILON,
		.relu = l->node->relu,
	};
}

static int
shape(const struct nn_node *d, enum nn_mode mode, int n, struct nn_shape in,
    struct nn_shape *out)
{
	(void)d;
	if (mode != NN_INFER && n == 1 && in.h == 1 && in.w == 1)
		return fail(FAIL_USAGE, "batch norm has one value a channel; "
		    "it needs a batch of two or a larger picture");
	*out = in;
	return 0;
}

static size_t
saved(const struct nn_node *d, int n, struct nn_shape out)
{
	(void)n;
	return d->moments ? 0 : 2 * (size_t)out.c;
}

/* The batch's mean and inverse deviation. */
static const float *
moments(const struct nn_call *l)
{
	return l->node->moments ? l->x_saved : l->saved;
}

static void
forward(const struct nn_call *l)
{
	const struct norm norm = norm_of(l);
	const struct nn_params *p = l->params;
	const int first = l->node->param;
	float *mean = nn_param(p, first + MEAN), *var = nn_param(p, first + VAR);

	if (l->mode == NN_INFER) {
		kernel_norm_infer(l->kernel, l->y, l->x,
		    nn_param(p, first + SCALE), nn_param(p, first + SHIFT),
		    mean, var, l->residual, &norm);
		return;
	}
	if (!l->node->moments)
		kernel_norm_measure(l->kernel, l->saved,
		    l->saved + l->out.c, l->x, &norm);
	kernel_norm_track(l->kernel, mean, var, moments(l),
	    moments(l) + l->out.c, NN_MOMENTUM, &norm);
	kernel_norm_apply(l->kernel, l->y, l->x, nn_param(p, first + SCALE),
	    nn_param(p, first + SHIFT), moments(l), moments(l) + l->out.c,
	    l->residual, &norm);
}

static void
backward(const struct nn_call *l)
{
	const struct norm norm = norm_of(l);
	const int first = l->node->param;

	kernel_norm_backward(l->kernel, l->dx, l->d_residual,
	    nn_param_grad(l->params, first + SCALE),
	    nn_param_grad(l->params, first + SHIFT), l->dy, l->x,
	    l->residual != NULL ? l->y : NULL,
	    nn_param(l->params, first + SCALE),
	    nn_param(l->params, first + SHIFT), moments(l),
	    moments(l) + l->out.c, &norm);
}

const struct nn_op nn_op_batchnorm = {
	.name = "batchnorm",
	.in_place = true,
	.back_in_place = true,
	.shape = shape,
	.saved = saved,
	.forward = forward,
	.backward = backward,
};
