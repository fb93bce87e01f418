/* SPDX-License-Identifier: MIT */
/*
 * jitter: brightness, contrast, saturation and hue by random amounts, in
 * random order.
 *
 * On bytes it is torchvision's ColorJitter: factors from max(0, 1 - x) to
 * 1 + x, hue from -x to x turns, all drawn first, then the order.  On floats
 * it is the TensorFlow codes': contrast about each channel's mean, saturation
 * and hue in HSV; way=multiply cuts off after each change (SimCLR v2),
 * way=add adds -x to x to the brightness and cuts off at the end (BYOL).
 */
#include "augment/ops.h"
#include "image/tone.h"

enum { BRIGHTNESS, CONTRAST, SATURATION, HUE, WAY };
enum { MULTIPLY, ADD };

static double
factor(const struct aug_number *n, struct rng *r)
{
	const double x = n->high;

	return rng_between(r, x < 1 ? 1 - x : 0, 1 + x);
}

static void
change_bytes(const struct image *m, size_t what, double by)
{
	switch (what) {
	case BRIGHTNESS:
		tone_brightness(m, (float)by);
		break;
	case CONTRAST:
		tone_contrast(m, (float)by);
		break;
	case SATURATION:
		tone_saturation(m, (float)by);
		break;
	default:
		tone_hue(m, by);
		break;
	}
}

static void
change_floats(struct floats *f, size_t what, float by, bool add)
{
	static const enum floats_kind kinds[] = { FLOATS_SCALE,
		FLOATS_CONTRAST, FLOATS_SATURATE, FLOATS_HUE };

	floats_change(f, add && what == BRIGHTNESS ? FLOATS_ADD : kinds[what],
	    by);
	if (!add)
		floats_change(f, FLOATS_CLIP, 0);
}

static int
apply(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	const bool add = n[WAY].low > MULTIPLY;
	double by[4];
	size_t order[4];

	if (!c->is_floats && aug_bytes(c) < 0)
		return fail_last();
	for (int i = BRIGHTNESS; i < HUE; i++)
		by[i] = factor(&n[i], r);
	by[HUE] = rng_between(r, -n[HUE].high, n[HUE].high);
	if (add)
		by[BRIGHTNESS] -= 1;
	rng_permutation(r, order, 4);
	for (int i = 0; i < 4; i++) {
		const size_t what = order[i];

		if (n[what].high == 0)
			continue;
		if (c->is_floats)
			change_floats(&c->floats, what, (float)by[what], add);
		else
			change_bytes(&c->picture.image, what, by[what]);
	}
	return 0;
}

const struct aug_op aug_op_jitter = {
	"jitter", "brightness, contrast, saturation, hue in random order",
	{
		{ "brightness", { 0, 0, 0 }, 0, 10, NULL, true },
		{ "contrast", { 0, 0, 0 }, 0, 10, NULL, true },
		{ "saturation", { 0, 0, 0 }, 0, 10, NULL, true },
		{ "hue", { 0, 0, 0 }, 0, 0.5, NULL, true },
		{ "way", { MULTIPLY, MULTIPLY, 0 }, 0, 1, "multiply|add",
		    true },
	},
	apply, NULL, NULL,
};
