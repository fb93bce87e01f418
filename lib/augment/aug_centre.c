/* SPDX-License-Identifier: MIT */
/* centre: the short side resized to `side` px, then the middle of the view's
 * size (torchvision Resize, CenterCrop): how pictures are evaluated. */
#include "augment/ops.h"

enum { SIDE, FILTER };

static int
apply(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	const enum resize_filter filter = n[FILTER].low > 0 ? RESIZE_BICUBIC
	    : RESIZE_BILINEAR;
	const int size = c->size;
	const int side = n[SIDE].low > 0 ? (int)n[SIDE].low : size;

	(void)r;
	if (aug_bytes(c) < 0)
		return fail_last();
	if (size == 0)
		return fail(FAIL_USAGE, "the view has no size; give one");
	if (side < size)
		return fail(FAIL_USAGE, "side %d is less than the view's size "
		    "%d", side, size);
	if (picture_resize(&c->other, size, size,
	    c->picture.image.channels) < 0
	    || resize_and_crop(&c->other.image, &c->picture.image, side,
	    filter, &c->resize) < 0)
		return fail_last();
	return aug_resize(c, &c->other.image, size, size, filter);
}

const struct aug_op aug_op_centre = {
	"centre", "the middle, after the short side became side px",
	{
		{ "side", { 0, 0, 0 }, 0, 65536, NULL, AUG_WHOLE },
		{ "filter", { 0, 0, 0 }, 0, 1, "bilinear|bicubic", true },
	},
	apply, NULL, NULL,
};
