/*
 * sched: learning rates and moving averages' momentum, each a function of
 * the step (counted from 0) and of nothing else.
 */
#ifndef SELF_NN_SCHED_H
#define SELF_NN_SCHED_H

#include <stdint.h>

#include "base/fail.h"

#define SCHED_MILESTONES 16

enum sched_kind { SCHED_CONSTANT, SCHED_COSINE, SCHED_STEP };

struct sched {
	enum sched_kind kind;
	double base, final;	/* after the warm-up, and at the end (cosine) */
	double start;		/* at step 0 of the warm-up */
	uint64_t warmup, total;	/* steps */
	double gamma;		/* step: factor at each milestone */
	uint64_t milestone[SCHED_MILESTONES];	/* steps, rising */
	int n_milestones;
};

/* "constant", "cosine" or "step". */
int sched_kind(const char *name, enum sched_kind *) FAIL_CHECKED;

/* FAIL_USAGE when a number is missing or lies outside. */
int sched_check(const struct sched *) FAIL_CHECKED;

/*
 * step < warmup: start + (base - start) step / warmup; then base, or
 * final + (base - final) (1 + cos(pi (step - warmup) / (total - warmup))) / 2,
 * or base gamma^(milestones reached).
 */
double sched_at(const struct sched *, uint64_t step);

/* 1 - (1 - base) (1 + cos(pi step / total)) / 2 (Grill et al. 2020), or base
 * when total is 0. */
double sched_ema(double base, uint64_t step, uint64_t total);

#endif
