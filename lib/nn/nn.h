/*
 * nn: networks as a list of layers, and running them forward and backward.
 *
 * A network is built once: each nn_* call adds a layer and returns the number
 * of the value that it makes (value 0 is the input), so that a later layer
 * can read any earlier value.  A plan fixes batch, picture size and mode and
 * with them every shape and every place in memory; running a plan allocates
 * nothing.
 *
 * Values are [N,H,W,C], row-major, device memory; vectors are [N,1,1,C].
 */
#ifndef SELF_NN_NN_H
#define SELF_NN_NN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "kernel/kernel.h"
#include "nn/param.h"

#define NN_EPSILON 1e-5f	/* batch norm, under the root */
#define NN_MOMENTUM 0.1f	/* share of the batch in running statistics */

enum nn_mode {
	NN_TRAIN,	/* batch statistics, tracked; keeps what backward needs */
	NN_TRACK,	/* batch statistics, tracked; keeps nothing */
	NN_INFER	/* running statistics; keeps nothing */
};

/* One sample of a value. */
struct nn_shape {
	int h, w, c;
};

size_t nn_shape_count(struct nn_shape);

/* One layer.  Its output is the value with its own number plus one. */
struct nn_node {
	const struct nn_op *op;
	int in;			/* value read */
	int residual;		/* value added by a norm, or -1 */
	int param;		/* first slice, the others follow; or -1 */
	bool bias;		/* linear: has one */
	bool relu;		/* norm: followed by max(x, 0) */
	bool moments;		/* conv: saves mean and deviation of its output;
				 * norm: finds them with its input */
	int channels;		/* of the output */
	int size, stride, pad;	/* windows */
};

struct nn_net {
	struct nn_layout layout;
	struct nn_node *nodes;
	int n_nodes, room;
	int channels;		/* of the input */
	bool failed;		/* something in building went wrong */
};

/* `channels` of the input. */
void nn_net_init(struct nn_net *, int channels);
void nn_net_free(struct nn_net *);

/* 0, or the failure that building left. */
int nn_net_check(const struct nn_net *) FAIL_CHECKED;

/*
 * Layers.  Parameters are named NAME.weight and so on.  After a failure the
 * calls do nothing; nn_net_check tells.
 */
int nn_conv(struct nn_net *, int in, const char *name, int channels, int size,
    int stride, int pad);
/* Batch norm, plus the value `residual` unless -1, then ReLU if asked. */
int nn_norm(struct nn_net *, int in, const char *name, int residual,
    bool relu);
/* The same in two steps, for parameters that come before those of the layers
 * that make the residual. */
int nn_norm_slices(struct nn_net *, const char *name, int channels);
int nn_norm_with(struct nn_net *, int in, int slices, int residual,
    bool relu);
int nn_linear(struct nn_net *, int in, const char *name, int channels,
    bool bias);
int nn_relu(struct nn_net *, int in);
int nn_maxpool(struct nn_net *, int in, int size, int stride, int pad);
int nn_meanpool(struct nn_net *, int in);

/* Channels of a value. */
int nn_channels(const struct nn_net *, int value);

/* Slices that the layers up to `value` use: those come first. */
size_t nn_slices(const struct nn_net *, int value);

/* A way to run a network; owns no activations. */
struct nn_plan;

/*
 * For n samples of h x w, from the input to the highest of the values in
 * `wanted`.  NULL and a failure when a layer cannot take what it gets.
 */
struct nn_plan *nn_plan_new(const struct nn_net *, struct kernel *,
    enum nn_mode, int n, int h, int w, const int *wanted, int n_wanted);

/* The same with batch norm's statistics of equal groups of the samples, one
 * behind the other, each by itself (split batch norm); running statistics
 * take the mean of the groups' steps. */
struct nn_batch {
	int n, groups, h, w;
};
struct nn_plan *nn_plan_grouped(const struct nn_net *, struct kernel *,
    enum nn_mode, struct nn_batch, const int *wanted, int n_wanted);
void nn_plan_free(struct nn_plan *);

/* The plan's next passes are groups first, first + 1, … of `all` that a larger
 * pass is cut into, and move running statistics by their share of its step;
 * with `all` 0 they do not move them. */
void nn_plan_part(struct nn_plan *, int first, int all);

/* Floats of device memory that forward (and, with NN_TRAIN, backward between
 * them) needs; work is what backward uses besides. */
size_t nn_plan_memory(const struct nn_plan *);
size_t nn_plan_work(const struct nn_plan *);

struct nn_shape nn_plan_shape(const struct nn_plan *, int value);

/* Writes values into `memory`; x [n,h,w,channels] is borrowed until backward
 * has run.  Not with NN_INFER: running statistics move by one step. */
void nn_forward(const struct nn_plan *, const struct nn_params *,
    float *memory, const float *x);

/* A value after forward: the wanted ones, whatever the mode. */
float *nn_value(const struct nn_plan *, float *memory, int value);

/* From dy of the highest wanted value: gradients of the parameters below it
 * accumulate.  `work` as measured, memory and x as forward had them. */
void nn_backward(const struct nn_plan *, const struct nn_params *,
    float *memory, float *work, const float *x, const float *dy);

#endif
