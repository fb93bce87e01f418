/* SPDX-License-Identifier: MIT */
/* Building a network: layers and the names of their parameters. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/nn_op.h"

size_t
nn_shape_count(struct nn_shape s)
{
	return (size_t)s.h * (size_t)s.w * (size_t)s.c;
}

void
nn_net_init(struct nn_net *net, int channels)
{
	memset(net, 0, sizeof(*net));
	net->channels = channels;
}

void
nn_net_free(struct nn_net *net)
{
	nn_layout_free(&net->layout);
	free(net->nodes);
	memset(net, 0, sizeof(*net));
}

int
nn_net_check(const struct nn_net *net)
{
	return net->failed ? fail_last() : 0;
}

int
nn_channels(const struct nn_net *net, int value)
{
	return value == 0 ? net->channels : net->nodes[value - 1].channels;
}

/* Slices that one layer has. */
static int
slices_of(const struct nn_node *d)
{
	if (d->op == &nn_op_batchnorm)
		return 4;
	if (d->op == &nn_op_linear)
		return d->bias ? 2 : 1;
	return d->op == &nn_op_conv2d ? 1 : 0;
}

size_t
nn_slices(const struct nn_net *net, int value)
{
	int n = 0;

	for (int i = 0; i < value; i++) {
		const struct nn_node *d = &net->nodes[i];

		if (d->param >= 0 && d->param + slices_of(d) > n)
			n = d->param + slices_of(d);
	}
	return (size_t)n;
}

/* The value that the new layer makes; 0 after a failure. */
static int
add(struct nn_net *net, struct nn_node d)
{
	if (net->failed)
		return 0;
	if (net->n_nodes == net->room) {
		const int room = net->room == 0 ? 64 : 2 * net->room;
		struct nn_node *more = realloc(net->nodes,
		    (size_t)room * sizeof(*more));

		if (more == NULL) {
			fail_memory((size_t)room * sizeof(*more));
			net->failed = true;
			return 0;
		}
		net->nodes = more;
		net->room = room;
	}
	net->nodes[net->n_nodes++] = d;
	return net->n_nodes;
}

/* Adds the slice NAME.LAST; its number, or -1 after a failure. */
static int
slice(struct nn_net *net, const char *name, const char *last,
    enum nn_kind kind, int n_dims, const size_t *shape, size_t fan)
{
	char full[2 * NN_NAME];
	int i;

	if (net->failed)
		return -1;
	snprintf(full, sizeof(full), "%.*s.%s", NN_NAME, name, last);
	i = nn_layout_add(&net->layout, full, kind, n_dims, shape, fan);
	net->failed = i < 0;
	return i;
}

int
nn_conv(struct nn_net *net, int in, const char *name, int channels, int size,
    int stride, int pad)
{
	const size_t shape[] = { (size_t)channels,
		(size_t)nn_channels(net, in), (size_t)size, (size_t)size };
	const size_t fan_out = shape[0] * shape[2] * shape[3];

	return add(net, (struct nn_node){ .op = &nn_op_conv2d, .in = in,
	    .residual = -1, .channels = channels, .size = size,
	    .stride = stride, .pad = pad,
	    .param = slice(net, name, "weight", NN_CONV, 4, shape,
		fan_out) });
}

int
nn_norm_slices(struct nn_net *net, const char *name, int channels)
{
	const size_t shape[] = { (size_t)channels };
	const int first = slice(net, name, "weight", NN_SCALE, 1, shape, 0);

	slice(net, name, "bias", NN_SHIFT, 1, shape, 0);
	slice(net, name, "running_mean", NN_MEAN, 1, shape, 0);
	slice(net, name, "running_var", NN_VAR, 1, shape, 0);
	return first;
}

int
nn_norm_with(struct nn_net *net, int in, int slices, int residual, bool relu)
{
	struct nn_node *from = net->failed || in == 0 ? NULL
	    : &net->nodes[in - 1];
	const bool moments = from != NULL && from->op == &nn_op_conv2d;

	if (moments)
		from->moments = true;
	return add(net, (struct nn_node){ .op = &nn_op_batchnorm, .in = in,
	    .residual = residual, .channels = nn_channels(net, in),
	    .relu = relu, .moments = moments, .param = slices });
}

int
nn_norm(struct nn_net *net, int in, const char *name, int residual,
    bool relu)
{
	return nn_norm_with(net, in,
	    nn_norm_slices(net, name, nn_channels(net, in)), residual, relu);
}

int
nn_linear(struct nn_net *net, int in, const char *name, int channels,
    bool bias)
{
	const size_t shape[] = { (size_t)channels,
		(size_t)nn_channels(net, in) };
	const int first = slice(net, name, "weight", NN_LINEAR, 2, shape,
	    shape[1]);

	if (bias)
		slice(net, name, "bias", NN_BIAS, 1, shape, shape[1]);
	return add(net, (struct nn_node){ .op = &nn_op_linear, .in = in,
	    .residual = -1, .channels = channels, .bias = bias,
	    .param = first });
}

int
nn_relu(struct nn_net *net, int in)
{
	return add(net, (struct nn_node){ .op = &nn_op_relu, .in = in,
	    .residual = -1, .param = -1, .channels = nn_channels(net, in) });
}

int
nn_maxpool(struct nn_net *net, int in, int size, int stride, int pad)
{
	return add(net, (struct nn_node){ .op = &nn_op_maxpool, .in = in,
	    .residual = -1, .param = -1, .channels = nn_channels(net, in),
	    .size = size, .stride = stride, .pad = pad });
}

int
nn_meanpool(struct nn_net *net, int in)
{
	return add(net, (struct nn_node){ .op = &nn_op_meanpool, .in = in,
	    .residual = -1, .param = -1, .channels = nn_channels(net, in) });
}
