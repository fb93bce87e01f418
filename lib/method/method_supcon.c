/* SPDX-License-Identifier: MIT */
/* SupCon (Khosla et al. 2020): SimCLR where the rows of a class are right. */
#include "method/parts.h"

static int
gradients(struct method_run *r, const struct method_batch *b, double *loss)
{
	struct loss_call c = parts_call(r, (size_t)b->n);
	int rc;

	parts_forward_joint(r, b);
	c.in[LOSS_SUPCON_Z0] = parts_joint(r, b, 0);
	c.in[LOSS_SUPCON_Z1] = parts_joint(r, b, 1);
	c.in[LOSS_SUPCON_LABEL].whole = b->label;
	if ((rc = loss_run(&loss_supcon, &c)) < 0)
		return rc;
	*loss = c.loss;
	parts_backward_joint(r, b);
	return 0;
}

const struct method method_supcon = {
	.name = "supcon",
	.help = "find all rows of the class among all other rows",
	.loss = &loss_supcon,
	.n_views = 2,
	.label = true,
	.projector = "d-relu-128",
	.plan = parts_plan_joint,
	.gradients = gradients,
	.logits = parts_logits_joint,
};
