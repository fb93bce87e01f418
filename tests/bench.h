/*
 * bench: times a piece of work; the fastest and the median of many calls.
 *
 *	struct bench b = bench_new(0.5);
 *	while (bench_more(&b))
 *		work();
 *	printf("%g\n", bench_fastest(&b));
 *
 * The first call is warm-up and does not count.
 */
#ifndef SELF_BENCH_H
#define SELF_BENCH_H

#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define BENCH_MOST 1000

struct bench {
	double budget_s, begun_s, last_s;
	double call_s[BENCH_MOST];
	int calls;		/* -1: warm-up has not run */
};

__attribute__((unused)) static double
bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

__attribute__((unused)) static struct bench
bench_new(double budget_s)
{
	return (struct bench){ .budget_s = budget_s, .calls = -2 };
}

/* True while there is time left; at least three calls are counted. */
__attribute__((unused)) static bool
bench_more(struct bench *b)
{
	const double now = bench_now();

	if (b->calls >= 0)
		b->call_s[b->calls] = now - b->last_s;
	b->calls++;
	if (b->calls == 0)
		b->begun_s = now;
	if (b->calls >= BENCH_MOST
	    || (b->calls >= 3 && now - b->begun_s > b->budget_s))
		return false;
	b->last_s = bench_now();
	return true;
}

static int
bench_compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Seconds a call; sorts what was measured. */
__attribute__((unused)) static double
bench_fastest(struct bench *b)
{
	qsort(b->call_s, (size_t)b->calls, sizeof(double), bench_compare);
	return b->call_s[0];
}

__attribute__((unused)) static double
bench_median(struct bench *b)
{
	qsort(b->call_s, (size_t)b->calls, sizeof(double), bench_compare);
	return b->call_s[b->calls / 2];
}

#endif
