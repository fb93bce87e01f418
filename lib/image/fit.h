/*
 * fit: a picture's short side to a size, and the square in its middle.
 *
 * The pixels are those of Pillow's bilinear resize (antialiased; horizontal
 * pass first, 8-bit in between) followed by a centre crop, as torchvision's
 * Resize(n) and CenterCrop(n) do it.  Only what the square shows is computed,
 * so long and thin pictures cost no more than others.
 */
#ifndef SELF_IMAGE_FIT_H
#define SELF_IMAGE_FIT_H

#include "image/image.h"

/* Storage to be used again and again, by one thread.  All zeros is empty. */
struct fit {
	struct picture between;		/* rows after the horizontal pass */
	struct buf taps;
};

/* `to` is square, of any size, and has from's channels; it is written. */
int fit_square(struct fit *, const struct image *to, const struct image *from)
    FAIL_CHECKED;
void fit_free(struct fit *);

#endif
