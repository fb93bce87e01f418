/* SPDX-License-Identifier: MIT */
/*
 * crop: a random part of the picture, resized to the view's size.
 *
 * torchvision's RandomResizedCrop: a share of the area and, log-uniform, a
 * ratio of the sides; up to 10 tries, then the middle with the ratio pulled
 * into its bounds.  With tries=0 BYOL's way: one draw, its sides cut off at
 * the picture's.
 */
#include <math.h>

#include "augment/ops.h"

enum { AREA, RATIO, FILTER, TRIES };

struct box {
	int x, y, width, height;
};

static int
clamped(double side, int most)
{
	return side < 1 ? 1 : side > most ? most : (int)side;
}

static struct box
middle(const struct image *m, const struct aug_number *ratio)
{
	const double own = (double)m->width / m->height;
	struct box b = { 0, 0, m->width, m->height };

	if (own < ratio->low)
		b.height = clamped(rint(m->width / ratio->low), m->height);
	else if (own > ratio->high)
		b.width = clamped(rint(m->height * ratio->high), m->width);
	b.x = (m->width - b.width) / 2;
	b.y = (m->height - b.height) / 2;
	return b;
}

static struct box
draw(const struct image *m, const struct aug_number *n, struct rng *r)
{
	const int tries = (int)n[TRIES].low;
	const struct aug_number logs = { log(n[RATIO].low),
		log(n[RATIO].high), n[RATIO].values };

	for (int i = 0; i < (tries > 0 ? tries : 1); i++) {
		const double area = (double)m->width * m->height
		    * aug_draw(&n[AREA], r);
		const double ratio = exp(aug_draw(&logs, r));
		const double width = rint(sqrt(area * ratio));
		const double height = rint(sqrt(area / ratio));
		struct box b = { 0, 0, clamped(width, m->width),
			clamped(height, m->height) };

		if (tries > 0 && (width != b.width || height != b.height))
			continue;
		b.y = (int)rng_below(r, (uint64_t)(m->height - b.height) + 1);
		b.x = (int)rng_below(r, (uint64_t)(m->width - b.width) + 1);
		return b;
	}
	return middle(m, &n[RATIO]);
}

static int
apply(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	const struct image *from = c->source;
	struct image part;
	struct box b;

	if (from == NULL) {
		if (aug_bytes(c) < 0)
			return fail_last();
		from = &c->picture.image;
	}
	b = draw(from, n, r);
	part = image_crop(from, b.x, b.y, b.width, b.height);
	return aug_resize(c, &part, c->size > 0 ? c->size : from->height,
	    c->size > 0 ? c->size : from->width,
	    n[FILTER].low > 0 ? RESIZE_BICUBIC : RESIZE_BILINEAR);
}

const struct aug_op aug_op_crop = {
	"crop", "a random part, resized to the view's size",
	{
		{ "area", { 0.08, 1, 0 }, 1e-6, 1, NULL, false },
		{ "ratio", { 3. / 4, 4. / 3, 0 }, 1e-3, 1e3, NULL, false },
		{ "filter", { 0, 0, 0 }, 0, 1, "bilinear|bicubic", true },
		{ "tries", { 10, 10, 0 }, 0, 1000, NULL, true },
	},
	apply,
};
