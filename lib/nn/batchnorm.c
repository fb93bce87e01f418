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
		.rows = (size_t)(l->n / l->groups) * (size_t)l->out.h *
		    (size_t)l->out.w,
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
	(void)d;
	(void)n;
	return 2 * (size_t)out.c;
}

/*
 * The momentum of group g's step: taken one after the other, these give every
 * group the share NN_MOMENTUM / all, as if the steps were averaged.
 */
static float
momentum(const struct nn_call *l, int g)
{
	const double share = (double)NN_MOMENTUM / l->all;

	return (float)(share / (1 - (l->all - 1 - l->first - g) * share));
}

static void
infer(const struct nn_call *l)
{
	struct norm norm = norm_of(l);
	const struct nn_params *p = l->params;
	const int first = l->node->param;

	norm.rows *= (size_t)l->groups;
	kernel_norm_infer(l->kernel, l->y, l->x, nn_param(p, first + SCALE),
	    nn_param(p, first + SHIFT), nn_param(p, first + MEAN),
	    nn_param(p, first + VAR), l->residual, &norm);
}

static void
forward(const struct nn_call *l)
{
	const struct norm norm = norm_of(l);
	const struct nn_params *p = l->params;
	const size_t size = norm.rows * (size_t)norm.channels;
	const int first = l->node->param;

	if (l->mode == NN_INFER) {
		infer(l);
		return;
	}
	for (size_t g = 0; g < (size_t)l->groups; g++) {
		float *mean = l->saved + 2 * g * (size_t)l->out.c;
		float *inverse = mean + l->out.c;

		kernel_norm_forward(l->kernel, l->y + g * size, mean, inverse,
		    l->x + g * size,
		    nn_param(p, first + SCALE), nn_param(p, first + SHIFT),
		    l->residual == NULL ? NULL : l->residual + g * size,
		    &norm);
		if (l->all > 0)
			kernel_norm_track(l->kernel, nn_param(p, first + MEAN),
			    nn_param(p, first + VAR), mean, inverse,
			    momentum(l, (int)g), &norm);
	}
}

static void
backward(const struct nn_call *l)
{
	const struct norm norm = norm_of(l);
	const size_t size = norm.rows * (size_t)norm.channels;
	const int first = l->node->param;

	for (size_t g = 0; g < (size_t)l->groups; g++) {
		const size_t at = g * size;
		const float *mean = l->saved + 2 * g * (size_t)l->out.c;

		kernel_norm_backward(l->kernel, l->dx + at,
		    l->d_residual == NULL ? NULL : l->d_residual + at,
		    nn_param_grad(l->params, first + SCALE),
		    nn_param_grad(l->params, first + SHIFT), l->dy + at,
		    l->x + at, l->y + at, nn_param(l->params, first + SCALE),
		    mean, mean + l->out.c, &norm);
	}
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
