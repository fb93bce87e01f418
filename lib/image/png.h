/*
 * png: images as PNG files.  The only file that knows libpng.
 */
#ifndef SELF_IMAGE_PNG_H
#define SELF_IMAGE_PNG_H

#include "base/buf.h"
#include "image/image.h"

/* Appends a PNG of 8 bits a channel; 1 or 3 channels.  The same pixels always
 * give the same bytes. */
int image_png(struct buf *to, const struct image *from) FAIL_CHECKED;

#endif
