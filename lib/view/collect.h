/*
 * collect: samples with their views become records.
 *
 * Records have as many samples of one epoch as a batch has, or those of one
 * record of the input.  Images that could not be decoded are skipped.
 */
#ifndef SELF_VIEW_COLLECT_H
#define SELF_VIEW_COLLECT_H

#include "view/columns.h"
#include "view/work.h"

/* A record being filled, or full and being sent off. */
struct made {
	struct rec rec;
	struct columns columns;
	struct tensor *views[RECIPE_VIEWS];
	size_t filled;			/* rows */
};

struct collect {
	const struct view_config *config;
	int64_t start_step, epoch_samples;	/* as the input's header says */
	struct view_counts counts;
	int64_t epoch;			/* of the record being filled */
	int64_t step, first_step;	/* records so far; number of the first */
	bool begun;
	int64_t last_epoch;		/* of the last sample */
	uint64_t good, bad;		/* samples of that epoch */
	struct buf known_bad;		/* images, by index */
	bool enlarged;			/* an image much smaller than a view
					 * has been warned of */

	/* Records in turn: one is filled while the other is sent. */
	struct made made[2];
	uint64_t full, sent;
};

/* Samples in their order: 1 when a record is full with this one, which is to
 * be sent before the next is, 0, or a failure: an epoch in which no image
 * could be read is one. */
int collect_add(struct collect *, const struct sample *) FAIL_CHECKED;

/* Gives the full record to the configuration's function; while it does, the
 * next may be filled by another thread. */
int collect_send(struct collect *) FAIL_CHECKED;

/* After the last sample: those that do not fill a record are dropped.  Fails
 * as collect_add does at the end of an epoch. */
int collect_end(struct collect *) FAIL_CHECKED;
void collect_free(struct collect *);

#endif
