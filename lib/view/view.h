/*
 * view: a stream of samples becomes a stream of views.
 *
 * Records are read ahead, views are made on the pool, a sample a task, and
 * finished records wait while the caller writes the last one.  What comes out
 * depends on the samples alone, not on how the input cut them into records,
 * nor on the number of threads.
 */
#ifndef SELF_VIEW_VIEW_H
#define SELF_VIEW_VIEW_H

#include "augment/chain.h"
#include "augment/recipe.h"
#include "base/pool.h"
#include "stream/stream.h"

struct view_config {
	const struct recipe *recipe;
	const struct chain *chain;	/* instead of the recipe's steps, for
					 * view 0; or NULL */
	size_t batch;			/* samples a record; 0: as they come */
	uint64_t seed;
	bool keep_image;
	bool draft;			/* JPEG files may be shrunken */
	int64_t only_index;		/* this sample alone, or -1 */
};

struct viewer;

/* Borrows everything; `in` may not be read by anybody else.  NULL and a
 * failure. */
struct viewer *viewer_new(struct stream_in *in, struct pool *,
    const struct view_config *);
void viewer_free(struct viewer *);

/* The next record of views, valid until the next call: 1, 0 at the verified
 * end, or a failure. */
int viewer_next(struct viewer *, struct rec **) FAIL_CHECKED;

/* Samples left over at the ends of epochs, after the end. */
uint64_t viewer_dropped(const struct viewer *);

/* Pictures that could not be decoded and were left out, likewise. */
uint64_t viewer_bad(const struct viewer *);

/* What the header says of the views: views, batch, mean, std, and steps,
 * steps_per_epoch and samples where the input knows its own. */
int view_describe(struct head *, const struct view_config *) FAIL_CHECKED;

#endif
