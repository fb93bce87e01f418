/*
 * work: samples taken into the records they become, and views made of them
 * on the pool, a sample a task.
 *
 * Taking a sample copies its other fields and notes what is to be done;
 * work_run does it.  What a sample's record holds must stay until then.
 */
#ifndef SELF_VIEW_WORK_H
#define SELF_VIEW_WORK_H

#include "view/columns.h"
#include "view/view.h"

#define WORK_MOST ((size_t)64)	/* samples noted at most */

/* A record being filled.  All zeros is empty. */
struct made {
	struct rec rec;
	struct columns columns;
	void *views[RECIPE_VIEWS];		/* pixels, [rows] */
	struct image shapes[RECIPE_VIEWS];	/* one sample's, no data */
	size_t filled;				/* rows taken */
};

struct work;

/* Borrows pool and config. */
struct work *work_new(struct pool *, const struct view_config *);
void work_free(struct work *);

/* Makes room for `rows` samples like those of r. */
int work_begin(struct made *, const struct view_config *, const struct rec *r,
    size_t rows) FAIL_CHECKED;

/* Takes sample i of r; a file that is no picture is left out. */
int work_take(struct work *, struct made *, const struct rec *r, size_t i,
    uint64_t epoch, uint64_t index) FAIL_CHECKED;

/* Makes the views of all that was taken.  Pictures that cannot be decoded are
 * left out: their rows close up, and `filled` is less. */
int work_run(struct work *) FAIL_CHECKED;

/* Pictures left out so far. */
uint64_t work_bad(const struct work *);

#endif
