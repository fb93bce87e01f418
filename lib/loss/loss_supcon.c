/* SPDX-License-Identifier: MIT */
/*
 * SupCon (Khosla et al. 2020): NT-Xent where all rows of a class are right,
 * by the mean of their logarithms.  Without the official factor of
 * temperature / 0.07.
 */
#include "loss/views.h"

static const struct loss_field fields[] = {
	[LOSS_SUPCON_Z0] = { "z0", LOSS_EMBEDDING, true, false },
	[LOSS_SUPCON_Z1] = { "z1", LOSS_EMBEDDING, true, false },
	[LOSS_SUPCON_LABEL] = { "label", LOSS_LABEL, false, false },
};

static int
run(struct loss_call *c)
{
	return views_run(c, c->in[LOSS_SUPCON_LABEL].whole);
}

const struct loss loss_supcon = {
	.name = "supcon",
	.help = "two views, all rows of a class being right",
	.fields = fields,
	.n_fields = sizeof(fields) / sizeof(fields[0]),
	.temperature = 0.1,
	.anchors = true,
	.run = run,
};
