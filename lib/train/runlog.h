/*
 * runlog: what a run reports, as tab-separated text.
 *
 * The first row names the columns; a row is on disk as soon as it is
 * written, so that the file can be followed while the run goes on.
 */
#ifndef SELF_TRAIN_RUNLOG_H
#define SELF_TRAIN_RUNLOG_H

#include <stdint.h>

#include "base/fail.h"

struct runlog;

struct runlog_row {
	uint64_t step, epoch;
	double loss, rate, ema;
	double grad_norm;	/* of all parameters, before clipping */
	/* Now and then, NAN otherwise: */
	double deviation, rank, alignment, uniformity;
	double knn, linear;	/* behind the step */
};

/* Begins a file; or, for a run that goes on at `step`, keeps the rows before
 * it and cuts off those behind, which will be written again.  NULL and a
 * failure. */
struct runlog *runlog_new(const char *path, uint64_t step);
int runlog_write(struct runlog *, const struct runlog_row *) FAIL_CHECKED;

/* Closes; the failure of the close counts.  NULL is fine. */
int runlog_finish(struct runlog *) FAIL_CHECKED;

#endif
