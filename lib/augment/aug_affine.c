/* SPDX-License-Identifier: MIT */
/*
 * shearx, sheary, translatex, translatey and rotate: nearest neighbours, black
 * outside (Pillow's transform and rotate).  sign=random turns half of the
 * draws around.
 */
#include "augment/ops.h"
#include "image/geom.h"

enum { BY, SIGN };

#define SIGN_PARAM { "sign", { 0, 0, 0 }, 0, 1, "plus|random", true }
#define AMOUNT(most) \
	{ { "by", { 0, 0, 0 }, -(most), most, NULL, false }, SIGN_PARAM }

/* The matrix's place `at` is the draw, or as many whole px as it is a share
 * of the width or height. */
static int
move(struct aug_canvas *c, const struct aug_number *n, struct rng *r, int at)
{
	const double by = aug_draw_signed(&n[BY], &n[SIGN], r);
	double matrix[6] = { 1, 0, 0, 0, 1, 0 };

	if (aug_bytes(c) < 0)
		return fail_last();
	if (at == 2)
		matrix[at] = (int)(by * c->picture.image.width);
	else if (at == 5)
		matrix[at] = (int)(by * c->picture.image.height);
	else
		matrix[at] = by;
	return aug_affine(c, matrix);
}

#define MOVE(name, at, help) \
	static int \
	apply_##name(struct aug_canvas *c, const struct aug_number *n, \
	    struct rng *r) \
	{ \
		return move(c, n, r, at); \
	} \
	const struct aug_op aug_op_##name = { \
		#name, help, AMOUNT(10), apply_##name, NULL, NULL, \
	}

MOVE(shearx, 1, "columns moved sideways, `by` px a row");
MOVE(sheary, 3, "rows moved down or up, `by` px a column");
MOVE(translatex, 2, "moved left by that share of the width");
MOVE(translatey, 5, "moved up by that share of the height");

static int
apply_rotate(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	const double degrees = aug_draw_signed(&n[BY], &n[SIGN], r);
	const struct image *m = &c->picture.image;

	if (aug_bytes(c) < 0 || aug_turn_over(c, m->height, m->width) < 0)
		return fail_last();
	geom_rotate(&c->picture.image, &c->other.image, degrees);
	return 0;
}

const struct aug_op aug_op_rotate = {
	"rotate", "turned counter-clockwise by that many degrees",
	AMOUNT(360), apply_rotate, NULL, NULL,
};
