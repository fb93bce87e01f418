/*
 * work: the views of one sample, made on one thread.
 */
#ifndef SELF_VIEW_WORK_H
#define SELF_VIEW_WORK_H

#include "base/buf.h"
#include "view/origin.h"
#include "view/view.h"

/* A sample on its way.  All zeros is empty. */
struct sample {
	const struct rec *rec;		/* its record, which must stay */
	size_t row, rows;		/* its place among the record's */
	int64_t epoch;
	uint64_t index;
	/* What is made of it.  The first shape of a view is 1. */
	struct fail_state bad;		/* no picture; code 0: it is one */
	int height, width;		/* of the image; 0: numbers */
	struct tensor views[RECIPE_VIEWS];
	struct buf rooms[RECIPE_VIEWS];	/* in which they lie */
};

void sample_free(struct sample *);

/* What a thread needs to make views.  All zeros is empty. */
struct bench {
	struct aug_canvas canvas;
	struct origin_room origin;
};

void bench_free(struct bench *);

/* How many views a sample has. */
int work_views(const struct view_config *);

/* Makes them: of an image (image, jpeg) or of numbers (x).  An image whose
 * bytes are at fault (fail_is_data) is no failure but `bad`. */
int work_do(const struct view_config *, struct bench *, struct sample *)
    FAIL_CHECKED;

#endif
