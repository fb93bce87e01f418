/*
 * font: one small typeface of fixed width, for captions.
 */
#ifndef SELF_IMAGE_FONT_H
#define SELF_IMAGE_FONT_H

#include "image/image.h"

#define FONT_WIDTH 6		/* px from one letter to the next, at scale 1 */
#define FONT_HEIGHT 9		/* two of them below the line */

/*
 * Draws ASCII words in `gray`, each font pixel scale x scale, with (x,y) the
 * top left corner.  Letters that would cross the image's edge or the column
 * `end` are left out; bytes that are not printable ASCII become '?'.
 */
void font_draw(const struct image *, int x, int y, int end, int scale,
    unsigned char gray, const char *words);

#endif
