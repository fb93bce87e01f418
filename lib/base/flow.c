/* SPDX-License-Identifier: MIT */
#include "base/flow.h"

#include <pthread.h>
#include <stdint.h>

struct load {
	size_t n, begun, done;		/* tasks */
	size_t failed_at;		/* lowest that failed, or SIZE_MAX */
	struct fail_state failure;
};

struct line {
	const struct flow *flow;
	pthread_mutex_t lock;
	pthread_cond_t change;		/* a waiting thread may have work */
	struct load loads[FLOW_SLOTS];
	int slots;			/* used */
	uint64_t taken, begun, given;	/* loads; all tasks of `begun` are */
	bool taking, giving, sending;	/* somebody is at it */
	bool ready;			/* something is to be sent */
	bool ended, stopped;		/* nothing more to take, to do */
	struct fail_state failure;	/* first in order; code 0: none */
};

enum move { TAKE, TASK, GIVE, SEND, WAIT, LEAVE };

static struct load *
load_at(struct line *l, uint64_t number)
{
	return &l->loads[number % (uint64_t)l->slots];
}

/*
 * What a free thread does next: what is finished goes first, as it makes room,
 * and taking goes before tasks, so that they never run out; only it does not
 * wait for a slow producer while there are any.
 */
static enum move
next_move(struct line *l)
{
	bool may_take;

	if (l->stopped || (l->ended && l->given == l->taken && !l->ready
	    && !l->sending))
		return LEAVE;
	if (l->ready && !l->sending)
		return SEND;
	if (!l->giving && !l->ready && l->given < l->taken
	    && load_at(l, l->given)->done == load_at(l, l->given)->n)
		return GIVE;
	while (l->begun < l->taken
	    && load_at(l, l->begun)->begun == load_at(l, l->begun)->n)
		l->begun++;
	may_take = !l->taking && !l->ended
	    && l->taken - l->given < (uint64_t)l->slots;
	if (may_take && (l->begun == l->taken || l->flow->ready(l->flow->arg)))
		return TAKE;
	return l->begun < l->taken ? TASK : WAIT;
}

static void
take(struct line *l)
{
	struct load *load = load_at(l, l->taken);
	const int slot = (int)(l->taken % (uint64_t)l->slots);
	size_t n = 0;
	int got;

	l->taking = true;
	pthread_mutex_unlock(&l->lock);
	got = l->flow->take(l->flow->arg, slot, &n);
	pthread_mutex_lock(&l->lock);
	l->taking = false;
	if (got > 0) {
		*load = (struct load){ .n = n, .failed_at = SIZE_MAX };
		l->taken++;
	} else {
		l->ended = true;
		if (got < 0 && !l->stopped)
			fail_save(&l->failure);
	}
	pthread_cond_broadcast(&l->change);
}

static void
do_task(struct line *l, int worker)
{
	struct load *load = load_at(l, l->begun);
	const int slot = (int)(l->begun % (uint64_t)l->slots);
	const size_t i = load->begun++;
	int rc;

	pthread_mutex_unlock(&l->lock);
	rc = l->flow->task(l->flow->arg, slot, i, worker);
	pthread_mutex_lock(&l->lock);
	if (rc < 0 && i < load->failed_at) {
		load->failed_at = i;
		fail_save(&load->failure);
	}
	if (++load->done == load->n)
		pthread_cond_broadcast(&l->change);
}

static void
stop(struct line *l)
{
	l->stopped = true;
	fail_save(&l->failure);
}

static void
give(struct line *l)
{
	struct load *load = load_at(l, l->given);
	const int slot = (int)(l->given % (uint64_t)l->slots);
	int rc;

	l->giving = true;
	pthread_mutex_unlock(&l->lock);
	rc = load->failed_at == SIZE_MAX ? l->flow->give(l->flow->arg, slot)
	    : fail_restore(&load->failure);
	pthread_mutex_lock(&l->lock);
	l->giving = false;
	if (rc < 0 && !l->stopped)
		stop(l);
	l->ready = rc > 0;
	l->given += rc == 0;
	pthread_cond_broadcast(&l->change);
}

/* What is sent comes before all that is given or taken meanwhile, and so does
 * its failure. */
static void
send(struct line *l)
{
	int rc;

	l->ready = false;
	l->sending = true;
	pthread_cond_broadcast(&l->change);
	pthread_mutex_unlock(&l->lock);
	rc = l->flow->send(l->flow->arg);
	pthread_mutex_lock(&l->lock);
	l->sending = false;
	if (rc < 0)
		stop(l);
	pthread_cond_broadcast(&l->change);
}

/* One thread's part; a second on the same thread finds nothing left. */
static void
serve(void *arg, size_t i, int worker)
{
	struct line *l = arg;
	enum move move;

	(void)i;
	pthread_mutex_lock(&l->lock);
	while ((move = next_move(l)) != LEAVE) {
		if (move == TAKE)
			take(l);
		else if (move == TASK)
			do_task(l, worker);
		else if (move == GIVE)
			give(l);
		else if (move == SEND)
			send(l);
		else
			pthread_cond_wait(&l->change, &l->lock);
	}
	pthread_mutex_unlock(&l->lock);
}

int
flow_run(struct pool *pool, const struct flow *flow)
{
	const int threads = pool_threads(pool);
	struct line l = { .flow = flow,
		.slots = threads == 1 ? 1 : FLOW_SLOTS };

	pthread_mutex_init(&l.lock, NULL);
	pthread_cond_init(&l.change, NULL);
	pool_each(pool, (size_t)threads, serve, &l);
	pthread_cond_destroy(&l.change);
	pthread_mutex_destroy(&l.lock);
	return l.failure.code < 0 ? fail_restore(&l.failure) : 0;
}
