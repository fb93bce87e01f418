/*
 * feed: samples in their order become records, decoded ahead of the caller.
 *
 * While the caller works with one record, the next is read and decoded on the
 * pool's threads.  A record holds samples of one batch and one picture size:
 * image [N,H,W,3] (or JPEG files of any size, source/files.h), label [N], key,
 * index [N], epoch, step (the batch's number), and the further fields of a
 * tensor stream.  The same records come
 * out for any number of threads.
 */
#ifndef SELF_SOURCE_FEED_H
#define SELF_SOURCE_FEED_H

#include "base/pool.h"
#include "source/order.h"

struct feed_config {
	int64_t size;		/* short side to this, then the square in the
				 * middle; 0: pictures as they are */
	int64_t max_pixels;	/* of one picture; more is a bad picture */
	size_t max_bytes;	/* of a record's pixels; ends it before it
				 * would hold a further picture, not the
				 * first */
	bool upright;		/* turn as EXIF says */
	bool strict;		/* a bad picture is a failure */
	bool keep_jpeg;		/* files as they are, without size and
				 * upright; decoded only if strict, once
				 * each, to find what is damaged */
};

struct feed;

/* Borrows source, order and pool. */
struct feed *feed_new(const struct source *, struct order *, struct pool *,
    const struct feed_config *);
void feed_free(struct feed *);			/* NULL is fine */

/*
 * 1 and the next record, good until the next call; 0 at the end; a failure.
 * A file whose bytes are at fault (fail_is_data) is skipped unless strict; a
 * machine that fails (FAIL_IO, FAIL_MEMORY) is a failure, as is an epoch in
 * which no image could be read.
 */
int feed_next(struct feed *, const struct rec **) FAIL_CHECKED;

/* Logs how many of the images read so far were skipped, and why, each image
 * counted once, as LOG_LOST; nothing when there are none. */
int feed_report_bad(const struct feed *) FAIL_CHECKED;

#endif
