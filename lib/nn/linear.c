/* SPDX-License-Identifier: MIT */
/* y [N,O] = x [N,I] w^T + b; slices: w [O,I], then b [O] if there is one. */
#include "nn/nn_op.h"

static int
shape(const struct nn_node *d, enum nn_mode mode, int n, struct nn_shape in,
    struct nn_shape *out)
{
	(void)mode;
	(void)n;
	if (in.h != 1 || in.w != 1)
		return fail(FAIL_USAGE, "a linear layer takes vectors, not "
		    "pictures of %dx%d", in.w, in.h);
	*out = (struct nn_shape){ 1, 1, d->channels };
	return 0;
}

static int
reserve(struct kernel *k, const struct nn_node *d, int n, struct nn_shape in,
    bool backward)
{
	(void)in;
	return backward && d->bias ?
	    kernel_sum_reserve(k, (size_t)n, (size_t)d->channels) : 0;
}

static void
forward(const struct nn_call *l)
{
	const struct product p = { .m = (size_t)l->n, .n = (size_t)l->out.c,
		.k = (size_t)l->in.c, .transpose_b = true };
	const int w = l->node->param;

	kernel_product(l->kernel, l->y, l->x, nn_param(l->params, w), p);
	if (l->node->bias)
		kernel_add_rows(l->kernel, l->y,
		    nn_param(l->params, w + 1), p.m, p.n);
}

void
nn_linear_backward(const struct nn_call *l)
{
	const size_t n = (size_t)l->n, out = (size_t)l->out.c;
	const size_t in = (size_t)l->in.c;
	const int w = l->node->param;

	/* dw [O,I] += dy^T x */
	kernel_product(l->kernel, nn_param_grad(l->params, w), l->dy, l->x,
	    (struct product){ .m = out, .n = in, .k = n, .transpose_a = true,
		.accumulate = true });
	if (l->node->bias)
		kernel_sum_rows(l->kernel, nn_param_grad(l->params, w + 1),
		    l->dy, n, out);
	if (l->dx != NULL)
		kernel_product(l->kernel, l->dx, l->dy,
		    nn_param(l->params, w), (struct product){ .m = n,
			.n = in, .k = out, .accumulate = l->add });
}

const struct nn_op nn_op_linear = {
	.name = "linear",
	.adds = true,
	.needs_x = true,
	.shape = shape,
	.reserve = reserve,
	.forward = forward,
};
