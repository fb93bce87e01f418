/*
 * pool: worker threads.
 *
 * Only pool.c, flow.c and ahead.c know of threads.  Work is split by index
 * and results are taken by index, so what comes out does not depend on who did
 * what when.
 */
#ifndef SELF_BASE_POOL_H
#define SELF_BASE_POOL_H

#include <stddef.h>

#include "base/fail.h"

struct pool;

/* A pool of n threads in all, the caller of pool_run among them (so n - 1
 * are started).  Between jobs they stay awake for a moment, unless they are
 * more than pool_default_threads.  n >= 1; NULL and a failure when threads
 * cannot be had. */
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

#endif
