/* SPDX-License-Identifier: MIT */
/*
 * N-pair (Sohn 2016, as i-Mix has it): the first view's rows against all rows
 * of the second view; gradients to both, or to the first alone; one direction
 * only.
 */
#include <string.h>

#include "loss/partner.h"

static const struct loss_field fields[] = {
	[LOSS_NPAIR_Z0] = { "z0", LOSS_EMBEDDING, true, false },
	[LOSS_NPAIR_Z1] = { "z1", LOSS_EMBEDDING, true, false },
	[LOSS_NPAIR_INDEX] = { "mix_index", LOSS_PLACE, false, true },
	[LOSS_NPAIR_LAMBDA] = { "mix_lambda", LOSS_SHARE, false, true },
};

static int
run(struct loss_call *c)
{
	struct partner m = { .index = c->in[LOSS_NPAIR_INDEX].whole,
		.lambda = c->in[LOSS_NPAIR_LAMBDA].real,
		.s = { .n = c->n, .p = c->p, .others = true,
		    .scale = 1 / c->options.temperature } };
	int rc;

	if ((rc = partner_begin(&m, c->work, c->in[LOSS_NPAIR_Z0].real,
	    c->in[LOSS_NPAIR_Z1].real)) < 0)
		return rc;
	c->loss = partner_loss(&m);
	if (c->in[LOSS_NPAIR_Z0].grad != NULL)
		partner_query_grad(&m, c->in[LOSS_NPAIR_Z0].grad);
	if (c->in[LOSS_NPAIR_Z1].grad == NULL)
		return 0;
	if (!c->options.anchor_only)
		return partner_key_grad(&m, c->work,
		    c->in[LOSS_NPAIR_Z1].grad);
	memset(c->in[LOSS_NPAIR_Z1].grad, 0, c->n * c->p * sizeof(float));
	return 0;
}

const struct loss loss_npair = {
	.name = "npair",
	.help = "one view's rows against all of the other's",
	.fields = fields,
	.n_fields = sizeof(fields) / sizeof(fields[0]),
	.temperature = 0.2,
	.anchors = true,
	.run = run,
};
