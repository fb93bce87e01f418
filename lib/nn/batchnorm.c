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

/* What lay below 0 is told by x unless something was added. */
static bool
needs_y(const struct nn_node *d)
{
	return d->relu && d->residual >= 0;
}

static size_t
saved(const struct nn_node *d, int n, struct nn_shape out)
{
	(void)d;
	(void)n;
	return 2 * (size_t)out.c;
}

/* The batch's mean and inverse deviation, which the convolution that made x
 * has gathered already. */
static void
measure(const struct nn_call *l, const struct norm *norm)
{
	float *mean = l->saved, *inv_std = l->saved + l->out.c;

	if (l->node->moments)
		kernel_copy(l->kernel, mean, l->x_saved, 2 * (size_t)l->out.c);
	else
		kernel_norm_measure(l->kernel, mean, inv_std, l->x, norm);
}

/* y from x and what forward saved. */
static void
remake(const struct nn_call *l)
{
	const struct norm norm = norm_of(l);
	const int first = l->node->param;

	kernel_norm_apply(l->kernel, l->y, l->x,
	    nn_param(l->params, first + SCALE),
	    nn_param(l->params, first + SHIFT), l->saved,
	    l->saved + l->out.c, l->residual, &norm);
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
	measure(l, &norm);
	kernel_norm_track(l->kernel, mean, var, l->saved,
	    l->saved + l->out.c, NN_MOMENTUM, &norm);
	remake(l);
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
	    nn_param(l->params, first + SHIFT), l->saved,
	    l->saved + l->out.c, &norm);
}

const struct nn_op nn_op_batchnorm = {
	.name = "batchnorm",
	.in_place = true,
	.back_in_place = true,
	.shape = shape,
	.needs_x = true,
	.needs_y = needs_y,
	.saved = saved,
	.remake = remake,
	.forward = forward,
	.backward = backward,
};
