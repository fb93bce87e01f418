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

static int
clamped(double side, int most)
{
	return side < 1 ? 1 : side > most ? most : (int)side;
}

static struct rect
middle(int height, int width, const struct aug_number *ratio)
{
	const double own = (double)width / height;
	struct rect b = { 0, 0, width, height };

	if (own < ratio->low)
		b.height = clamped(rint(width / ratio->low), height);
	else if (own > ratio->high)
		b.width = clamped(rint(height * ratio->high), width);
	b.x = (width - b.width) / 2;
	b.y = (height - b.height) / 2;
	return b;
}

static struct rect
look(int height, int width, const struct aug_number *n, struct rng *r)
{
	const int tries = (int)n[TRIES].low;
	const struct aug_number logs = { log(n[RATIO].low),
		log(n[RATIO].high), n[RATIO].values };

	for (int i = 0; i < (tries > 0 ? tries : 1); i++) {
		const double area = (double)width * height
		    * aug_draw(&n[AREA], r);
		const double ratio = exp(aug_draw(&logs, r));
		const double wide = rint(sqrt(area * ratio));
		const double high = rint(sqrt(area / ratio));
		struct rect b = { 0, 0, clamped(wide, width),
			clamped(high, height) };

		if (tries > 0 && (wide != b.width || high != b.height))
			continue;
		b.y = (int)rng_below(r, (uint64_t)(height - b.height) + 1);
		b.x = (int)rng_below(r, (uint64_t)(width - b.width) + 1);
		return b;
	}
	return middle(height, width, &n[RATIO]);
}

/* Of a picture that was shrunken while it was decoded. */
static int
cut_shrunken(struct aug_canvas *c, const struct aug_source *from,
    struct rect b, enum resize_filter filter)
{
	const double by = 1.0 / from->shrink;
	const struct resize_box box = { b.x * by - from->part.x,
		b.y * by - from->part.y, b.width * by, b.height * by };

	return aug_resize_box(c, &from->image, &box, c->size, c->size, filter);
}

static int
apply(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	const enum resize_filter filter = n[FILTER].low > 0 ? RESIZE_BICUBIC
	    : RESIZE_BILINEAR;
	struct aug_source from;
	struct image part;
	struct rect b;

	if (c->source == NULL && aug_bytes(c) < 0)
		return fail_last();
	from = c->source != NULL ? *c->source : aug_whole(&c->picture.image);
	b = look(from.height, from.width, n, r);
	if (from.shrink > 1)
		return cut_shrunken(c, &from, b, filter);
	part = image_crop(&from.image, b.x - from.part.x, b.y - from.part.y,
	    b.width, b.height);
	return aug_resize(c, &part, c->size > 0 ? c->size : from.height,
	    c->size > 0 ? c->size : from.width, filter);
}

const struct aug_op aug_op_crop = {
	"crop", "a random part, resized to the view's size",
	{
		{ "area", { 0.08, 1, 0 }, 1e-6, 1, NULL, false },
		{ "ratio", { 3. / 4, 4. / 3, 0 }, 1e-3, 1e3, NULL, false },
		{ "filter", { 0, 0, 0 }, 0, 1, "bilinear|bicubic", true },
		{ "tries", { 10, 10, 0 }, 0, 1000, NULL, AUG_WHOLE },
	},
	apply, look, NULL,
};
