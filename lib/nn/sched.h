/*
 * sched: learning rates and moving averages' momentum, each a function of
 * the step (counted from 0) and of nothing else.
 */
#ifndef SELF_NN_SCHED_H
#define SELF_NN_SCHED_H

#include <stdint.h>

#include "base/fail.h"

#define SCHED_MILESTONES 16

enum sched_kind {
	SCHED_CONSTANT,
	SCHED_COSINE,
	SCHED_COSINE_EPOCH,	/* a new rate each epoch, by a clock from step 0 */
	SCHED_STEP
};

/* How the rate rises. */
enum sched_form {
	SCHED_FROM_START,	/* `start` at step 0, base behind the last */
	SCHED_IMIX		/* the target at the last, one step's rise at 0 */
};

enum sched_scaling { SCHED_PLAIN, SCHED_LINEAR, SCHED_SQRT };

struct sched {
	enum sched_kind kind;
	double base, final;	/* after the warm-up, and at the end (cosine) */
	enum sched_form form;	/* of the warm-up */
	double start;		/* at step 0 of the warm-up, or before it */
	uint64_t warmup, total;	/* steps */
	uint64_t per_epoch;	/* steps, for SCHED_COSINE_EPOCH */
	double gamma;		/* step: factor at each milestone */
	uint64_t milestone[SCHED_MILESTONES];	/* steps, rising */
	int n_milestones;
};

/* "constant", "cosine", "cosine-epoch" or "step". */
int sched_kind(const char *name, enum sched_kind *) FAIL_CHECKED;

/* "linear" or "imix". */
int sched_form(const char *name, enum sched_form *) FAIL_CHECKED;

/* FAIL_USAGE when a number is missing or lies outside. */
int sched_check(const struct sched *) FAIL_CHECKED;

/*
 * step < warmup: start + (base - start) step / warmup; then base, or
 * final + (base - final) (1 + cos(pi (step - warmup) / (total - warmup))) / 2,
 * or base gamma^(milestones reached).  By epochs: final + (base - final)
 * (1 + cos(pi e / E)) / 2 with e = step / per_epoch rounded down, and E epochs
 * in all; warm-up or not, the clock begins at step 0.
 *
 * i-Mix's warm-up (Lee et al. 2021, their code): start + (to - start)
 * (step + 1) / warmup.  Before a cosine by epochs `to` is where the clock
 * will stand behind the warm-up, but by a cosine that ends at base / 1000
 * whatever `final` is; before any other schedule it is base.
 */
double sched_at(const struct sched *, uint64_t step);

/* final - (final - base) (1 + cos(pi step / total)) / 2 (Grill et al. 2020,
 * final being 1), or base when total is 0. */
double sched_ema(double base, double final, uint64_t step, uint64_t total);

/* "none", "linear" or "sqrt". */
int sched_scaling(const char *name, enum sched_scaling *) FAIL_CHECKED;

/* A rate for batches of n pictures: base, base n / 256, or base sqrt(n). */
double sched_scaled(double base, enum sched_scaling, double n);

#endif
