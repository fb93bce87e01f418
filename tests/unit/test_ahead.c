/* SPDX-License-Identifier: MIT */
#include "base/ahead.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "tap.h"

#define SLOTS 5
#define MANY 1000

static void
pause_ms(long ms)
{
	const struct timespec t = { 0, ms * 1000000 };

	nanosleep(&t, NULL);
}

/* Fills slots with 0, 1, 2 …, then ends as told. */
struct maker {
	atomic_int made;
	int most, end;
	atomic_int inside;		/* calls of take under way */
	atomic_int crowd;		/* times there were two */
	int taken[AHEAD_SLOTS];
	int squares[AHEAD_SLOTS];	/* by work */
};

static int
take(void *arg, int slot)
{
	struct maker *m = arg;
	int got = 1;

	if (atomic_fetch_add(&m->inside, 1) > 0)
		atomic_fetch_add(&m->crowd, 1);
	if (m->made == m->most)
		got = m->end < 0 ? fail(m->end, "made %d", m->made) : 0;
	else
		m->taken[slot] = m->made++;
	atomic_fetch_sub(&m->inside, 1);
	return got;
}

/* Some take longer than others, so that they end in another order. */
static void
work(void *arg, int slot)
{
	struct maker *m = arg;
	const int n = m->taken[slot];

	if (n % 50 == 0)
		pause_ms(1);
	m->squares[slot] = n * n;
}

static void
check(int threads, int slots, int most, int end)
{
	struct maker m = { .most = most, .end = end };
	struct ahead *a = ahead_new(&(struct ahead_plan){ .take = take,
	    .work = threads > 1 ? work : NULL, .arg = &m, .slots = slots,
	    .threads = threads });
	bool in_order = true;
	int slot, got, n = 0;

	while ((got = ahead_next(a, &slot)) > 0) {
		in_order = in_order && m.taken[slot] == n
		    && (threads == 1 || m.squares[slot] == n * n);
		n++;
		if (n % 7 == 0 && n < 100)
			pause_ms(1);
		in_order = in_order && m.taken[slot] == n - 1;
	}
	ok(in_order && n == most, "%d threads: %d things in order, none lost",
	    threads, most);
	is_int(got, end, "and then the end, %d", end);
	is_int(ahead_next(a, &slot), end, "again and again");
	if (end < 0)
		ok(strncmp(fail_text(), "made ", 5) == 0, "with its message");
	is_int(atomic_load(&m.crowd), 0, "taken by one at a time");
	ahead_free(a);
}

static void
check_early_end(int threads, int slots)
{
	struct maker m = { .most = MANY };
	struct ahead *a = ahead_new(&(struct ahead_plan){ .take = take,
	    .work = work, .arg = &m, .slots = slots, .threads = threads });
	int slot;

	is_int(ahead_next(a, &slot), 1, "one");
	for (int ms = 0; ms < 10000 && m.made < slots; ms++)
		pause_ms(1);
	pause_ms(5);		/* for one too many */
	ahead_free(a);
	is_int(m.made, slots, "%d slots are filled, and no more", slots);
}

int
main(void)
{
	static const int threads[] = { 1, 2, 4 }, slots[] = { 2, 3, SLOTS };

	for (int i = 0; i < 3; i++) {
		check(threads[i], slots[i], MANY, 0);
		check(threads[i], slots[i], 50, FAIL_IO);
		check(threads[i], slots[i], 0, 0);
		check(threads[i], slots[i], 0, FAIL_FORMAT);
		check(threads[i], slots[i], 1, 0);
		check_early_end(threads[i], slots[i]);
	}
	ahead_free(NULL);
	return tap_done();
}
