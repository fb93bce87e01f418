/* SPDX-License-Identifier: MIT */
/*
 * blur: Gaussian, sigma in px drawn from a range.  Kinds: boxes is Pillow's
 * GaussianBlur (MoCo v2 and what follows it), zero the true Gaussian with
 * black outside (SimCLR, BYOL), reflect torchvision's.  taps=0 is a tenth of
 * the view's height, made odd: 23 at 224 px.
 */
#include "augment/ops.h"

enum { SIGMA, KIND, TAPS };
enum { BOXES, ZERO, REFLECT };

static int
apply(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	const double sigma = aug_draw(&n[SIGMA], r);
	const int kind = (int)n[KIND].low;
	const enum blur_border border = kind == ZERO ? BLUR_ZERO
	    : BLUR_REFLECT;
	const struct image *m = &c->picture.image;
	int taps = (int)n[TAPS].low;

	if ((kind == BOXES || c->floats == NULL) && aug_bytes(c) < 0)
		return fail_last();
	if (kind == BOXES)
		return blur_boxes(m, sigma, &c->blur);
	taps = (taps > 0 ? taps : m->height / 10) / 2 * 2 + 1;
	taps = taps < BLUR_TAPS ? taps : BLUR_TAPS;
	if (c->floats == NULL)
		return blur_gauss(m, sigma, taps, border, &c->blur);
	return blur_gauss_floats(c->floats, m->height, m->width, m->channels,
	    sigma, taps, border, &c->blur);
}

const struct aug_op aug_op_blur = {
	"blur", "Gaussian blur",
	{
		{ "sigma", { 0.1, 2, 0 }, 1e-3, 1000, NULL, false },
		{ "kind", { BOXES, BOXES, 0 }, 0, 2, "boxes|zero|reflect",
		    true },
		{ "taps", { 0, 0, 0 }, 0, BLUR_TAPS, NULL, true },
	},
	apply,
};
