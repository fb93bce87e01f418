/*
 * image: 8-bit pictures in memory.
 *
 * Rows top to bottom, pixels left to right, C channels side by side (RGB, or
 * gray where C = 1), sRGB 0..255.  A struct image does not own its pixels;
 * a struct picture does and grows as needed.
 */
#ifndef SELF_IMAGE_IMAGE_H
#define SELF_IMAGE_IMAGE_H

#include <stddef.h>

#include "base/buf.h"

struct image {
	unsigned char *data;	/* first pixel of the first row */
	int height, width, channels;
	size_t stride;		/* bytes from one row to the next */
};

/* A rectangle of a picture, in px. */
struct rect {
	int x, y, width, height;
};

/* An image that owns its storage; all zeros is empty. */
struct picture {
	struct image image;	/* packed: stride = width * channels */
	struct buf bytes;
};

/* Makes the picture h x w x c (contents lost), storage reused. */
int picture_resize(struct picture *, int height, int width, int channels)
    FAIL_CHECKED;
void picture_free(struct picture *);

/* The rectangle of an image as an image; it must lie inside. */
struct image image_crop(const struct image *, int x, int y, int width,
    int height);

/* Copies pixels row by row; the same height, width and channels. */
void image_copy(const struct image *to, const struct image *from);

#endif
