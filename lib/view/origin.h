/*
 * origin: the picture that a sample's views are made of.
 *
 * A record brings pictures as pixels, `image` [N,H,W,C], or as JPEG files,
 * `jpeg` u1 [N,L] with `jpeg_size` i8 [N] (the rest of a row is padding).
 * Files are decoded when views are made, by the thread that makes them, and
 * only where a view needs them.
 */
#ifndef SELF_VIEW_ORIGIN_H
#define SELF_VIEW_ORIGIN_H

#include "augment/augment.h"
#include "stream/rec.h"

/* One sample's; borrows from its record. */
struct origin {
	struct image image;		/* data NULL: a JPEG file */
	const unsigned char *jpeg;
	size_t jpeg_bytes;
};

/* What decoding needs, one a thread.  All zeros is empty. */
struct origin_room {
	struct jpeg_reader *reader;
	struct picture picture;
};

/* The fields that hold the pictures of a record, NULL behind the last; NULL
 * when there are none. */
const char *const *origin_fields(const struct rec *);

/* Sample i's picture.  The size of a file that is none is 0: origin_get says
 * what is wrong with it. */
int origin_find(struct origin *, const struct rec *, size_t i) FAIL_CHECKED;

/* Its pixels, at least those of the rectangle; a file's shrunken so many
 * times.  Valid until the next call with the same room. */
int origin_get(const struct origin *, struct origin_room *, struct rect,
    int shrink, struct aug_source *) FAIL_CHECKED;

void origin_room_free(struct origin_room *);

#endif
