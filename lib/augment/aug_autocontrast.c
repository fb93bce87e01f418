/* SPDX-License-Identifier: MIT */
/* autocontrast: each channel stretched to 0..255 (Pillow's ImageOps). */
#include "augment/ops.h"
#include "image/tone.h"

static int
apply(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	(void)n;
	(void)r;
	if (aug_bytes(c) < 0)
		return fail_last();
	tone_autocontrast(&c->picture.image);
	return 0;
}

const struct aug_op aug_op_autocontrast = {
	"autocontrast", "each channel's values stretched to 0..255", { { 0 } }, apply, NULL, NULL,
};
