/*
 * nn_op: what a kind of layer has to offer; one file and one row each.
 *
 * Arrays are device memory, [N,H,W,C] of `in` and `out`.
 */
#ifndef SELF_NN_NN_OP_H
#define SELF_NN_NN_OP_H

#include "nn/nn.h"

/* One layer at work, filled in by the plan. */
struct nn_call {
	struct kernel *kernel;
	const struct nn_params *params;
	const struct nn_node *node;
	const struct nn_node *norm;	/* conv: ends with this norm, whose
					 * residual and y come along */
	enum nn_mode mode;
	int n, groups;		/* samples; batch norm's parts of them */
	int first, all;		/* those are groups first … of `all` whose
				 * steps move statistics; 0: none does */
	struct nn_shape in, out;
	const float *x, *residual;	/* residual: NULL without */
	float *y;
	float *saved;			/* as `saved` asked for, or NULL */
	const float *x_saved;		/* what the layer that made x saved */
	const float *dy;		/* backward only, as the next three */
	float *dx;			/* NULL to skip, where `adds` */
	float *d_residual;
	bool add;			/* dx accumulates, where `adds` */
};

struct nn_op {
	const char *name;
	bool in_place;		/* forward: y may be x */
	bool back_in_place;	/* backward: dx may be dy */
	bool adds;		/* backward can add to dx, or skip it */
	bool needs_x;		/* backward reads x */
	bool (*needs_y)(const struct nn_node *);	/* … or y; NULL: no */
	/* Shape of the output; mode and n (samples in a group) may forbid
	 * one. */
	int (*shape)(const struct nn_node *, enum nn_mode, int n,
	    struct nn_shape in, struct nn_shape *out);
	/* Floats that forward leaves, for n samples of a group, for backward
	 * and for the layers that read its output; NULL: none. */
	size_t (*saved)(const struct nn_node *, int n, struct nn_shape out);
	/* Scratch of the kernel; NULL: none. */
	int (*reserve)(struct kernel *, const struct nn_node *, int n,
	    struct nn_shape in, bool backward);
	void (*forward)(const struct nn_call *);
	/* Writes y again, from x and what forward saved, so that it need not
	 * be kept for those who read it; NULL: cannot. */
	void (*remake)(const struct nn_call *);
};

extern const struct nn_op nn_op_conv2d, nn_op_batchnorm, nn_op_linear,
    nn_op_relu, nn_op_maxpool, nn_op_meanpool;

void nn_conv2d_backward(const struct nn_call *);
void nn_batchnorm_backward(const struct nn_call *);
void nn_linear_backward(const struct nn_call *);
void nn_relu_backward(const struct nn_call *);
void nn_maxpool_backward(const struct nn_call *);
void nn_meanpool_backward(const struct nn_call *);

/* All of them and how they go backward.  That is not in nn_op, which every
 * network names: a tool that only goes forward is linked without it. */
struct nn_back {
	const struct nn_op *op;
	void (*backward)(const struct nn_call *);
};
extern const struct nn_back nn_backs[];
extern const size_t nn_n_backs;

#endif
