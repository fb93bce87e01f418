/* SPDX-License-Identifier: MIT */
#include "nn/sched.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/* The place of a name in a list that ends with NULL, or -1. */
static int
place_of(const char *name, const char *const *names)
{
	for (int i = 0; names[i] != NULL; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -1;
}

int
sched_kind(const char *name, enum sched_kind *kind)
{
	static const char *const names[] = { "constant", "cosine",
		"cosine-epoch", "step", NULL };
	const int i = place_of(name, names);

	if (i < 0)
		return fail(FAIL_USAGE, "no schedule is called %s; there "
		    "are: constant cosine cosine-epoch step", name);
	*kind = (enum sched_kind)i;
	return 0;
}

int
sched_form(const char *name, enum sched_form *form)
{
	static const char *const names[] = { "linear", "imix", NULL };
	const int i = place_of(name, names);

	if (i < 0)
		return fail(FAIL_USAGE, "no form of warm-up is called %s; "
		    "there are: linear imix", name);
	*form = (enum sched_form)i;
	return 0;
}

int
sched_scaling(const char *name, enum sched_scaling *scaling)
{
	static const char *const names[] = { "none", "linear", "sqrt", NULL };
	const int i = place_of(name, names);

	if (i < 0)
		return fail(FAIL_USAGE, "no scaling is called %s; there are: "
		    "none linear sqrt", name);
	*scaling = (enum sched_scaling)i;
	return 0;
}

double
sched_scaled(double base, enum sched_scaling scaling, double n)
{
	return scaling == SCHED_LINEAR ? base * n / 256 :
	    scaling == SCHED_SQRT ? base * sqrt(n) : base;
}

int
sched_check(const struct sched *s)
{
	const bool cosine = s->kind == SCHED_COSINE ||
	    s->kind == SCHED_COSINE_EPOCH;

	if (cosine && s->total == 0)
		return fail(FAIL_USAGE, "a cosine schedule needs the number "
		    "of steps, which the stream does not tell; give "
		    "--total-steps");
	if (s->kind == SCHED_COSINE_EPOCH && s->per_epoch == 0)
		return fail(FAIL_USAGE, "a cosine by epochs needs their "
		    "length, which the stream does not tell; give "
		    "--steps-per-epoch");
	if (cosine && s->warmup > s->total)
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

/* By epochs of the clock from step 0, which may be parts of one. */
static double
epoch_cosine(const struct sched *s, double epochs, double final)
{
	return final + (s->base - final) * half_cosine(epochs /
	    ceil((double)s->total / (double)s->per_epoch));
}

static double
warmup_at(const struct sched *s, uint64_t step)
{
	double to = s->base, done = (double)step;

	if (s->form == SCHED_IMIX) {
		done++;
		if (s->kind == SCHED_COSINE_EPOCH)
			to = epoch_cosine(s, (double)s->warmup /
			    (double)s->per_epoch, s->base / 1000);
	}
	return s->start + (to - s->start) * done / (double)s->warmup;
}

double
sched_at(const struct sched *s, uint64_t step)
{
	double rate = s->base;

	if (step < s->warmup)
		return warmup_at(s, step);
	switch (s->kind) {
	case SCHED_CONSTANT:
		break;
	case SCHED_COSINE:
		if (s->total > s->warmup)
			rate = s->final + (s->base - s->final) *
			    half_cosine((double)(step - s->warmup) /
				(double)(s->total - s->warmup));
		break;
	case SCHED_COSINE_EPOCH:
		rate = epoch_cosine(s, (double)(step / s->per_epoch),
		    s->final);
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
sched_ema(double base, double final, uint64_t step, uint64_t total)
{
	if (total == 0)
		return base;
	return final - (final - base) * half_cosine((double)step / (double)total);
}
