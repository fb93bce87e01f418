/*
 * watch: does a run still learn?
 *
 * Looks at a step's embeddings now and then, tells once when they have
 * collapsed or when the parameters run away, and finds the tensor in which a
 * number that is not finite shows first.
 */
#ifndef SELF_TRAIN_WATCH_H
#define SELF_TRAIN_WATCH_H

#include "base/pool.h"
#include "method/method.h"

#define WATCH_GROWN 100		/* times the first norm: diverging */

/* All zeros and `every` steps: a watch before its first. */
struct watch {
	struct pool *pool;	/* borrowed */
	uint64_t every;		/* 0: never */
	double first_norm;	/* of all parameters, once looked at */
	bool told_collapse, told_growth;
};

/* One look; NAN where there is nothing to look at. */
struct watch_look {
	double deviation, rank;		/* of view 0's embeddings */
	double alignment, uniformity;	/* of both views' */
};

/* Looks, and logs a warning the first time that something is wrong. */
int watch_step(struct watch *, const struct method_run *, uint64_t step,
    struct watch_look *) FAIL_CHECKED;

/* Into `name` which tensor is not finite: a view, a parameter, a statistic,
 * a key, an embedding, a gradient; false when all are. */
bool watch_blame(const struct method_run *, const struct method_batch *,
    char *name, size_t room);

#endif
