/*
 * tone: what is done to each pixel of an 8-bit picture, in place, exactly as
 * Pillow does it (ImageEnhance, ImageOps) and torchvision's hue on top.
 *
 * Pictures have 3 channels (RGB) or 1 (gray).  Factors: 0 takes away, 1
 * leaves as it is, more exaggerates.
 */
#ifndef SELF_IMAGE_TONE_H
#define SELF_IMAGE_TONE_H

#include "image/image.h"

void tone_brightness(const struct image *, float factor);
void tone_contrast(const struct image *, float factor);
void tone_saturation(const struct image *, float factor);

/* shift in [-0.5,0.5] of a full turn; 8-bit HSV in between, so that even a
 * shift of 0 can change a pixel. */
void tone_hue(const struct image *, double shift);

/* Luma in every channel. */
void tone_gray(const struct image *);

void tone_invert(const struct image *);
/* v becomes 255 - v from `threshold` (0..256) on. */
void tone_solarize(const struct image *, int threshold);
/* Keeps the upper `bits` (0..8) of each number. */
void tone_posterize(const struct image *, int bits);
void tone_autocontrast(const struct image *);
void tone_equalize(const struct image *);

/* Away from (or towards) the 3x3 smoothed picture; borders stay.  `room`
 * holds a copy. */
int tone_sharpness(const struct image *, float factor, struct picture *room)
    FAIL_CHECKED;

/* (19595 R + 38470 G + 7471 B + 32768) / 2^16. */
static inline int
tone_luma(int r, int g, int b)
{
	return (19595 * r + 38470 * g + 7471 * b + 32768) >> 16;
}

#endif
