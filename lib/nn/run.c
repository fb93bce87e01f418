/* SPDX-License-Identifier: MIT */
/* Running a plan. */
#include <assert.h>

#include "nn/plan.h"

float *
nn_value(const struct nn_plan *p, float *memory, int value)
{
	return memory + p->at[value];
}

static struct nn_call
call_of(const struct nn_plan *p, const struct nn_params *params,
    float *memory, const float *x, int i)
{
	const struct nn_node *d = &p->net->nodes[i];
	struct nn_call c = {
		.kernel = p->kernel,
		.params = params,
		.node = d,
		.mode = p->mode,
		.n = p->n,
		.groups = p->groups,
		.first = p->first,
		.all = p->all,
		.in = p->shape[d->in],
		.out = p->shape[i + 1],
		.x = d->in == 0 ? x : memory + p->at[d->in],
		.y = memory + p->at[i + 1],
	};

	if (d->residual >= 0)
		c.residual = d->residual == 0 ? x :
		    memory + p->at[d->residual];
	if (p->saved[i] != PLAN_NONE)
		c.saved = memory + p->saved[i];
	if (d->in > 0 && p->saved[d->in - 1] != PLAN_NONE)
		c.x_saved = memory + p->saved[d->in - 1];
	return c;
}

/* The convolution that ends with norm i. */
static struct nn_call
folded_call(const struct nn_plan *p, const struct nn_params *params,
    float *memory, const float *x, int i)
{
	const struct nn_call norm = call_of(p, params, memory, x, i);
	struct nn_call c = call_of(p, params, memory, x, p->folded[i]);

	c.norm = norm.node;
	c.residual = norm.residual;
	c.y = norm.y;
	return c;
}

void
nn_forward(const struct nn_plan *p, const struct nn_params *params,
    float *memory, const float *x)
{
	assert(nn_slices(p->net, p->last) <= params->n);
	for (int i = 0; i < p->last; i++) {
		const int conv = p->folded[i];
		struct nn_call c = call_of(p, params, memory, x, i);

		if (conv > i)
			continue;
		if (conv >= 0)
			c = folded_call(p, params, memory, x, i);
		c.node->op->forward(&c);
	}
}

/* The value that layer i of the plan reads, made again by its own layer. */
static void
remake(const struct nn_plan *p, const struct nn_params *params,
    float *memory, const float *x, int i, float *to)
{
	struct nn_call c = call_of(p, params, memory, x,
	    p->net->nodes[i].in - 1);

	c.y = to;
	c.node->op->remake(&c);
}

static void
backward(const struct nn_call *c)
{
	size_t i = 0;

	while (nn_backs[i].op != c->node->op) {
		i++;
		assert(i < nn_n_backs);
	}
	nn_backs[i].backward(c);
}

void
nn_backward(const struct nn_plan *p, const struct nn_params *params,
    float *memory, float *work, const float *x, const float *dy)
{
	assert(p->mode == NN_TRAIN && params->grad != NULL);
	kernel_copy(p->kernel, work + p->back[p->last - 1].dy, dy,
	    plan_count(p, p->last));
	for (int i = p->last - 1; i >= 0; i--) {
		const struct plan_back *b = &p->back[i];
		struct nn_call c;

		if (!b->reached)
			continue;
		c = call_of(p, params, memory, x, i);
		if (b->remake)
			remake(p, params, memory, x, i, work + b->x);
		if (b->x != PLAN_NONE)
			c.x = work + b->x;
		c.dy = work + b->dy;
		c.add = b->add;
		if (b->dx != PLAN_NONE)
			c.dx = work + b->dx;
		if (b->d_residual != PLAN_NONE)
			c.d_residual = work + b->d_residual;
		backward(&c);
		if (b->add_to != PLAN_NONE)
			kernel_add(p->kernel, work + b->add_to, c.dx,
			    plan_count(p, c.node->in));
		if (b->residual_to != PLAN_NONE)
			kernel_add(p->kernel, work + b->residual_to,
			    c.d_residual, plan_count(p, i + 1));
	}
}
