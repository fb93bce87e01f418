/* SPDX-License-Identifier: MIT */
#include "base/pool.h"

#include <stdatomic.h>
#include <time.h>

#include "tap.h"

#define MOST 1000

static atomic_int ran[MOST];
static atomic_int bad_worker;

struct plan {
	size_t fails_from, fails_every;
	int threads;
};

static void
pause_ms(long ms)
{
	const struct timespec t = { 0, ms * 1000000 };

	nanosleep(&t, NULL);
}

static int
task(void *arg, size_t i, int worker)
{
	const struct plan *plan = arg;

	atomic_fetch_add(&ran[i], 1);
	if (worker < 0 || worker >= plan->threads)
		atomic_store(&bad_worker, 1);
	/* The lowest failing index fails last. */
	if (i == plan->fails_from)
		pause_ms(5);
	if (plan->fails_every > 0 && i >= plan->fails_from &&
	    i % plan->fails_every == 0)
		return fail(FAIL_FORMAT, "task %zu", i);
	return 0;
}

static bool
all_ran(size_t n, int times)
{
	for (size_t i = 0; i < n; i++)
		if (atomic_exchange(&ran[i], 0) != times)
			return false;
	return true;
}

static void
sure(void *arg, size_t i, int worker)
{
	(void)worker;
	atomic_fetch_add(&((atomic_int *)arg)[i], 1);
}

static void
check_pool(int threads)
{
	struct pool *p = pool_new(threads);
	struct plan plan = { 0, 0, threads };

	is_int(pool_threads(p), threads, "%d threads", threads);
	is_int(pool_run(p, MOST, task, &plan), 0, "runs");
	ok(all_ran(MOST, 1), "each index once");
	is_int(pool_run(p, 0, task, &plan), 0, "nothing to do");
	is_int(pool_run(p, 1, task, &plan), 0, "one thing to do");
	ok(all_ran(1, 1), "is done");
	plan = (struct plan){ 300, 100, threads };
	for (int round = 0; round < 20; round++) {
		if (pool_run(p, MOST, task, &plan) != FAIL_FORMAT ||
		    strcmp(fail_text(), "task 300") != 0)
			break;
		if (round == 19)
			ok(true, "the failure of the lowest index wins");
	}
	is_text(fail_text(), "task 300", "always");
	ok(all_ran(MOST, 20), "all indices run even so");
	plan.fails_every = 0;
	is_int(pool_run(p, MOST, task, &plan), 0, "a failure is forgotten");
	ok(all_ran(MOST, 1), "again each index once");
	pool_each(p, MOST, sure, ran);
	ok(all_ran(MOST, 1), "pool_each");
	ok(atomic_load(&bad_worker) == 0, "workers are 0..threads-1");
	pool_free(p);
}

/* Jobs that are over before every thread is awake: one that wakes late has no
 * part in them, nor in the next one's with what it knows of the last. */
static void
check_short_jobs(int threads)
{
	struct pool *p = pool_new(threads);
	size_t wrong = 0;

	for (int round = 0; round < 5000; round++) {
		atomic_int times[3] = { 0 };

		pool_each(p, 3, sure, times);
		for (int i = 0; i < 3; i++)
			wrong += atomic_exchange(&times[i], -1) != 1;
	}
	ok(wrong == 0, "%d threads, short jobs: each task once",
	    threads);
	pool_free(p);
}

/* The caller, of two threads, has to wait for the other. */
static void
slow_but_here(void *arg, size_t i, int worker)
{
	(void)arg;
	(void)i;
	pause_ms(worker == 0 ? 5 : 200);
}

/* Threads stay awake for a moment only, whatever they wait for. */
static void
check_sleep(void)
{
	struct pool *p = pool_new(2);
	const clock_t begun = clock();

	pool_each(p, 2, sure, ran);
	pause_ms(200);
	ok(clock() - begun < CLOCKS_PER_SEC / 20, "no job: threads sleep");
	pool_each(p, 2, slow_but_here, NULL);
	ok(clock() - begun < CLOCKS_PER_SEC / 20, "a long job: so does the "
	    "caller");
	pool_free(p);
	ok(all_ran(2, 1), "the job was done");
}

int
main(void)
{
	ok(pool_default_threads() >= 1, "some thread to run on");
	check_pool(1);
	check_pool(2);
	check_short_jobs(2);
	check_short_jobs(7);
	check_pool(5);
	check_sleep();
	pool_free(NULL);
	return tap_done();
}
