/*
 * geom: flips and affine maps of 8-bit pictures, as Pillow's.
 *
 * Maps take the nearest source pixel; what lies outside becomes 0 (Pillow,
 * src/libImaging/Geometry.c and Image.rotate).
 */
#ifndef SELF_IMAGE_GEOM_H
#define SELF_IMAGE_GEOM_H

#include "image/image.h"

/* Mirrors left and right, in place. */
void geom_flip(const struct image *);

/* to (x,y) = from (a x + b y + c, d x + e y + f) with m = {a,b,c,d,e,f};
 * pixel centres at halves.  The same size, not the same storage. */
void geom_affine(const struct image *to, const struct image *from,
    const double m[6]);

/* Counter-clockwise about the middle, in degrees; corners are cut off. */
void geom_rotate(const struct image *to, const struct image *from,
    double degrees);

#endif
