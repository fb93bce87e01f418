/*
 * view: a stream of samples becomes a stream of views.
 *
 * Samples come in, their views are made, a sample a task, and gather to
 * records, all by the threads of one pool.  What comes out depends on the
 * samples alone, not on how the input cut them into records, nor on the
 * number of threads.
 */
#ifndef SELF_VIEW_VIEW_H
#define SELF_VIEW_VIEW_H

#include "augment/chain.h"
#include "augment/recipe.h"
#include "base/pool.h"
#include "base/reasons.h"
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
	/* Gets the records of views in their order, on any thread, each valid
	 * until it returns. */
	int (*give)(void *arg, const struct rec *);
	void *arg;
};

struct view_counts {
	uint64_t records;
	uint64_t dropped;	/* samples left over at the ends of epochs */
	uint64_t bad;		/* different images that cannot be decoded */
	struct reasons why;	/* of these */
};

/* Gives views of all that is left of the stream, up to its verified end.  An
 * image that cannot be decoded is skipped; an epoch of none else is a
 * failure. */
int view_run(struct stream_in *, struct pool *, const struct view_config *,
    struct view_counts *) FAIL_CHECKED;

/* What the header says of the views: views, batch, mean, std, and steps,
 * steps_per_epoch and samples where the input knows its own. */
int view_describe(struct head *, const struct view_config *) FAIL_CHECKED;

/* False when the header described above says that an epoch is smaller than a
 * batch: then there is no output, not even a header, until one is full after
 * all, as a further stream after this one may fill it. */
bool view_has_batch(const struct head *, const struct view_config *);

/* After view_run: FAIL_FORMAT when there is no batch though there are samples;
 * a stream that began later may hold no more than an epoch's rest. */
int view_check_batch(const struct head *, const struct view_config *,
    const struct view_counts *) FAIL_CHECKED;

/* Logs as LOG_LOST how many images were skipped, and why; nothing for none. */
int view_report_bad(const struct view_counts *) FAIL_CHECKED;

#endif
