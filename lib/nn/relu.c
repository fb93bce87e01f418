/* SPDX-License-Identifier: MIT */
/* y = max(x, 0), where no batch norm stands before it to do it. */
#include "nn/nn_op.h"

static int
shape(const struct nn_node *d, enum nn_mode mode, int n, struct nn_shape in,
    struct nn_shape *out)
{
	(void)d;
	(void)mode;
	(void)n;
	*out = in;
	return 0;
}

static void
forward(const struct nn_call *l)
{
	kernel_relu_forward(l->kernel, l->y, l->x,
	    (size_t)l->n * nn_shape_count(l->out));
}

void
nn_relu_backward(const struct nn_call *l)
{
	kernel_relu_backward(l->kernel, l->dx, l->dy, l->y,
	    (size_t)l->n * nn_shape_count(l->out));
}

static bool
needs_y(const struct nn_node *d)
{
	(void)d;
	return true;
}

const struct nn_op nn_op_relu = {
	.name = "relu",
	.in_place = true,
	.back_in_place = true,
	.needs_y = needs_y,
	.shape = shape,
	.forward = forward,
};
