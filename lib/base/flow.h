/*
 * flow: work that comes in order, is done by all threads and goes out in
 * order.
 *
 * Loads are taken in, worked on and given out, and what they add up to is sent
 * off.  Taking, giving and sending are each done by one thread at a time, in
 * order; a load's tasks are done by any thread.  No thread has a part of its
 * own: whoever is free sends, gives the next finished load, takes another one
 * in, or does a task, so that n threads are n threads and none of them waits
 * while there is work.
 */
#ifndef SELF_BASE_FLOW_H
#define SELF_BASE_FLOW_H

#include <stdbool.h>

#include "base/pool.h"

#define FLOW_SLOTS 3		/* loads under way at most */

struct flow {
	/* Brings the next load into the slot and says of how many tasks it is:
	 * 1, 0 (no more), or a failure. */
	int (*take)(void *arg, int slot, size_t *n_tasks);
	/* Whether take would not wait for anybody. */
	bool (*ready)(const void *arg);
	int (*task)(void *arg, int slot, size_t i, int worker);
	/* The load's tasks are done: 0 when it is given and the slot free; 1
	 * when something is to be sent off first: give is called again for the
	 * rest of the load, while that is being sent.  Or a failure. */
	int (*give)(void *arg, int slot);
	/* Sends off what give had ready; until it is, give is not called again
	 * with another one ready. */
	int (*send)(void *arg);
	void *arg;
};

/*
 * Runs until all is given and sent: 0, or the failure that is first in the
 * order of the loads.  All loads before that one have been given, it and those
 * behind it not.  A task's worker is as in pool_run.
 */
int flow_run(struct pool *, const struct flow *) FAIL_CHECKED;

#endif
