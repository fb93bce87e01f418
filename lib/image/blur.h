/*
 * blur: Gaussian blur of pictures, true and by boxes.
 */
#ifndef SELF_IMAGE_BLUR_H
#define SELF_IMAGE_BLUR_H

#include "image/image.h"

#define BLUR_TAPS 511		/* most taps of a true Gaussian */

enum blur_border {
	BLUR_REFLECT,		/* …2 1 | 0 1 2…, as torchvision */
	BLUR_ZERO		/* black outside, as the TensorFlow codes */
};

/* All zeros is empty; one a thread. */
struct blur_room {
	struct buf rows;
};

void blur_room_free(struct blur_room *);

/*
 * exp(-d^2 / 2 sigma^2), normalised, at d = -taps/2 … taps/2 (taps odd, at
 * most BLUR_TAPS), across and down in float, rounded once, in place.
 * sigma > 0 in px.  BLUR_REFLECT needs taps/2 < height and width
 * (FAIL_USAGE).
 */
int blur_gauss(const struct image *, double sigma, int taps,
    enum blur_border, struct blur_room *) FAIL_CHECKED;

/* The same on floats [height,width,channels], packed. */
int blur_gauss_floats(float *x, int height, int width, int channels,
    double sigma, int taps, enum blur_border, struct blur_room *)
    FAIL_CHECKED;

/* Pillow's GaussianBlur(radius = sigma): three box blurs an axis, 8 bits in
 * between, borders repeated (src/libImaging/BoxBlur.c), in place. */
int blur_boxes(const struct image *, double sigma, struct blur_room *)
    FAIL_CHECKED;

#endif
