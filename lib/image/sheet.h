/*
 * sheet: pictures side by side on one large picture, with words.
 *
 * A grid of square cells on white.  Pictures keep their proportions: small
 * ones are enlarged by a whole factor without smoothing, so that each pixel
 * can be seen, large ones are averaged down.  Gray and RGB pictures mix.
 */
#ifndef SELF_IMAGE_SHEET_H
#define SELF_IMAGE_SHEET_H

#include "image/image.h"

#define SHEET_SIDE 65500	/* px, the most a JPEG can have */

struct sheet;

/* rows x columns cells of `cell` px; NULL and a failure (FAIL_LIMIT for a
 * sheet too large). */
struct sheet *sheet_new(int rows, int columns, int cell);

/* A picture into a cell. */
void sheet_put(struct sheet *, int row, int column, const struct image *);

/* Words below a cell, or above a column where row is -1; cut to the width of
 * `span` cells. */
void sheet_words(struct sheet *, int row, int column, int span,
    const char *words);

/* The sheet as far down as there are pictures; borrowed. */
struct image sheet_image(const struct sheet *);
void sheet_free(struct sheet *);	/* NULL is fine */

#endif
