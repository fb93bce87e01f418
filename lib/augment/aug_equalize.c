/* SPDX-License-Identifier: MIT */
/* equalize: each channel's values spread evenly (Pillow's ImageOps). */
#include "augment/ops.h"
#include "image/tone.h"

static int
apply(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	(void)n;
	(void)r;
	if (aug_bytes(c) < 0)
		return fail_last();
	tone_equalize(&c->picture.image);
	return 0;
}

const struct aug_op aug_op_equalize = {
	"equalize", "each channel's values spread evenly", { { 0 } }, apply, NULL, NULL,
};
