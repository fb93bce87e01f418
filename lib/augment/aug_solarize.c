/* SPDX-License-Identifier: MIT */
/* solarize: values that are not below a threshold (0..256) are inverted. */
#include <math.h>

#include "augment/ops.h"
#include "image/tone.h"

enum { THRESHOLD };

static int
apply(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	const double threshold = aug_draw(&n[THRESHOLD], r);

	if (c->is_floats) {
		floats_change(&c->floats, FLOATS_SOLARIZE,
		    (float)(threshold / 256));
		return 0;
	}
	if (aug_bytes(c) < 0)
		return fail_last();
	tone_solarize(&c->picture.image, (int)ceil(threshold));
	return 0;
}

const struct aug_op aug_op_solarize = {
	"solarize", "values from a threshold on are inverted",
	{ { "threshold", { 128, 128, 0 }, 0, 256, NULL, false } }, apply, NULL, NULL,
};
