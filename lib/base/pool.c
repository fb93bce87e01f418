/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/pool.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

/* About what a thread that sleeps needs to wake.  It stays awake as long, so
 * that one small job after the other finds it there. */
#define MOMENT_NS 50000

struct job {
	int (*task)(void *, size_t, int);
	void (*sure_task)(void *, size_t, int);
	void *arg;
	size_t n;
};

struct worker {
	struct pool *pool;
	pthread_t thread;
	int number;
};

struct pool {
	int n_threads;
	bool lingers;			/* each thread has its processor */
	struct worker *workers;		/* n_threads - 1 of them */
	pthread_mutex_t lock;
	pthread_cond_t start, done;
	struct job job;
	atomic_ulong round;		/* jobs started so far, and the stop */
	bool open;			/* the job may still be joined */
	atomic_int inside;		/* started threads that joined it */
	bool stop;
	atomic_size_t next;		/* first index nobody has taken */
	size_t failed_at;		/* lowest index that failed */
	struct fail_state failure;
};

static void
note_failure(struct pool *p, size_t i)
{
	struct fail_state failure;

	fail_save(&failure);
	pthread_mutex_lock(&p->lock);
	if (i < p->failed_at) {
		p->failed_at = i;
		p->failure = failure;
	}
	pthread_mutex_unlock(&p->lock);
}

static void
work(struct pool *p, const struct job *job, int number)
{
	for (;;) {
		const size_t i = atomic_fetch_add(&p->next, 1);

		if (i >= job->n)
			return;
		if (job->sure_task != NULL)
			job->sure_task(job->arg, i, number);
		else if (job->task(job->arg, i, number) < 0)
			note_failure(p, i);
	}
}

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Whether the moment that ends at `end` lasts; some of it is waited for. */
static bool
lasts(const struct pool *p, int64_t end)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
	return p->lingers && now() < end;
}

/* No job that a thread that knows of `seen` may join, and no stop. */
static bool
is_idle(const struct pool *p, unsigned long seen)
{
	return !(p->open && p->round != seen) && !p->stop;
}

/* Waits for either, awake and then asleep; the lock is held before and
 * after. */
static void
await_job(struct pool *p, unsigned long seen)
{
	if (is_idle(p, seen)) {
		const unsigned long round = p->round;
		const int64_t end = now() + MOMENT_NS;

		pthread_mutex_unlock(&p->lock);
		while (p->round == round && lasts(p, end))
			;
		pthread_mutex_lock(&p->lock);
	}
	while (is_idle(p, seen))
		pthread_cond_wait(&p->start, &p->lock);
}

/* Waits in the same way for those inside to be done. */
static void
await_end(struct pool *p)
{
	if (p->inside > 0) {
		const int64_t end = now() + MOMENT_NS;

		pthread_mutex_unlock(&p->lock);
		while (p->inside > 0 && lasts(p, end))
			;
		pthread_mutex_lock(&p->lock);
	}
	while (p->inside > 0)
		pthread_cond_wait(&p->done, &p->lock);
}

static void *
worker_main(void *arg)
{
	const struct worker *w = arg;
	struct pool *p = w->pool;
	unsigned long seen = 0;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct job job;

		await_job(p, seen);
		if (p->stop)
			break;
		seen = p->round;
		job = p->job;
		p->inside++;
		pthread_mutex_unlock(&p->lock);
		work(p, &job, w->number);
		pthread_mutex_lock(&p->lock);
		if (--p->inside == 0 && !p->open)
			pthread_cond_signal(&p->done);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct pool *
pool_new(int n)
{
	struct pool *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		fail_memory(sizeof(*p));
		return NULL;
	}
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->start, NULL);
	pthread_cond_init(&p->done, NULL);
	p->n_threads = 1;
	p->lingers = n <= pool_default_threads();
	p->workers = calloc((size_t)n, sizeof(*p->workers));
	if (p->workers == NULL) {
		fail_memory((size_t)n * sizeof(*p->workers));
		pool_free(p);
		return NULL;
	}
	for (; p->n_threads < n; p->n_threads++) {
		struct worker *w = &p->workers[p->n_threads - 1];

		w->pool = p;
		w->number = p->n_threads;
		errno = pthread_create(&w->thread, NULL, worker_main, w);
		if (errno != 0) {
			fail_errno("thread %d of %d", p->n_threads + 1, n);
			pool_free(p);
			return NULL;
		}
	}
	return p;
}

int
pool_threads(const struct pool *p)
{
	return p->n_threads;
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	p->round++;
	pthread_cond_broadcast(&p->start);
	pthread_mutex_unlock(&p->lock);
	for (int i = 1; i < p->n_threads; i++)
		pthread_join(p->workers[i - 1].thread, NULL);
	pthread_cond_destroy(&p->start);
	pthread_cond_destroy(&p->done);
	pthread_mutex_destroy(&p->lock);
	free(p->workers);
	free(p);
}

int
pool_default_threads(void)
{
	cpu_set_t set;
	int n;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	n = CPU_COUNT(&set);
	return n < 1 ? 1 : n;
}

/* A thread that is not awake before all is taken is not waited for, as small
 * jobs are over sooner. */
static void
run(struct pool *p, const struct job *job)
{
	pthread_mutex_lock(&p->lock);
	p->job = *job;
	p->failed_at = SIZE_MAX;
	atomic_store(&p->next, 0);
	p->open = job->n > 1 && p->n_threads > 1;
	if (p->open) {
		p->round++;
		pthread_cond_broadcast(&p->start);
	}
	pthread_mutex_unlock(&p->lock);
	work(p, job, 0);
	pthread_mutex_lock(&p->lock);
	p->open = false;
	await_end(p);
	pthread_mutex_unlock(&p->lock);
}

int
pool_run(struct pool *p, size_t n, int (*task)(void *, size_t, int),
    void *arg)
{
	run(p, &(struct job){ .task = task, .arg = arg, .n = n });
	return p->failed_at == SIZE_MAX ? 0 : fail_restore(&p->failure);
}

void
pool_each(struct pool *p, size_t n, void (*task)(void *, size_t, int),
    void *arg)
{
	run(p, &(struct job){ .sure_task = task, .arg = arg, .n = n });
}
