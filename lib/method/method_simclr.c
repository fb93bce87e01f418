/* SPDX-License-Identifier: MIT */
/* SimCLR (Chen et al. 2020): both views in one batch, each row against all
 * others. */
#include "method/parts.h"

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
	parts_backward_joint(r, b);
	return 0;
}

const struct method method_simclr = {
	.name = "simclr",
	.help = "find the other view among all other rows",
	.loss = &loss_simclr,
	.n_views = 2,
	.projector = "d-relu-128",
	.draw = NN_HAIKU,
	.residual_scale = 0.25f,
	.plan = parts_plan_joint,
	.gradients = gradients,
	.logits = parts_logits_joint,
};
