/* SPDX-License-Identifier: MIT */
/* Convolution without bias; weights [O,I,size,size]. */
#include "nn/nn_op.h"

static struct conv
conv_of(const struct nn_node *d, int n, struct nn_shape in)
{
	return (struct conv){ .n = n, .h = in.h, .w = in.w, .c = in.c,
		.o = d->channels, .size = d->size, .stride = d->stride,
		.pad = d->pad };
}

static int
shape(const struct nn_node *d, enum nn_mode mode, int n, struct nn_shape in,
    struct nn_shape *out)
{
	const struct conv c = conv_of(d, n, in);

	(void)mode;
	if (in.h + 2 * d->pad < d->size || in.w + 2 * d->pad < d->size)
		return fail(FAIL_USAGE, "a picture of %dx%d is too small for "
		    "a %dx%d window", in.w, in.h, d->size, d->size);
	out->h = conv_extent(&c, in.h);
	out->w = conv_extent(&c, in.w);
	out->c = d->channels;
	return 0;
}

static int
reserve(struct kernel *k, const struct nn_node *d, int n, struct nn_shape in,
    bool backward)
{
	const struct conv c = conv_of(d, n, in);

	return kernel_conv_reserve(k, &c, backward);
}

/* Mean and inverse deviation by channel. */
static size_t
saved(const struct nn_node *d, int n, struct nn_shape out)
{
	(void)n;
	return d->moments ? 2 * (size_t)out.c : 0;
}

/* With the norm behind it, in evaluation mode. */
static void
infer(const struct nn_call *l, const struct conv *c)
{
	const struct nn_params *p = l->params;
	const int first = l->norm->param;
	const struct norm norm = {
		.rows = (size_t)l->n * (size_t)l->out.h * (size_t)l->out.w,
		.channels = l->out.c,
		.epsilon = NN_EPSILON,
		.relu = l->norm->relu,
	};

	kernel_conv_infer(l->kernel, l->y, l->x,
	    nn_param(p, l->node->param), c, nn_param(p, first),
	    nn_param(p, first + 1), nn_param(p, first + 2),
	    nn_param(p, first + 3), l->residual, &norm);
}

/* Mean and inverse deviation of each group of samples by itself. */
static void
with_moments(const struct nn_call *l)
{
	const int n = l->n / l->groups;
	const struct conv c = conv_of(l->node, n, l->in);

	for (int g = 0; g < l->groups; g++) {
		const size_t first = (size_t)g * (size_t)n;
		float *mean = l->saved + 2 * g * l->out.c;

		kernel_conv_forward_moments(l->kernel,
		    l->y + first * nn_shape_count(l->out), mean,
		    mean + l->out.c, NN_EPSILON,
		    l->x + first * nn_shape_count(l->in),
		    nn_param(l->params, l->node->param), &c);
	}
}

static void
forward(const struct nn_call *l)
{
	const struct conv c = conv_of(l->node, l->n, l->in);

	if (l->norm != NULL) {
		infer(l, &c);
		return;
	}
	if (l->node->moments && l->mode != NN_INFER) {
		with_moments(l);
		return;
	}
	kernel_conv_forward(l->kernel, l->y, l->x,
	    nn_param(l->params, l->node->param), &c);
}

void
nn_conv2d_backward(const struct nn_call *l)
{
	const struct conv c = conv_of(l->node, l->n, l->in);
	const int w = l->node->param;

	kernel_conv_backward_weight(l->kernel, nn_param_grad(l->params, w),
	    l->x, l->dy, &c);
	if (l->dx != NULL)
		kernel_conv_backward_data(l->kernel, l->dx, l->dy,
		    nn_param(l->params, w), &c, l->add);
}

const struct nn_op nn_op_conv2d = {
	.name = "conv2d",
	.adds = true,
	.needs_x = true,
	.shape = shape,
	.saved = saved,
	.reserve = reserve,
	.forward = forward,
};
