/* SPDX-License-Identifier: MIT */
/*
 * MoCo (He et al. 2020): each query's own key against a queue of past ones.
 * With i-Mix (Lee et al. 2021) the batch's other keys are candidates too, and
 * a query belongs to its partner's key by 1 - lambda.
 */
#include "loss/partner.h"

static const struct loss_field fields[] = {
	[LOSS_MOCO_Q] = { "q", LOSS_EMBEDDING, true, false },
	[LOSS_MOCO_K] = { "k", LOSS_EMBEDDING, false, false },
	[LOSS_MOCO_QUEUE] = { "queue", LOSS_QUEUE, false, false },
	[LOSS_MOCO_INDEX] = { "mix_index", LOSS_PLACE, false, true },
	[LOSS_MOCO_LAMBDA] = { "mix_lambda", LOSS_SHARE, false, true },
};

static int
run(struct loss_call *c)
{
	struct partner m = { .index = c->in[LOSS_MOCO_INDEX].whole,
		.lambda = c->in[LOSS_MOCO_LAMBDA].real,
		.s = { .n = c->n, .p = c->p,
		    .scale = 1 / c->options.temperature,
		    .queue = c->in[LOSS_MOCO_QUEUE].real, .k = c->k } };
	int rc;

	m.s.others = m.index != NULL;
	if ((rc = partner_begin(&m, c->work, c->in[LOSS_MOCO_Q].real,
	    c->in[LOSS_MOCO_K].real)) < 0)
		return rc;
	c->loss = partner_loss(&m);
	if (c->in[LOSS_MOCO_Q].grad != NULL)
		partner_query_grad(&m, c->in[LOSS_MOCO_Q].grad);
	return 0;
}

const struct loss loss_moco = {
	.name = "moco",
	.help = "own keys against a queue of past keys",
	.fields = fields,
	.n_fields = sizeof(fields) / sizeof(fields[0]),
	.temperature = 0.2,
	.run = run,
};
