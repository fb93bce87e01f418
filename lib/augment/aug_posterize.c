/* SPDX-License-Identifier: MIT */
/* posterize: the upper bits of each value; a draw is cut off to a whole
 * number. */
#include "augment/ops.h"
#include "image/tone.h"

static int
apply(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	const int bits = (int)aug_draw(&n[0], r);

	if (aug_bytes(c) < 0)
		return fail_last();
	tone_posterize(&c->picture.image, bits);
	return 0;
}

const struct aug_op aug_op_posterize = {
	"posterize", "the upper bits of each value",
	{ { "bits", { 8, 8, 0 }, 0, 8, NULL, false } }, apply, NULL, NULL,
};
