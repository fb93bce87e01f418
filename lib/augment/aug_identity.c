/* SPDX-License-Identifier: MIT */
/* identity: nothing; one of the choices of CLSA's code. */
#include "augment/ops.h"

static int
apply(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	(void)c;
	(void)n;
	(void)r;
	return 0;
}

const struct aug_op aug_op_identity = {
	"identity", "nothing", { { 0 } }, apply, NULL, NULL,
};
