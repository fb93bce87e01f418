/*
 * ops: what the files of this folder share; nobody else includes it.
 */
#ifndef SELF_AUGMENT_OPS_H
#define SELF_AUGMENT_OPS_H

#include "augment/augment.h"

/* A uniform draw from a range (a fixed number draws nothing). */
double aug_draw(const struct aug_number *, struct rng *);

/* The same with either sign, where `both` is not 0. */
double aug_draw_signed(const struct aug_number *, const struct aug_number *both,
    struct rng *);

/* The view so far as bytes in c->picture; a copy of the source at first.
 * FAIL_USAGE where the view is floats already. */
int aug_bytes(struct aug_canvas *) FAIL_CHECKED;

/* Bytes become floats 0..1 in c->floats until the view is done. */
int aug_floats(struct aug_canvas *) FAIL_CHECKED;

/* The view becomes `part` (of the source or of c->picture) resized. */
int aug_resize(struct aug_canvas *, const struct image *part, int height,
    int width, enum resize_filter) FAIL_CHECKED;

/* The same of a rectangle whose edges may lie within pixels. */
int aug_resize_box(struct aug_canvas *, const struct image *from,
    const struct resize_box *, int height, int width, enum resize_filter)
    FAIL_CHECKED;

/* c->picture becomes height x width, contents lost; the view so far lies in
 * c->other. */
int aug_turn_over(struct aug_canvas *, int height, int width) FAIL_CHECKED;

/* The view becomes its affine image, as geom_affine makes it. */
int aug_affine(struct aug_canvas *, const double matrix[6]) FAIL_CHECKED;

enum { AUG_PICK_TIMES, AUG_PICK_EACH };		/* numbers of pick */

extern const struct aug_op aug_op_autocontrast, aug_op_blur,
    aug_op_brightness, aug_op_centre, aug_op_contrast, aug_op_crop,
    aug_op_cutout, aug_op_dropout, aug_op_equalize, aug_op_flip, aug_op_float, aug_op_gray,
    aug_op_identity, aug_op_invert, aug_op_jitter, aug_op_pad, aug_op_pick,
    aug_op_posterize, aug_op_rotate, aug_op_saturation, aug_op_sharpness,
    aug_op_shearx, aug_op_sheary, aug_op_solarize, aug_op_translatex,
    aug_op_translatey;

#endif
