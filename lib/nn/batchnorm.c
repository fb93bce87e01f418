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

static int
reserve(struct kernel *k, const struct nn_node *d, int n, struct nn_shape in,
    bool backward)
{
	const struct norm norm = {
		.rows = (size_t)n * (size_t)in.h * (size_t)in.w,
		.channels = in.c,
	};

	(void)d;
	(void)backward;
	return kernel_norm_reserve(k, &norm);
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

/* A group's mean and inverse deviation, which the convolution that made x may
 * have gathered already. */
static void
measure(const struct nn_call *l, size_t g, const struct norm *norm)
{
	const size_t channels = (size_t)norm->channels;
	float *mean = l->saved + 2 * g * channels;

	if (l->node->moments)
		kernel_copy(l->kernel, mean, l->x_saved + 2 * g * channels,
		    2 * channels);
	else
		kernel_norm_measure(l->kernel, mean, mean + channels,
		    l->x + g * norm->rows * channels, norm);
}

static void
track(const struct nn_call *l, size_t g, const struct norm *norm)
{
	const float *mean = l->saved + 2 * g * (size_t)norm->channels;
	const int first = l->node->param;

	if (l->all > 0)
		kernel_norm_track(l->kernel,
		    nn_param(l->params, first + MEAN),
		    nn_param(l->params, first + VAR), mean,
		    mean + norm->channels, momentum(l, (int)g), norm);
}

/* y from x and what forward saved. */
static void
remake(const struct nn_call *l)
{
	const struct norm norm = norm_of(l);
	const size_t size = norm.rows * (size_t)norm.channels;
	const int first = l->node->param;

	for (size_t g = 0; g < (size_t)l->groups; g++) {
		const float *mean = l->saved + 2 * g * (size_t)norm.channels;

		kernel_norm_apply(l->kernel, l->y + g * size, l->x + g * size,
		    nn_param(l->params, first + SCALE),
		    nn_param(l->params, first + SHIFT), mean,
		    mean + norm.channels,
		    l->residual == NULL ? NULL : l->residual + g * size,
		    &norm);
	}
}

static void
forward(const struct nn_call *l)
{
	const struct norm norm = norm_of(l);

	if (l->mode == NN_INFER) {
		infer(l);
		return;
	}
	for (size_t g = 0; g < (size_t)l->groups; g++) {
		measure(l, g, &norm);
		track(l, g, &norm);
	}
	remake(l);
}

void
nn_batchnorm_backward(const struct nn_call *l)
{
	const struct norm norm = norm_of(l);
	const size_t size = norm.rows * (size_t)norm.channels;
	const int first = l->node->param;

	for (size_t g = 0; g < (size_t)l->groups; g++) {
		const size_t at = g * size;
		const float *mean = l->saved + 2 * g * (size_t)norm.channels;

		kernel_norm_backward(l->kernel, l->dx + at,
		    l->d_residual == NULL ? NULL : l->d_residual + at,
		    nn_param_grad(l->params, first + SCALE),
		    nn_param_grad(l->params, first + SHIFT), l->dy + at,
		    l->x + at, l->residual == NULL ? NULL : l->y + at,
		    nn_param(l->params, first + SCALE),
		    nn_param(l->params, first + SHIFT), mean,
		    mean + norm.channels, &norm);
	}
}

const struct nn_op nn_op_batchnorm = {
	.name = "batchnorm",
	.in_place = true,
	.back_in_place = true,
	.shape = shape,
	.needs_x = true,
	.needs_y = needs_y,
	.saved = saved,
	.reserve = reserve,
	.remake = remake,
	.forward = forward,
};
