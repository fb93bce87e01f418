/*
 * pool: worker threads, and work done ahead of time.
 *
 * Only pool.c and flow.c know of threads.  Work is split by index and results
 * are taken by index, so what comes out does not depend on who did what when.
 */
#ifndef SELF_BASE_POOL_H
#define SELF_BASE_POOL_H

#include <stddef.h>

#include "base/fail.h"

struct pool;

/* A pool of n threads in all, the caller of pool_run among them (so n - 1
 * are started).  n >= 1; NULL and a failure when threads cannot be had. */
struct pool *pool_new(int n);
int pool_threads(const struct pool *);
void pool_free(struct pool *);

/* How many threads this process may run at a time (affinity, at least 1). */
int pool_default_threads(void);

/*
 * task(arg, i, worker) for every i in 0..n-1, each once, in any order, on
 * any thread; worker is in 0..threads-1 and names the scratch to use.
 * Returns when all are done: 0, or the failure of the lowest i that failed
 * (its message is then this thread's).  All indices run even so.
 * A task may not call pool_run on the same pool.
 */
int pool_run(struct pool *, size_t n,
    int (*task)(void *arg, size_t i, int worker), void *arg) FAIL_CHECKED;

/* The same for tasks that cannot fail. */
void pool_each(struct pool *, size_t n,
    void (*task)(void *arg, size_t i, int worker), void *arg);

/*
 * One thread that runs make(arg, slot) for slot 0, 1, 0, 1, … ahead of the
 * caller: while the caller uses what is in one slot, the other is filled.
 * make returns 1 (made), 0 (no more) or a failure; after the last two it is
 * not called again.
 */
struct ahead;
struct ahead *ahead_new(int (*make)(void *arg, int slot), void *arg);

/* Waits for the next slot, puts its number in *slot and gives the slot handed
 * out before back to be filled.  Returns what make returned; once 0 or a
 * failure came, again and again the same. */
int ahead_next(struct ahead *, int *slot) FAIL_CHECKED;

/* Waits for a make under way, then frees. */
void ahead_free(struct ahead *);

#endif
