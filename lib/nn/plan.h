/*
 * plan: shapes and places of a network's values (inside lib/nn only).
 *
 * Forward: a place is given on after the last layer that reads it, and layers
 * that may work in place do; but with NN_TRAIN a value that backward needs
 * keeps its place, unless backward can make it again.  Backward: the gradient
 * of a value lives from the last layer that reads the value to the layer that
 * made it, a value made again from the last layer to the first that needs it.
 */
#ifndef SELF_NN_PLAN_H
#define SELF_NN_PLAN_H

#include "nn/nn_op.h"

#define PLAN_NONE SIZE_MAX

/* What becomes of a value that nobody reads any more in the forward pass. */
enum plan_fate { PLAN_GIVE, PLAN_KEEP, PLAN_REMAKE };

/* What backward does at one layer. */
struct plan_back {
	bool reached;		/* a gradient arrives here at all */
	size_t dy, dx;		/* places; dx PLAN_NONE: not needed */
	bool add;		/* the layer itself adds to dx */
	size_t add_to;		/* then dx is added to this, or PLAN_NONE */
	size_t d_residual;	/* PLAN_NONE: no residual */
	size_t residual_to;	/* d_residual is added to this, or NONE */
	bool remake;		/* x is made again first, in `x` */
	size_t x;		/* its place, or PLAN_NONE: where it was */
};

struct nn_plan {
	const struct nn_net *net;
	struct kernel *kernel;
	enum nn_mode mode;
	int n, groups, last;	/* samples; highest value wanted */
	int first, all;		/* groups of a larger pass */
	size_t memory, work;	/* floats */
	struct nn_shape *shape;	/* by value, 0..last */
	size_t *at;		/* place by value */
	size_t *saved;		/* place by layer, or PLAN_NONE */
	int *use;		/* last layer that reads a value, by value */
	int *folded;		/* by layer: the norm with which a convolution
				 * is run, the convolution of a norm; or -1 */
	char *fate;		/* after that, by value: enum plan_fate */
	struct plan_back *back;	/* by layer, with NN_TRAIN */
};

/* Floats of a value for the whole batch. */
size_t plan_count(const struct nn_plan *, int value);

/* Does backward at layer i read its input? */
bool plan_needs_x(const struct nn_plan *, int i);

/* Places for backward. */
int plan_backward(struct nn_plan *) FAIL_CHECKED;

#endif
