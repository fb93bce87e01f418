/* SPDX-License-Identifier: MIT */
/* float: the steps after it work on floats and round once, at the end. */
#include "augment/ops.h"

static int
apply(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	(void)n;
	(void)r;
	return aug_floats(c);
}

const struct aug_op aug_op_float = {
	"float", "the steps after it do not round", { { 0 } }, apply, NULL, NULL,
};
