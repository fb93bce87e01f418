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

/* Each plane alone. */
static int
blur_floats(struct aug_canvas *c, double sigma, int taps,
    enum blur_border border)
{
	const struct floats *f = &c->floats;

	floats_settle(&c->floats);
	for (int k = 0; k < f->channels; k++)
		if (blur_gauss_floats(f->x + (size_t)k * f->stride, f->height,
		    f->width, 1, sigma, taps, border, &c->blur) < 0)
			return fail_last();
	return 0;
}

static int
apply(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	const double sigma = aug_draw(&n[SIGMA], r);
	const int kind = (int)n[KIND].low;
	const enum blur_border border = kind == ZERO ? BLUR_ZERO
	    : BLUR_REFLECT;
	const struct image *m = &c->picture.image;
	int taps = (int)n[TAPS].low;

	if ((kind == BOXES || !c->is_floats) && aug_bytes(c) < 0)
		return fail_last();
	if (kind == BOXES)
		return blur_boxes(m, sigma, &c->blur);
	taps = (taps > 0 ? taps : m->height / 10) / 2 * 2 + 1;
	taps = taps < BLUR_TAPS ? taps : BLUR_TAPS;
	if (c->is_floats)
		return blur_floats(c, sigma, taps, border);
	return blur_gauss(m, sigma, taps, border, &c->blur);
}

const struct aug_op aug_op_blur = {
	"blur", "Gaussian blur",
	{
		{ "sigma", { 0.1, 2, 0 }, 1e-3, 1000, NULL, false },
		{ "kind", { BOXES, BOXES, 0 }, 0, 2, "boxes|zero|reflect",
		    true },
		{ "taps", { 0, 0, 0 }, 0, BLUR_TAPS, NULL, AUG_WHOLE },
	},
	apply, NULL, NULL,
};
