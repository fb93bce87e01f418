/* SPDX-License-Identifier: MIT */
/* pad: black px around the picture, then a random part of the view's size
 * (torchvision's RandomCrop with padding). */
#include <string.h>

#include "augment/ops.h"

enum { PX };

/* `to` becomes what lies at (x,y) and on in `from`; black beside it. */
static void
cut_out(const struct image *to, const struct image *from, int x, int y)
{
	const int left = x < 0 ? -x : 0, top = y < 0 ? -y : 0;
	const int right = from->width - x < to->width ? from->width - x
	    : to->width;
	const int low = from->height - y < to->height ? from->height - y
	    : to->height;
	struct image part, place;

	for (int i = 0; i < to->height; i++)
		memset(to->data + (size_t)i * to->stride, 0,
		    (size_t)to->width * (size_t)to->channels);
	if (right <= left || low <= top)
		return;
	place = image_crop(to, left, top, right - left, low - top);
	part = image_crop(from, x + left, y + top, right - left, low - top);
	image_copy(&place, &part);
}

static int
apply(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	const int px = (int)n[PX].low;
	const struct image *m = &c->picture.image;
	int height, width, x, y;

	if (aug_bytes(c) < 0)
		return fail_last();
	height = c->size > 0 ? c->size : m->height;
	width = c->size > 0 ? c->size : m->width;
	if (height > m->height + 2 * px || width > m->width + 2 * px)
		return fail(FAIL_USAGE, "a view of %d px from a picture of "
		    "%dx%d with %d around; a smaller --size, or more px",
		    c->size, m->width, m->height, px);
	y = (int)rng_below(r, (uint64_t)(m->height + 2 * px - height) + 1);
	x = (int)rng_below(r, (uint64_t)(m->width + 2 * px - width) + 1);
	if (aug_turn_over(c, height, width) < 0)
		return fail_last();
	cut_out(&c->picture.image, &c->other.image, x - px, y - px);
	return 0;
}

const struct aug_op aug_op_pad = {
	"pad", "black around it, then a random part of the view's size",
	{ { "px", { 4, 4, 0 }, 0, 65535, NULL, AUG_WHOLE } }, apply, NULL, NULL,
};
