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

/* Fills slots with 0, 1, 2 …, then ends as told. */
struct maker {
	int made, most, end;
	int slots[2];
};

static int
make(void *arg, int slot)
{
	struct maker *m = arg;

	if (m->made == m->most)
		return m->end < 0 ? fail(m->end, "made %d", m->made) : 0;
	m->slots[slot] = m->made++;
	return 1;
}

static void
check_ahead(int most, int end)
{
	struct maker m = { 0, most, end, { -1, -1 } };
	struct ahead *a = ahead_new(make, &m);
	bool in_order = true;
	int slot, got, n = 0;

	while ((got = ahead_next(a, &slot)) > 0) {
		in_order = in_order && m.slots[slot] == n;
		n++;
		if (n % 7 == 0)
			pause_ms(1);
		in_order = in_order && m.slots[slot] == n - 1;
	}
	ok(in_order && n == most, "%d things in order, none lost", most);
	is_int(got, end, "and then the end, %d", end);
	is_int(ahead_next(a, &slot), end, "again and again");
	if (end < 0)
		ok(strncmp(fail_text(), "made ", 5) == 0, "with its message");
	ahead_free(a);
}

static void
check_early_end(void)
{
	struct maker m = { 0, MOST, 0, { -1, -1 } };
	struct ahead *a = ahead_new(make, &m);
	int slot;

	is_int(ahead_next(a, &slot), 1, "one");
	ahead_free(a);
	ok(m.made <= 2, "and no more than one ahead");
	ahead_free(NULL);
	pool_free(NULL);
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
	check_ahead(50, 0);
	check_ahead(50, FAIL_IO);
	check_ahead(0, 0);
	check_ahead(0, FAIL_FORMAT);
	check_ahead(1, 0);
	check_early_end();
	return tap_done();
}
