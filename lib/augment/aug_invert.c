/* SPDX-License-Identifier: MIT */
/* invert: 255 minus each value. */
#include "augment/ops.h"
#include "image/tone.h"

static int
apply(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	(void)n;
	(void)r;
	if (aug_bytes(c) < 0)
		return fail_last();
	tone_invert(&c->picture.image);
	return 0;
}

const struct aug_op aug_op_invert = {
	"invert", "255 minus each value", { { 0 } }, apply, NULL, NULL,
};
