/*
 * running: the running checkpoint of a run, beside its output.
 *
 * For the output model.tz it is model.tz.part, so that make never takes it for
 * the result.  It is written now and then and when the run is stopped, and
 * goes when the run is complete.  One that another run left is kept as
 * model.tz.part.old.
 */
#ifndef SELF_TRAIN_RUNNING_H
#define SELF_TRAIN_RUNNING_H

#include "train/loop.h"

/* All zeros has none. */
struct running {
	char *path;		/* NULL: the output is no file */
	bool own;		/* this run began with it, or has written it */
	uint64_t step;		/* of the checkpoint that the run began with, or
				 * of the one written last */
	int level;		/* zstd's */
};

/* The name beside the output `out`, where the output is a regular file or not
 * there yet; removes what a killed run left half-written of it. */
int running_init(struct running *, const char *out) FAIL_CHECKED;
void running_free(struct running *);

/*
 * What --resume means: `given` itself; for "" or the output's own name the
 * running checkpoint, if there is one, or else the output.  NULL: nothing to
 * resume (also for NULL); logs that a run begins, and that it will not continue
 * the running checkpoint that is there.  Borrowed.
 */
const char *running_find(struct running *, const char *out, const char *given);

/* Writes the run, with the caller's header, to `output`, whose running
 * checkpoint then goes, or (NULL) to that.  A failure says what can be resumed
 * all the same. */
int running_write(struct running *, const struct train *, const char *output,
    const struct head *) FAIL_CHECKED;

/*
 * The run ends before its time, because of a signal or of the failure `rc`
 * (this thread's), or 0.  Saves with t->save what is new and can be saved, and
 * leaves one line as this thread's failure: why, what is saved where, and how
 * to go on.
 */
void running_stopped(struct running *, const struct train *, int rc);

#endif
