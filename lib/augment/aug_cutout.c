/* SPDX-License-Identifier: MIT */
/* cutout: a square with its centre anywhere, `side` of the short side long,
 * gets one colour. */
#include "augment/ops.h"

enum { SIDE, RED, GREEN, BLUE };

static int
clamped(int v, int most)
{
	return v < 0 ? 0 : v > most ? most : v;
}

static void
fill(const struct image *m, const struct aug_number *n)
{
	for (int y = 0; y < m->height; y++) {
		unsigned char *p = m->data + (size_t)y * m->stride;

		for (int x = 0; x < m->width; x++, p += m->channels)
			for (int k = 0; k < m->channels; k++)
				p[k] = (unsigned char)n[RED + k % 3].low;
	}
}

static int
apply(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	const double share = aug_draw(&n[SIDE], r);
	const struct image *m = &c->picture.image;
	struct image hole;
	int side, x, y, x0, y0;

	if (aug_bytes(c) < 0)
		return fail_last();
	side = (int)(share * (m->width < m->height ? m->width : m->height));
	x = (int)rng_below(r, (uint64_t)m->width);
	y = (int)rng_below(r, (uint64_t)m->height);
	x0 = clamped(x - side / 2, m->width);
	y0 = clamped(y - side / 2, m->height);
	hole = image_crop(m, x0, y0,
	    clamped(x - side / 2 + side, m->width) - x0,
	    clamped(y - side / 2 + side, m->height) - y0);
	fill(&hole, n);
	return 0;
}

const struct aug_op aug_op_cutout = {
	"cutout", "a square of one colour somewhere",
	{
		{ "side", { 0.5, 0.5, 0 }, 0, 1, NULL, false },
		{ "red", { 125, 125, 0 }, 0, 255, NULL, AUG_WHOLE },
		{ "green", { 123, 123, 0 }, 0, 255, NULL, AUG_WHOLE },
		{ "blue", { 114, 114, 0 }, 0, 255, NULL, AUG_WHOLE },
	},
	apply, NULL, NULL,
};
