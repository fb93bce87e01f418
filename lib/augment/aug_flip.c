/* SPDX-License-Identifier: MIT */
/* flip: left and right exchanged. */
#include "augment/ops.h"
#include "image/geom.h"

static int
apply(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	(void)n;
	(void)r;
	if (aug_bytes(c) < 0)
		return fail_last();
	geom_flip(&c->picture.image);
	return 0;
}

const struct aug_op aug_op_flip = {
	"flip", "left and right exchanged", { { 0 } }, apply, NULL, NULL,
};
