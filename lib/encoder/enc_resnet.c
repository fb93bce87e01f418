/* SPDX-License-Identifier: MIT */
/*
 * Residual networks (He et al. 2016) with torchvision's names: version 1 with
 * the stride on the 3x3 convolution ("v1.5").  The imagenet stem is a 7x7
 * convolution of stride 2 and a max-pool; the cifar stem a 3x3 convolution.
 */
#include <stdio.h>
#include <string.h>

#include "encoder/encoder.h"

#define STAGES 4

struct form {
	bool bottleneck;
	int blocks[STAGES];
};

/* A convolution without padding loss and its batch norm; the value. */
static int
conv_norm(struct nn_net *net, int in, const char *block, const char *conv,
    const char *norm, int channels, int size, int stride, bool relu)
{
	char name[NN_NAME];
	int v;

	snprintf(name, sizeof(name), "%s.%s", block, conv);
	v = nn_conv(net, in, name, channels, size, stride, size / 2);
	snprintf(name, sizeof(name), "%s.%s", block, norm);
	return nn_norm(net, v, name, -1, relu);
}

/* The way around a block: identity, or 1x1 where the shape changes. */
static int
shortcut(struct nn_net *net, int in, const char *block, int channels,
    int stride)
{
	if (stride == 1 && nn_channels(net, in) == channels)
		return in;
	return conv_norm(net, in, block, "downsample.0", "downsample.1",
	    channels, 1, stride, false);
}

/* Adds a block's last convolution, the shortcut and the sum of both. */
static int
close_block(struct nn_net *net, int in, int v, const char *block, int number,
    int channels, int size, int last_stride, int stride)
{
	char name[NN_NAME];
	int slices;

	snprintf(name, sizeof(name), "%s.conv%d", block, number);
	v = nn_conv(net, v, name, channels, size, last_stride, size / 2);
	snprintf(name, sizeof(name), "%s.bn%d", block, number);
	slices = nn_norm_slices(net, name, channels);
	if (slices >= 0)
		net->layout.slices[slices].closing = true;
	return nn_norm_with(net, v, slices,
	    shortcut(net, in, block, channels, stride), true);
}

static int
basic(struct nn_net *net, int in, const char *block, int channels, int stride)
{
	const int v = conv_norm(net, in, block, "conv1", "bn1", channels, 3,
	    stride, true);

	return close_block(net, in, v, block, 2, channels, 3, 1, stride);
}

static int
bottleneck(struct nn_net *net, int in, const char *block, int channels,
    int stride)
{
	int v = conv_norm(net, in, block, "conv1", "bn1", channels, 1, 1,
	    true);

	v = conv_norm(net, v, block, "conv2", "bn2", channels, 3, stride,
	    true);
	return close_block(net, in, v, block, 3, 4 * channels, 1, 1, stride);
}

static int
stem(struct nn_net *net, const struct enc_shape *s)
{
	int v;

	if (strcmp(s->stem, "cifar") == 0)
		return conv_norm(net, 0, "encoder", "conv1", "bn1", s->width,
		    3, 1, true);
	v = conv_norm(net, 0, "encoder", "conv1", "bn1", s->width, 7, 2,
	    true);
	return nn_maxpool(net, v, 3, 2, 1);
}

static int
build(const struct encoder *e, struct nn_net *net, const struct enc_shape *s)
{
	const struct form *f = e->form;
	int v = stem(net, s);

	for (int i = 0; i < STAGES; i++)
		for (int j = 0; j < f->blocks[i]; j++) {
			const int stride = i > 0 && j == 0 ? 2 : 1;
			char block[NN_NAME];

			snprintf(block, sizeof(block), "encoder.layer%d.%d",
			    i + 1, j);
			v = (f->bottleneck ? bottleneck : basic)(net, v,
			    block, s->width << i, stride);
		}
	return nn_meanpool(net, v);
}

static const struct form form18 = { false, { 2, 2, 2, 2 } };
static const struct form form34 = { false, { 3, 4, 6, 3 } };
static const struct form form50 = { true, { 3, 4, 6, 3 } };
static const struct form form101 = { true, { 3, 4, 23, 3 } };
static const struct form form152 = { true, { 3, 8, 36, 3 } };

const struct encoder enc_resnet18 = { "resnet18",
	"residual network, 18 layers, 512 features", &form18, build };
const struct encoder enc_resnet34 = { "resnet34",
	"residual network, 34 layers, 512 features", &form34, build };
const struct encoder enc_resnet50 = { "resnet50",
	"residual network, 50 layers, 2048 features", &form50, build };
const struct encoder enc_resnet101 = { "resnet101",
	"residual network, 101 layers, 2048 features", &form101, build };
const struct encoder enc_resnet152 = { "resnet152",
	"residual network, 152 layers, 2048 features", &form152, build };
