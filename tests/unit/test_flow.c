/* SPDX-License-Identifier: MIT */
/* Loads come and go in order, whoever does their tasks, and what they add up
 * to is sent in order. */
#include "base/flow.h"

#include <stdatomic.h>
#include <time.h>

#include "tap.h"

#define LOADS 200
#define TASKS 40		/* of a load at most */

struct trip {
	int threads;
	int loads;		/* to be taken; then `end` */
	int end;
	int bad_load, bad_task;	/* fails, the load's task or (-1) its giving */
	int slow_load, slow_task;
	bool unready, bad_send;

	int in_slot[FLOW_SLOTS];
	atomic_int ran[LOADS][TASKS];
	int full;		/* made ready of the load being given */
	atomic_int taking, giving, sending;
	atomic_int ready, sent;
	atomic_int all, begun;	/* tasks taken, begun */
	atomic_int met;		/* threads at one place at a time */
	bool meet_tasks, meet_sending;
	atomic_int faults;	/* broken promises */
	atomic_int taken, given;
};

static void
pause_ms(long ms)
{
	const struct timespec t = { 0, ms * 1000000 };

	nanosleep(&t, NULL);
}

/* Waits for another thread that comes here while this one does. */
static void
meet(struct trip *t)
{
	int ms = 0;

	t->met++;
	while (t->met < 2 && ms++ < 5000)
		pause_ms(1);
	t->faults += t->met < 2;
}

/* Loads of 0, 7, 14 … tasks. */
static size_t
tasks_of(int load)
{
	return (size_t)(load * 7 % TASKS);
}

static int
take(void *arg, int slot, size_t *n_tasks)
{
	struct trip *t = arg;

	t->faults += atomic_exchange(&t->taking, 1);
	t->faults += t->taken - t->given >= FLOW_SLOTS;
	/* Nobody waits for a slow producer while there are tasks: all have
	 * begun, though a thread may not have got as far as here. */
	t->faults += t->unready && t->begun < t->all - t->threads;
	t->taking = 0;
	if (t->taken == t->loads)
		return t->end < 0 ? fail(t->end, "load %d", t->loads) : 0;
	t->in_slot[slot] = t->taken;
	*n_tasks = tasks_of(t->taken++);
	t->all += (int)*n_tasks;
	return 1;
}

static bool
ready(const void *arg)
{
	const struct trip *t = arg;

	return !t->unready;
}

static int
task(void *arg, int slot, size_t i, int worker)
{
	struct trip *t = arg;
	const int load = t->in_slot[slot];

	t->begun++;
	t->faults += worker < 0 || worker >= t->threads;
	if (t->meet_tasks && load == 3 && i < 2)
		meet(t);
	if (t->unready)
		pause_ms(i % 8 == 0);
	atomic_fetch_add(&t->ran[load][i], 1);
	if (load == t->slow_load && (int)i == t->slow_task)
		pause_ms(20);
	/* The one behind it fails as well, and sooner. */
	if (load == t->bad_load && t->bad_task >= 0 && (int)i >= t->bad_task) {
		if ((int)i == t->bad_task)
			pause_ms(5);
		return fail(FAIL_FORMAT, "load %d task %zu", load, i);
	}
	return 0;
}

static int
give(void *arg, int slot)
{
	struct trip *t = arg;
	const int load = t->in_slot[slot];

	t->faults += atomic_exchange(&t->giving, 1);
	t->faults += load != t->given;
	for (size_t i = 0; i < tasks_of(load); i++)
		t->faults += atomic_load(&t->ran[load][i]) != 1;
	if (load == t->bad_load && t->bad_task < 0)
		return fail(FAIL_IO, "load %d", load);
	if (t->meet_sending && t->sent == 10 && t->sending)
		meet(t);
	t->giving = 0;
	if (t->full < load % 3) {
		t->full++;
		/* One is being sent at most, and none waits. */
		t->faults += t->ready - t->sent > 1;
		t->ready++;
		return 1;
	}
	t->full = 0;
	t->given++;
	return 0;
}

static int
send(void *arg)
{
	struct trip *t = arg;

	t->faults += atomic_exchange(&t->sending, 1);
	t->faults += t->sent >= t->ready;
	if (t->meet_sending && t->sent == 10)
		meet(t);
	if (t->sent == 20) {
		pause_ms(5);
		if (t->bad_send)
			return fail(FAIL_IO, "sent %d", t->sent);
	}
	t->sent++;
	t->sending = 0;
	return 0;
}

static int
run(struct trip *t)
{
	const struct flow flow = { take, ready, task, give, send, t };
	struct pool *pool = pool_new(t->threads);
	const int rc = flow_run(pool, &flow);

	pool_free(pool);
	return rc;
}

static struct trip trip;

static void
begin(int threads, int loads)
{
	memset(&trip, 0, sizeof(trip));
	trip.threads = threads;
	trip.loads = loads;
	trip.bad_load = trip.slow_load = -1;
}

static void
check(int threads)
{
	begin(threads, LOADS);
	is_int(run(&trip), 0, "%d threads", threads);
	ok(trip.given == LOADS && trip.faults == 0,
	    "all in order, each task once, one taker and one giver");
	is_int(atomic_load(&trip.sent), 199, "all sent that was ready");
	begin(threads, LOADS);
	trip.unready = true;
	trip.slow_load = 30;
	trip.slow_task = 3;
	is_int(run(&trip), 0, "a slow task and a slow producer");
	ok(trip.given == LOADS && trip.faults == 0, "change nothing");
	for (int i = 0; i < 2 && threads > 1; i++) {
		begin(threads, LOADS);
		trip.meet_tasks = i == 0;
		trip.meet_sending = i == 1;
		is_int(run(&trip), 0, "threads meet");
		ok(trip.met >= 2 && trip.faults == 0, i == 0
		    ? "doing tasks" : "one giving while the other sends");
	}
	begin(threads, 0);
	is_int(run(&trip), 0, "nothing to take");
	begin(threads, 50);
	trip.end = FAIL_IO;
	is_int(run(&trip), FAIL_IO, "taking fails");
	is_text(fail_text(), "load 50", "with its message");
	is_int(atomic_load(&trip.given), 50, "behind all that was taken");
	begin(threads, LOADS);
	trip.bad_load = 21;
	trip.bad_task = 5;
	is_int(run(&trip), FAIL_FORMAT, "a task fails");
	is_text(fail_text(), "load 21 task 5", "the lowest wins");
	is_int(atomic_load(&trip.given), 21, "those before are given, no other");
	begin(threads, LOADS);
	trip.bad_load = 21;
	trip.bad_task = -1;
	is_int(run(&trip), FAIL_IO, "giving fails");
	is_text(fail_text(), "load 21", "with its message");
	is_int(atomic_load(&trip.given), 21, "and is not tried again");
	is_int(atomic_load(&trip.sent), 21, "what was ready is sent even so");
	begin(threads, LOADS);
	trip.bad_send = true;
	is_int(run(&trip), FAIL_IO, "sending fails");
	is_text(fail_text(), "sent 20", "with its message");
	is_int(atomic_load(&trip.sent), 20, "and is not tried again");
	ok(trip.faults == 0, "all promises kept");
}

int
main(void)
{
	check(1);
	check(2);
	check(5);
	return tap_done();
}
