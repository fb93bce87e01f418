/*
 * ops: what the files of this folder share; nobody else includes it.
 */
#ifndef SELF_AUGMENT_OPS_H
#define SELF_AUGMENT_OPS_H

#include "augment/augment.h"

/* A uniform draw from a range (a fixed number draws nothing). */
static inline double
aug_draw(const struct aug_number *n, struct rng *r)
{
	return n->low == n->high ? n->low : rng_between(r, n->low, n->high);
}

/* The view so far as bytes in c->picture; a copy of the source at first.
 * FAIL_USAGE where the view is floats already. */
int aug_bytes(struct aug_canvas *) FAIL_CHECKED;

/* Bytes become floats 0..1 [pixels,3] until the view is done. */
int aug_floats(struct aug_canvas *) FAIL_CHECKED;
size_t aug_pixels(const struct aug_canvas *);

/* The view becomes `part` (of the source or of c->picture) resized. */
int aug_resize(struct aug_canvas *, const struct image *part, int height,
    int width, enum resize_filter) FAIL_CHECKED;

extern const struct aug_op aug_op_blur, aug_op_centre, aug_op_crop,
    aug_op_equalize, aug_op_flip, aug_op_float, aug_op_gray, aug_op_jitter,
    aug_op_solarize;

#endif
