/*
 * collect: samples with their views become records.
 *
 * Records have as many samples of one epoch as a batch has, or those of one
 * record of the input.  Pictures that could not be decoded are left out.
 */
#ifndef SELF_VIEW_COLLECT_H
#define SELF_VIEW_COLLECT_H

#include "view/columns.h"
#include "view/work.h"

struct collect {
	const struct view_config *config;
	int64_t start_step, epoch_samples;	/* as the input's header says */
	struct view_counts counts;

	/* The record being filled, of which `filled` rows are. */
	struct rec rec;
	struct columns columns;
	struct tensor *views[RECIPE_VIEWS];
	size_t filled;
	int64_t epoch;
	int64_t step, first_step;	/* records so far; number of the first */
	bool begun;
	int64_t first_epoch;
};

/* Samples in their order; a full record is given at once. */
int collect_add(struct collect *, const struct sample *) FAIL_CHECKED;

/* Behind the last: what does not fill a record is dropped. */
void collect_end(struct collect *);
void collect_free(struct collect *);

#endif
