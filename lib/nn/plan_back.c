/* SPDX-License-Identifier: MIT */
/*
 * Places for gradients.  Layers are gone through from the last to the first,
 * as backward will; a value that several layers read gets its gradient from
 * the last of them first, and the others add to it.
 */
#include <stdlib.h>

#include "nn/place.h"
#include "nn/plan.h"

struct sweep {
	struct nn_plan *plan;
	struct place block;
	size_t *grad;		/* by value: place, or PLAN_NONE */
	size_t *made;		/* by value: where it is made again, likewise */
};

/* The gradient of the residual is dy with the ReLU's zeros: dy's own place,
 * which then either becomes the residual's or is added to it. */
static void
place_residual(struct sweep *s, const struct nn_node *d, struct plan_back *b)
{
	b->d_residual = b->residual_to = PLAN_NONE;
	if (d->residual < 0)
		return;
	b->d_residual = b->dy;
	if (d->residual == 0)
		return;
	if (s->grad[d->residual] == PLAN_NONE)
		s->grad[d->residual] = b->dy;
	else
		b->residual_to = s->grad[d->residual];
}

/* Where the gradient of the layer's input is written. */
static int
place_input(struct sweep *s, const struct nn_node *d, struct plan_back *b)
{
	const size_t n = plan_count(s->plan, d->in);
	const bool may_reuse = d->op->back_in_place && d->residual < 0;
	size_t *have = &s->grad[d->in];
	int rc = 0;

	b->dx = b->add_to = PLAN_NONE;
	b->add = false;
	if (d->in == 0 && d->op->adds)
		return 0;
	if (*have != PLAN_NONE && d->op->adds) {
		b->dx = *have;
		b->add = true;
		return 0;
	}
	if (may_reuse)
		b->dx = b->dy;
	else
		rc = place_take(&s->block, n, &b->dx);
	if (*have == PLAN_NONE)
		*have = b->dx;
	else
		b->add_to = *have;
	return rc;
}

/* The first layer whose backward reads the value, or -1. */
static int
first_need(const struct nn_plan *p, int value)
{
	for (int i = value; i < p->last; i++)
		if (p->net->nodes[i].in == value && plan_needs_x(p, i)
		    && p->back[i].reached)
			return i;
	return -1;
}

/* Where layer i finds its input, if that was not kept. */
static int
place_again(struct sweep *s, int i)
{
	struct nn_plan *p = s->plan;
	const int value = p->net->nodes[i].in;
	struct plan_back *b = &p->back[i];

	b->x = PLAN_NONE;
	b->remake = false;
	if (!plan_needs_x(p, i) || p->fate[value] != PLAN_REMAKE)
		return 0;
	b->remake = s->made[value] == PLAN_NONE;
	if (b->remake && place_take(&s->block, plan_count(p, value),
	    &s->made[value]) < 0)
		return fail_last();
	b->x = s->made[value];
	return 0;
}

/* The layer was the last to need it. */
static int
forget(struct sweep *s, int i)
{
	struct nn_plan *p = s->plan;
	const int value = p->net->nodes[i].in;

	if (p->back[i].x == PLAN_NONE || first_need(p, value) != i)
		return 0;
	return place_give(&s->block, p->back[i].x, plan_count(p, value));
}

/* Gives back what layer i leaves behind. */
static int
give_back(struct sweep *s, int i)
{
	const struct nn_node *d = &s->plan->net->nodes[i];
	struct plan_back *b = &s->plan->back[i];
	const bool passed_on = s->grad[d->in] == b->dy ||
	    (d->residual > 0 && s->grad[d->residual] == b->dy);
	int rc = 0;

	if (!passed_on)
		rc = place_give(&s->block, b->dy,
		    plan_count(s->plan, i + 1));
	if (rc == 0 && b->add_to != PLAN_NONE && b->dx != b->dy)
		rc = place_give(&s->block, b->dx,
		    plan_count(s->plan, d->in));
	return rc;
}

/* Layers on a way from the input, or from a parameter, to the last value. */
static void
reach(struct nn_plan *p)
{
	for (int i = p->last - 1; i >= 0; i--)
		p->back[i].reached = i == p->last - 1;
	for (int i = p->last - 1; i >= 0; i--) {
		const struct nn_node *d = &p->net->nodes[i];

		if (!p->back[i].reached)
			continue;
		if (d->in > 0)
			p->back[d->in - 1].reached = true;
		if (d->residual > 0)
			p->back[d->residual - 1].reached = true;
	}
}

static int
go(struct sweep *s)
{
	struct nn_plan *p = s->plan;
	int rc = place_take(&s->block, plan_count(p, p->last),
	    &s->grad[p->last]);

	reach(p);
	for (int i = p->last - 1; i >= 0 && rc == 0; i--) {
		struct plan_back *b = &p->back[i];

		if (!b->reached)
			continue;
		b->dy = s->grad[i + 1];
		place_residual(s, &p->net->nodes[i], b);
		rc = place_again(s, i);
		if (rc == 0)
			rc = place_input(s, &p->net->nodes[i], b);
		s->grad[i + 1] = PLAN_NONE;
		if (rc == 0)
			rc = give_back(s, i);
		if (rc == 0)
			rc = forget(s, i);
	}
	p->work = s->block.end;
	return rc;
}

int
plan_backward(struct nn_plan *p)
{
	const size_t n = (size_t)p->last + 1;
	struct sweep s = { .plan = p };
	int rc;

	s.grad = malloc(2 * n * sizeof(*s.grad));
	if (s.grad == NULL)
		return fail_memory(2 * n * sizeof(*s.grad));
	for (size_t i = 0; i < 2 * n; i++)
		s.grad[i] = PLAN_NONE;
	s.made = s.grad + n;
	rc = go(&s);
	free(s.grad);
	place_free(&s.block);
	return rc;
}
