/* SPDX-License-Identifier: MIT */
/*
 * NT-Xent (Chen et al. 2020): every row of both views against all others, the
 * same sample's other view being the right one.  Mean over 2N anchors.
 */
#include "loss/views.h"

static const struct loss_field fields[] = {
	[LOSS_SIMCLR_Z0] = { "z0", LOSS_EMBEDDING, true, false },
	[LOSS_SIMCLR_Z1] = { "z1", LOSS_EMBEDDING, true, false },
};

static int
run(struct loss_call *c)
{
	return views_run(c, NULL);
}

const struct loss loss_simclr = {
	.name = "simclr",
	.help = "NT-Xent: two views against all other rows",
	.fields = fields,
	.n_fields = sizeof(fields) / sizeof(fields[0]),
	.temperature = 0.1,
	.anchors = true,
	.run = run,
};
