/* SPDX-License-Identifier: MIT */
#include "nn/sched.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

int
sched_kind(const char *name, enum sched_kind *kind)
{
	static const char *const names[] = { "constant", "cosine", "step" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0) {
			*kind = (enum sched_kind)i;
			return 0;
		}
	return fail(FAIL_USAGE, "no schedule is called %s; there are: "
	    "constant cosine step", name);
}

int
sched_check(const struct sched *s)
{
	if (s->kind == SCHED_COSINE && s->total == 0)
		return fail(FAIL_USAGE, "a cosine schedule needs the number "
		    "of steps, which the stream does not tell; give "
		    "--total-steps");
	if (s->kind == SCHED_COSINE && s->warmup > s->total)
		return fail(FAIL_USAGE, "a warm-up of %" PRIu64 " steps is "
		    "longer than the whole run of %" PRIu64, s->warmup,
		    s->total);
	for (int i = 1; i < s->n_milestones; i++)
		if (s->milestone[i] < s->milestone[i - 1])
			return fail(FAIL_USAGE, "milestones must rise");
	return 0;
}

/* From 1 at 0 to 0 at 1. */
static double
half_cosine(double at)
{
	return (1 + cos(pi * (at < 1 ? at : 1))) / 2;
}

double
sched_at(const struct sched *s, uint64_t step)
{
	double rate = s->base;

	if (step < s->warmup)
		return s->start + (s->base - s->start) * (double)step /
		    (double)s->warmup;
	switch (s->kind) {
	case SCHED_CONSTANT:
		break;
	case SCHED_COSINE:
		if (s->total > s->warmup)
			rate = s->final + (s->base - s->final) *
			    half_cosine((double)(step - s->warmup) /
				(double)(s->total - s->warmup));
		break;
	case SCHED_STEP:
		for (int i = 0; i < s->n_milestones; i++)
			if (step >= s->milestone[i])
				rate *= s->gamma;
		break;
	}
	return rate;
}

double
sched_ema(double base, uint64_t step, uint64_t total)
{
	if (total == 0)
		return base;
	return 1 - (1 - base) * half_cosine((double)step / (double)total);
}
