/* SPDX-License-Identifier: MIT */
/* gray: luma in every channel. */
#include "augment/ops.h"
#include "image/tone.h"

static int
apply(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	(void)n;
	(void)r;
	if (c->is_floats) {
		floats_change(&c->floats, FLOATS_GRAY, 0);
		return 0;
	}
	if (aug_bytes(c) < 0)
		return fail_last();
	tone_gray(&c->picture.image);
	return 0;
}

const struct aug_op aug_op_gray = {
	"gray", "luma in every channel", { { 0 } }, apply, NULL, NULL,
};
