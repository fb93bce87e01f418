/*
 * item: one sample on its way from its source to its place in a record.
 */
#ifndef SELF_SOURCE_ITEM_H
#define SELF_SOURCE_ITEM_H

#include "image/image.h"
#include "source/feed.h"

/* A sample that was fetched.  All zeros is empty; storage is reused. */
struct item {
	size_t sample;
	struct source_sample raw;
	int height, width;		/* of the picture as it will come out */
	int own_height, own_width;	/* of the image as it is */
	int orientation;
	struct fail_state failure;	/* code 0: none so far */
};

/* What one thread needs to make pictures. */
struct item_maker;
struct item_maker *item_maker_new(void);
void item_maker_free(struct item_maker *);	/* NULL is fine */

/* Reads the sample's bytes and finds its size.  A failure is kept in the
 * item. */
void item_fetch(struct item *, const struct source *, size_t sample,
    const struct feed_config *);

/* Decodes into `to`, [height,width,3] of the item.  Likewise. */
void item_decode(struct item *, struct item_maker *, const struct image *to,
    const struct feed_config *);

/* Finds whether item_decode would fail, and how.  Likewise. */
void item_check(struct item *, struct item_maker *,
    const struct feed_config *);

void item_fini(struct item *);

#endif
