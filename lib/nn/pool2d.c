/* SPDX-License-Identifier: MIT */
/* Max-pooling over windows, and the mean over the whole picture. */
#include "nn/nn_op.h"

static struct conv
window_of(const struct nn_node *d, int n, struct nn_shape in)
{
	return (struct conv){ .n = n, .h = in.h, .w = in.w, .c = in.c,
		.o = in.c, .size = d->size, .stride = d->stride,
		.pad = d->pad };
}

static int
max_shape(const struct nn_node *d, enum nn_mode mode, int n,
    struct nn_shape in, struct nn_shape *out)
{
	const struct conv c = window_of(d, n, in);

	(void)mode;
	if (in.h + 2 * d->pad < d->size || in.w + 2 * d->pad < d->size)
		return fail(FAIL_USAGE, "a picture of %dx%d is too small to "
		    "pool", in.w, in.h);
	*out = (struct nn_shape){ conv_extent(&c, in.h),
		conv_extent(&c, in.w), in.c };
	return 0;
}

/* A byte for each output. */
static size_t
max_saved(const struct nn_node *d, int n, struct nn_shape out)
{
	(void)d;
	return ((size_t)n * nn_shape_count(out) + sizeof(float) - 1) /
	    sizeof(float);
}

static void
max_forward(const struct nn_call *l)
{
	const struct conv c = window_of(l->node, l->n, l->in);

	kernel_maxpool_forward(l->kernel, l->y, (uint8_t *)l->saved, l->x,
	    &c);
}

void
nn_maxpool_backward(const struct nn_call *l)
{
	const struct conv c = window_of(l->node, l->n, l->in);

	kernel_maxpool_backward(l->kernel, l->dx, l->dy,
	    (const uint8_t *)l->saved, &c);
}

const struct nn_op nn_op_maxpool = {
	.name = "maxpool",
	.shape = max_shape,
	.saved = max_saved,
	.forward = max_forward,
};

static int
mean_shape(const struct nn_node *d, enum nn_mode mode, int n,
    struct nn_shape in, struct nn_shape *out)
{
	(void)d;
	(void)mode;
	(void)n;
	*out = (struct nn_shape){ 1, 1, in.c };
	return 0;
}

static void
mean_forward(const struct nn_call *l)
{
	kernel_meanpool_forward(l->kernel, l->y, l->x, (size_t)l->n,
	    (size_t)l->in.h * (size_t)l->in.w, l->in.c);
}

void
nn_meanpool_backward(const struct nn_call *l)
{
	kernel_meanpool_backward(l->kernel, l->dx, l->dy, (size_t)l->n,
	    (size_t)l->in.h * (size_t)l->in.w, l->in.c);
}

const struct nn_op nn_op_meanpool = {
	.name = "meanpool",
	.shape = mean_shape,
	.forward = mean_forward,
};
