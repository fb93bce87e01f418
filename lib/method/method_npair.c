/* SPDX-License-Identifier: MIT */
/*
 * N-pair (Sohn 2016, as i-Mix has it): both views in one batch, rows of view
 * 0, which may be mixed, against those of view 1.  Symmetric: the other way
 * round too, the losses added.
 */
#include "method/parts.h"

static int
plan(struct method_run *r, const struct method_batch *b)
{
	if (r->options.symmetric && b->mix_index != NULL)
		return fail(FAIL_USAGE, "mixed records have one direction; "
		    "leave --symmetric out");
	return parts_plan_joint(r, b);
}

/* The swapped direction adds to what is there. */
static int
swapped(struct method_run *r, const struct method_batch *b, double *loss)
{
	struct loss_call c = parts_call(r, (size_t)b->n);
	const size_t n = c.n * c.p;
	float *slope = r->host[PARTS_SLOPE], *more = r->host[PARTS_MORE];
	int rc;

	c.in[LOSS_NPAIR_Z0] = parts_joint(r, b, 1);
	c.in[LOSS_NPAIR_Z1] = parts_joint(r, b, 0);
	c.in[LOSS_NPAIR_Z0].grad = more + n;
	c.in[LOSS_NPAIR_Z1].grad = more;
	if ((rc = loss_run(&loss_npair, &c)) < 0)
		return rc;
	for (size_t i = 0; i < 2 * n; i++)
		slope[i] += more[i];
	*loss += c.loss;
	return 0;
}

static int
gradients(struct method_run *r, const struct method_batch *b, double *loss)
{
	struct loss_call c = parts_call(r, (size_t)b->n);
	int rc;

	parts_forward_joint(r, b);
	c.in[LOSS_NPAIR_Z0] = parts_joint(r, b, 0);
	c.in[LOSS_NPAIR_Z1] = parts_joint(r, b, 1);
	c.in[LOSS_NPAIR_INDEX].whole = b->mix_index;
	c.in[LOSS_NPAIR_LAMBDA].real = b->mix_lambda;
	if ((rc = loss_run(&loss_npair, &c)) < 0)
		return rc;
	*loss = c.loss;
	if (r->options.symmetric && (rc = swapped(r, b, loss)) < 0)
		return rc;
	parts_backward_joint(r, b);
	return 0;
}

static void
logits(const struct method_run *r, struct logits *l)
{
	l->n = l->m = (size_t)r->planned.n;
	l->query = r->host[PARTS_Z];
	l->key = l->query + l->n * method_columns(r);
}

const struct method method_npair = {
	.name = "npair",
	.help = "find the own row among the other view's",
	.loss = &loss_npair,
	.n_views = 2,
	.symmetric = true,
	.projector = "mlpbn",
	.plan = plan,
	.gradients = gradients,
	.logits = logits,
};
