/* SPDX-License-Identifier: MIT */
#include "nn/plan.h"

#include <limits.h>
#include <stdlib.h>

#include "nn/place.h"

#define SIDE_MOST 65536		/* pixels */

size_t
plan_count(const struct nn_plan *p, int value)
{
	return (size_t)p->n * nn_shape_count(p->shape[value]);
}

static int
shapes(struct nn_plan *p, int h, int w)
{
	p->shape[0] = (struct nn_shape){ h, w, p->net->channels };
	for (int i = 0; i < p->last; i++) {
		const struct nn_node *d = &p->net->nodes[i];
		const struct nn_shape in = p->shape[d->in];
		int rc = d->op->shape(d, p->mode, p->n / p->groups, in,
		    &p->shape[i + 1]);

		if (rc == 0 && d->op->reserve != NULL)
			rc = d->op->reserve(p->kernel, d, p->n, in,
			    p->mode == NN_TRAIN);
		/* Convolutions and norms measure group by group. */
		if (rc == 0 && d->op->reserve != NULL && p->groups > 1)
			rc = d->op->reserve(p->kernel, d, p->n / p->groups,
			    in, false);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Layers other than `norm` that read the value, and whether it is wanted. */
static bool
others_read(const struct nn_plan *p, int value, int norm, const int *wanted,
    int n_wanted)
{
	for (int i = 0; i < n_wanted; i++)
		if (wanted[i] == value)
			return true;
	for (int i = 0; i < p->last; i++)
		if (p->net->nodes[i].residual == value || (i != norm
		    && p->net->nodes[i].in == value))
			return true;
	return false;
}

/* With running statistics a norm is part of the convolution before it, which
 * then runs in the norm's turn: its residual is there by then. */
static void
fold(struct nn_plan *p, const int *wanted, int n_wanted)
{
	for (int i = 0; i < p->last; i++)
		p->folded[i] = -1;
	for (int i = 0; i < p->last && p->mode == NN_INFER; i++) {
		const struct nn_node *d = &p->net->nodes[i];

		if (d->op != &nn_op_batchnorm || !d->moments
		    || others_read(p, d->in, i, wanted, n_wanted))
			continue;
		p->folded[i] = d->in - 1;
		p->folded[d->in - 1] = i;
	}
}

/* The value that the layer reads when it runs. */
static int
input_of(const struct nn_plan *p, int i)
{
	const int in = p->net->nodes[i].in;

	return p->folded[i] >= 0 && p->folded[i] < i
	    ? p->net->nodes[in - 1].in : in;
}

/* When each value is read for the last time. */
static void
uses(struct nn_plan *p, const int *wanted, int n_wanted)
{
	for (int v = 0; v <= p->last; v++)
		p->use[v] = -1;
	for (int i = 0; i < p->last; i++) {
		const struct nn_node *d = &p->net->nodes[i];

		if (p->folded[i] <= i)
			p->use[input_of(p, i)] = i;
		if (d->residual >= 0)
			p->use[d->residual] = i;
	}
	for (int i = 0; i < n_wanted; i++)
		p->use[wanted[i]] = INT_MAX;
	p->use[0] = INT_MAX;	/* not ours */
}

bool
plan_needs_x(const struct nn_plan *p, int i)
{
	return p->net->nodes[i].op->needs_x;
}

/* A value that its own layer needs again is kept; one that only its readers
 * need is kept too, unless it can be made again from what is. */
static void
fates(struct nn_plan *p)
{
	const struct nn_node *nodes = p->net->nodes;

	for (int v = 0; v <= p->last; v++)
		p->fate[v] = PLAN_GIVE;
	if (p->mode != NN_TRAIN)
		return;
	for (int i = 0; i < p->last; i++)
		if (plan_needs_x(p, i))
			p->fate[nodes[i].in] = PLAN_KEEP;
	for (int i = 0; i < p->last; i++) {
		const struct nn_op *op = nodes[i].op;

		if (op->needs_y != NULL && op->needs_y(&nodes[i]))
			p->fate[i + 1] = PLAN_KEEP;
		else if (p->fate[i + 1] == PLAN_KEEP && op->remake != NULL
		    && op->needs_x && nodes[i].residual < 0
		    && p->use[i + 1] != INT_MAX
		    && (nodes[i].in == 0 || p->fate[nodes[i].in] == PLAN_KEEP))
			p->fate[i + 1] = PLAN_REMAKE;
	}
}

/* Gives back the value when layer i was its last reader. */
static int
retire(struct nn_plan *p, struct place *block, int value, int i)
{
	if (value < 0 || p->use[value] != i || p->fate[value] == PLAN_KEEP)
		return 0;
	return place_give(block, p->at[value], plan_count(p, value));
}

/* Room for the output of layer i and what it saves. */
static int
place_layer(struct nn_plan *p, struct place *block, int i)
{
	const struct nn_node *d = &p->net->nodes[i];
	const size_t n = d->op->saved == NULL ? 0 : (size_t)p->groups *
	    d->op->saved(d, p->n / p->groups, p->shape[i + 1]);
	const int in = input_of(p, i);
	const bool in_place = d->op->in_place && p->use[in] == i &&
	    p->fate[in] != PLAN_KEEP && d->residual != in &&
	    p->folded[i] < 0;
	int rc = 0;

	p->saved[i] = PLAN_NONE;
	if (p->folded[i] > i)
		return 0;
	if (n > 0)
		rc = place_take(block, n, &p->saved[i]);
	if (rc == 0 && in_place)
		p->at[i + 1] = p->at[in];
	else if (rc == 0)
		rc = place_take(block, plan_count(p, i + 1), &p->at[i + 1]);
	/* The next layer finds a convolution's there. */
	if (rc == 0 && n > 0 && p->mode != NN_TRAIN && !d->moments)
		rc = place_give(block, p->saved[i], n);
	if (rc == 0 && !in_place)
		rc = retire(p, block, in, i);
	if (rc == 0 && d->residual != in)
		rc = retire(p, block, d->residual, i);
	/* A value that nobody reads. */
	if (rc == 0 && p->use[i + 1] < 0)
		rc = p->fate[i + 1] == PLAN_KEEP ? 0 :
		    place_give(block, p->at[i + 1], plan_count(p, i + 1));
	return rc;
}

static int
places(struct nn_plan *p)
{
	struct place block = { 0 };
	int rc = 0;

	for (int i = 0; i < p->last && rc == 0; i++)
		rc = place_layer(p, &block, i);
	p->memory = block.end;
	place_free(&block);
	return rc;
}

static int
tables(struct nn_plan *p)
{
	const size_t n = (size_t)p->last + 1;

	p->shape = calloc(n, sizeof(*p->shape));
	p->at = calloc(n, sizeof(*p->at));
	p->saved = calloc(n, sizeof(*p->saved));
	p->use = calloc(n, sizeof(*p->use));
	p->folded = calloc(n, sizeof(*p->folded));
	p->fate = calloc(n, sizeof(*p->fate));
	p->back = calloc(n, sizeof(*p->back));
	if (p->shape == NULL || p->at == NULL || p->saved == NULL ||
	    p->use == NULL || p->folded == NULL || p->fate == NULL ||
	    p->back == NULL)
		return fail_memory(n * sizeof(*p->back));
	return 0;
}

static int
make(struct nn_plan *p, int h, int w, const int *wanted, int n_wanted)
{
	int rc;

	if (p->n < 1 || h < 1 || w < 1 || h > SIDE_MOST || w > SIDE_MOST)
		return fail(FAIL_LIMIT, "%d pictures of %dx%d cannot go "
		    "through a network", p->n, w, h);
	if (p->groups < 1 || p->n % p->groups != 0)
		return fail(FAIL_USAGE, "%d samples cannot be split into %d "
		    "equal groups for batch norm", p->n, p->groups);
	if ((rc = tables(p)) < 0 || (rc = shapes(p, h, w)) < 0)
		return rc;
	fold(p, wanted, n_wanted);
	uses(p, wanted, n_wanted);
	fates(p);
	if ((rc = places(p)) < 0)
		return rc;
	return p->mode == NN_TRAIN ? plan_backward(p) : 0;
}

struct nn_plan *
nn_plan_new(const struct nn_net *net, struct kernel *kernel,
    enum nn_mode mode, int n, int h, int w, const int *wanted, int n_wanted)
{
	return nn_plan_grouped(net, kernel, mode,
	    (struct nn_batch){ n, 1, h, w }, wanted, n_wanted);
}

struct nn_plan *
nn_plan_grouped(const struct nn_net *net, struct kernel *kernel,
    enum nn_mode mode, struct nn_batch b, const int *wanted, int n_wanted)
{
	struct nn_plan *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		fail_memory(sizeof(*p));
		return NULL;
	}
	p->net = net;
	p->kernel = kernel;
	p->mode = mode;
	p->n = b.n;
	p->groups = p->all = b.groups;
	for (int i = 0; i < n_wanted; i++)
		if (wanted[i] > p->last)
			p->last = wanted[i];
	if (make(p, b.h, b.w, wanted, n_wanted) < 0) {
		nn_plan_free(p);
		return NULL;
	}
	return p;
}

void
nn_plan_free(struct nn_plan *p)
{
	if (p == NULL)
		return;
	free(p->shape);
	free(p->at);
	free(p->saved);
	free(p->use);
	free(p->fate);
	free(p->folded);
	free(p->back);
	free(p);
}

void
nn_plan_part(struct nn_plan *p, int first, int all)
{
	p->first = first;
	p->all = all;
}

size_t
nn_plan_memory(const struct nn_plan *p)
{
	return p->memory;
}

size_t
nn_plan_work(const struct nn_plan *p)
{
	return p->work;
}

struct nn_shape
nn_plan_shape(const struct nn_plan *p, int value)
{
	return p->shape[value];
}
