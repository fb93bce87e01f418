/*
 * ahead: slots that threads of their own fill while the caller uses another.
 *
 * What a slot needs is taken in order, by one thread at a time; what is then
 * to be done with it is done by the thread that took it, beside the others.
 * The caller gets the slots in order.
 */
#ifndef SELF_BASE_AHEAD_H
#define SELF_BASE_AHEAD_H

#include "base/fail.h"

#define AHEAD_SLOTS 8		/* at most */

struct ahead_plan {
	/* For slot 0, 1, …, 0, 1, …: 1 (taken), 0 (no more) or a failure;
	 * after the last two it is not called again. */
	int (*take)(void *arg, int slot);
	void (*work)(void *arg, int slot);	/* NULL: there is none */
	/* Not 0 when the caller is to wait no longer; NULL: it always waits. */
	int (*quit)(void);
	void *arg;
	int slots;	/* 2 or more: the caller has one of them */
	int threads;	/* 1 or more, fewer than slots */
};

/* Begins at once.  NULL and a failure when threads cannot be had. */
struct ahead;
struct ahead *ahead_new(const struct ahead_plan *);

/* Waits for the next slot, puts its number in *slot and gives the slot handed
 * out before back to be filled.  Returns what take returned; once 0 or a
 * failure came, again and again the same.  FAIL_IO when `quit` ends the
 * wait. */
int ahead_next(struct ahead *, int *slot) FAIL_CHECKED;

/* Waits for what is under way, then frees. */
void ahead_free(struct ahead *);		/* NULL is fine */

#endif
