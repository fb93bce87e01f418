/* SPDX-License-Identifier: MIT */
#include "base/ahead.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define LOOK_NS 100000000L	/* how often a wait asks whether to quit */

struct ahead {
	struct ahead_plan plan;
	pthread_t threads[AHEAD_SLOTS];
	int n_threads;
	pthread_mutex_t lock;
	pthread_cond_t change;
	unsigned long taken, given;	/* slots so far */
	bool done[AHEAD_SLOTS];		/* taken and worked on */
	bool taking;			/* somebody is at it */
	int last;			/* take's latest answer */
	bool stop;
	struct fail_state failure;
};

static int
slot_of(const struct ahead *a, unsigned long number)
{
	return (int)(number % (unsigned long)a->plan.slots);
}

/* A slot is free when the caller was given the one after it. */
static bool
must_wait(const struct ahead *a)
{
	return a->taking
	    || a->taken + 1 >= a->given + (unsigned long)a->plan.slots;
}

/* Takes what comes next, as soon as there is a slot: which, or -1 when there
 * is nothing more to do. */
static int
take(struct ahead *a)
{
	int slot, got;

	while (!a->stop && a->last > 0 && must_wait(a))
		pthread_cond_wait(&a->change, &a->lock);
	if (a->stop || a->last <= 0)
		return -1;
	a->taking = true;
	slot = slot_of(a, a->taken);
	pthread_mutex_unlock(&a->lock);
	got = a->plan.take(a->plan.arg, slot);
	pthread_mutex_lock(&a->lock);
	a->taking = false;
	a->last = got;
	if (got < 0)
		fail_save(&a->failure);
	if (got > 0) {
		a->done[slot] = false;
		a->taken++;
	}
	pthread_cond_broadcast(&a->change);
	return got > 0 ? slot : -1;
}

static void *
ahead_main(void *arg)
{
	struct ahead *a = arg;
	int slot;

	pthread_mutex_lock(&a->lock);
	while ((slot = take(a)) >= 0) {
		if (a->plan.work != NULL) {
			pthread_mutex_unlock(&a->lock);
			a->plan.work(a->plan.arg, slot);
			pthread_mutex_lock(&a->lock);
		}
		a->done[slot] = true;
		pthread_cond_broadcast(&a->change);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

struct ahead *
ahead_new(const struct ahead_plan *plan)
{
	struct ahead *a = calloc(1, sizeof(*a));

	assert(plan->slots <= AHEAD_SLOTS && plan->threads < plan->slots);
	if (a == NULL) {
		fail_memory(sizeof(*a));
		return NULL;
	}
	a->plan = *plan;
	a->last = 1;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->change, NULL);
	for (; a->n_threads < plan->threads; a->n_threads++) {
		errno = pthread_create(&a->threads[a->n_threads], NULL,
		    ahead_main, a);
		if (errno != 0) {
			fail_errno("reading ahead");
			ahead_free(a);
			return NULL;
		}
	}
	return a;
}

/* Until something changes, or for a while when there is more to look at: a
 * signal handler must not touch the lock. */
static void
wait_for_change(struct ahead *a)
{
	struct timespec end;

	if (a->plan.quit == NULL) {
		pthread_cond_wait(&a->change, &a->lock);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_nsec += LOOK_NS;
	if (end.tv_nsec >= 1000000000) {
		end.tv_nsec -= 1000000000;
		end.tv_sec++;
	}
	pthread_cond_timedwait(&a->change, &a->lock, &end);
}

static bool
is_there(const struct ahead *a)
{
	return a->given == a->taken ? a->last <= 0 :
	    a->done[slot_of(a, a->given)];
}

int
ahead_next(struct ahead *a, int *slot)
{
	bool there;
	int got = 1;

	pthread_mutex_lock(&a->lock);
	while (!(there = is_there(a)) &&
	    (a->plan.quit == NULL || a->plan.quit() == 0))
		wait_for_change(a);
	if (there && a->given == a->taken) {
		got = a->last;
	} else if (there) {
		*slot = slot_of(a, a->given++);
		pthread_cond_broadcast(&a->change);
	}
	pthread_mutex_unlock(&a->lock);
	if (!there)
		return fail(FAIL_IO, "stopped while it waits for input");
	return got < 0 ? fail_restore(&a->failure) : got;
}

void
ahead_free(struct ahead *a)
{
	if (a == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_cond_broadcast(&a->change);
	pthread_mutex_unlock(&a->lock);
	for (int i = 0; i < a->n_threads; i++)
		pthread_join(a->threads[i], NULL);
	pthread_cond_destroy(&a->change);
	pthread_mutex_destroy(&a->lock);
	free(a);
}
