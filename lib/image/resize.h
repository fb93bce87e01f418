/*
 * resize: antialiased resizing of 8-bit pictures, exactly as Pillow's.
 *
 * Two passes, across then down, with 8 bits in between and weights in units
 * of 2^-22 (Pillow, src/libImaging/Resample.c; described in formula there).
 */
#ifndef SELF_IMAGE_RESIZE_H
#define SELF_IMAGE_RESIZE_H

#include "image/image.h"

enum resize_filter { RESIZE_BILINEAR, RESIZE_BICUBIC };

/* Weights, sixteen rows turned on their side, and the picture between the
 * passes, kept from call to call by one thread.  All zeros is empty. */
struct resize_room {
	struct buf weights, columns, between;
};

void resize_room_free(struct resize_room *);

/* `to` becomes height x width (both at least 1) with the channels of `from`;
 * it must not be where `from` lies. */
int resize_picture(struct picture *to, const struct image *from, int height,
    int width, enum resize_filter, struct resize_room *) FAIL_CHECKED;

/* The same of a rectangle of `from`, whose edges may lie within pixels; no
 * pixel that it does not touch is looked at. */
struct resize_box {
	double x, y, width, height;
};
int resize_box(struct picture *to, const struct image *from,
    const struct resize_box *, int height, int width, enum resize_filter,
    struct resize_room *) FAIL_CHECKED;

/* Only a part of that: `to` (with the channels of `from`) is written with
 * what lies at (x,y) and on in `from` resized to height x width.  The cost is
 * that of the part. */
int resize_part(const struct image *to, const struct image *from, int height,
    int width, int x, int y, enum resize_filter, struct resize_room *)
    FAIL_CHECKED;

/* The short side becomes `side` px, the other int(side * long / short), and
 * the middle of that, as large as `to` (at most side x side), is written
 * (torchvision's Resize and CenterCrop). */
int resize_and_crop(const struct image *to, const struct image *from,
    int side, enum resize_filter, struct resize_room *) FAIL_CHECKED;

#endif
