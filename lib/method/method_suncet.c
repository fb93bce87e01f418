/* SPDX-License-Identifier: MIT */
/*
 * SuNCEt (Assran et al. 2020): SimCLR on the views, plus the labelled
 * support's own loss, all in one batch [view 0; view 1; support].  Records
 * without support are SimCLR's.
 */
#include "method/parts.h"

static int
support(struct method_run *r, const struct method_batch *b, double *loss)
{
	struct loss_call c = parts_call(r, (size_t)b->n_support);
	int rc;

	c.in[LOSS_SUNCET_Z] = parts_joint(r, b, b->n_views);
	c.in[LOSS_SUNCET_LABEL].whole = b->support_label;
	rc = loss_run(&loss_suncet, &c);
	*loss += c.loss;
	return rc;
}

static int
gradients(struct method_run *r, const struct method_batch *b, double *loss)
{
	struct loss_call c = parts_call(r, (size_t)b->n);
	int rc;

	parts_forward_joint(r, b);
	c.in[LOSS_SIMCLR_Z0] = parts_joint(r, b, 0);
	c.in[LOSS_SIMCLR_Z1] = parts_joint(r, b, 1);
	if ((rc = loss_run(&loss_simclr, &c)) < 0)
		return rc;
	*loss = c.loss;
	if (b->n_support > 0 && (rc = support(r, b, loss)) < 0)
		return rc;
	parts_backward_joint(r, b);
	return 0;
}

const struct method method_suncet = {
	.name = "suncet",
	.help = "simclr, and the own class among labelled rows",
	.loss = &loss_suncet,
	.n_views = 2,
	.support = true,
	.projector = "d-relu-128",
	.plan = parts_plan_joint,
	.gradients = gradients,
	.logits = parts_logits_joint,
};
