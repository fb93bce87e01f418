/* SPDX-License-Identifier: MIT */
/* Schedules at the points that papers and their code agree on. */
#include "nn/sched.h"
#include "tap.h"

static void
ema(void)
{
	is_near(sched_ema(0.996, 1, 0, 1000), 0.996, 1e-12, "ema at 0");
	is_near(sched_ema(0.996, 1, 250, 1000), 0.996585786, 1e-9, "at 1/4");
	is_near(sched_ema(0.996, 1, 500, 1000), 0.998, 1e-12, "at 1/2");
	is_near(sched_ema(0.996, 1, 750, 1000), 0.999414214, 1e-9, "at 3/4");
	is_near(sched_ema(0.996, 1, 1000, 1000), 1, 1e-12, "at the end");
	/* Pitfall 8. */
	is_near(sched_ema(0.99, 1, 4, 8), 0.995, 1e-12, "pitfall 8: midway");
	ok(sched_ema(0.99, 1, 7, 8) < 1, "pitfall 8: the last step is below 1");
	is_near(sched_ema(0.99, 1, 5, 0), 0.99, 0, "constant without a length");
}

/* Pitfall 35: per step, from 0, over what is left behind the warm-up. */
static void
warmup_cosine(void)
{
	const struct sched s = { .kind = SCHED_COSINE, .base = 3.2,
		.warmup = 100, .total = 1000 };

	is_near(sched_at(&s, 0), 0, 0, "pitfall 35: step 0 of the warm-up");
	is_near(sched_at(&s, 50), 1.6, 1e-12, "midway through it");
	is_near(sched_at(&s, 99), 3.168, 1e-12, "its last step");
	is_near(sched_at(&s, 100), 3.2, 1e-12, "the step behind it");
	is_near(sched_at(&s, 550), 1.6, 1e-12, "midway through the cosine");
	is_near(sched_at(&s, 999), 9.7477e-6, 1e-9, "the last step");
	is_near(sched_at(&s, 5000), 0, 1e-12, "beyond the end");
}

static void
others(void)
{
	struct sched s = { .kind = SCHED_STEP, .base = 1, .gamma = 0.1,
		.milestone = { 10, 20 }, .n_milestones = 2 };

	is_near(sched_at(&s, 9), 1, 0, "before a milestone");
	is_near(sched_at(&s, 10), 0.1, 1e-15, "at a milestone");
	is_near(sched_at(&s, 20), 0.01, 1e-15, "at the second");
	s = (struct sched){ .kind = SCHED_CONSTANT, .base = 0.5,
		.start = 0.1, .warmup = 4 };
	is_near(sched_at(&s, 2), 0.3, 1e-15, "a warm-up from above 0");
	is_near(sched_at(&s, 4), 0.5, 0, "constant");
	s = (struct sched){ .kind = SCHED_COSINE, .base = 1, .final = 0.2,
		.total = 10 };
	is_near(sched_at(&s, 0), 1, 0, "cosine without warm-up");
	is_near(sched_at(&s, 5), 0.6, 1e-15, "a cosine down to a floor");
	is_near(sched_at(&s, 10), 0.2, 1e-15, "the floor");
}

/* By epochs: MoCo v2's, CLSA's and i-Mix's; SupContrast's floor. */
static void
by_epochs(void)
{
	struct sched s = { .kind = SCHED_COSINE_EPOCH, .base = 0.03,
		.total = 2000, .per_epoch = 10 };

	is_near(sched_at(&s, 9), 0.03, 0, "pitfall 35: the rate of epoch 0");
	is_near(sched_at(&s, 10), 0.03 * (1 + cos(3.14159265358979 / 200)) /
	    2, 1e-12, "… of epoch 1");
	is_near(sched_at(&s, 1000), 0.015, 1e-12, "… midway");
	s.warmup = 25;
	s.final = 3e-5;
	is_near(sched_at(&s, 5), 0.006, 1e-12, "a warm-up by steps before "
	    "it");
	is_near(sched_at(&s, 1005), (0.03 + 3e-5) / 2, 1e-12, "which does not "
	    "move the clock");
	s.per_epoch = 0;
	is_int(sched_check(&s), FAIL_USAGE, "epochs of unknown length");
	is_near(sched_ema(0.99, 0.999, 500, 1000), 0.9945, 1e-12, "a momentum "
	    "that rises to less than 1");
}

/* i-Mix's warm-up, by hand: lr 0.5, 2 epochs of 10 at 5 steps.  The cosine by
 * epoch 2 of 10 is (1 + cos(pi / 5)) / 2 = 0.904508497. */
static void
imix_warmup(void)
{
	struct sched s = { .kind = SCHED_COSINE_EPOCH, .base = 0.5,
		.form = SCHED_IMIX, .total = 50, .per_epoch = 5,
		.warmup = 10 };
	const double to = 0.0005 + 0.4995 * 0.904508497;

	is_near(sched_at(&s, 0), to / 10, 1e-9, "i-Mix's warm-up begins above "
	    "0");
	is_near(sched_at(&s, 4), to / 2, 1e-9, "… and is midway a step early");
	is_near(sched_at(&s, 9), 0.452301994, 1e-8, "… its last step has the "
	    "cosine's rate, with a floor");
	is_near(sched_at(&s, 10), 0.452254249, 1e-8, "which the step behind "
	    "it does not have");
	s.final = 0.1;
	is_near(sched_at(&s, 9), to, 1e-9, "another end of the cosine does "
	    "not move it");
	s.start = 0.1;
	is_near(sched_at(&s, 4), (0.1 + to) / 2, 1e-9, "… a start above 0 "
	    "does");
	s.total = 48;	/* an epoch that is not whole counts */
	is_near(sched_at(&s, 9), to, 1e-9, "… of 10 epochs, the last cut");
	s.kind = SCHED_COSINE;
	is_near(sched_at(&s, 9), 0.5, 1e-12, "before a cosine by steps it "
	    "ends at the rate");
	s.form = SCHED_FROM_START;
	is_near(sched_at(&s, 4), 0.1 + 0.4 * 0.4, 1e-12, "a linear one is "
	    "behind it");
}

static void
scaling(void)
{
	enum sched_scaling kind;

	is_near(sched_scaled(0.3, SCHED_LINEAR, 4096), 4.8, 1e-12, "linear");
	is_near(sched_scaled(0.075, SCHED_SQRT, 4096), 4.8, 1e-12, "by the "
	    "root: the same at 4096");
	is_near(sched_scaled(0.03, SCHED_PLAIN, 512), 0.03, 0, "none");
	ok(sched_scaling("sqrt", &kind) == 0 && kind == SCHED_SQRT, "a name");
	is_int(sched_scaling("cube", &kind), FAIL_USAGE, "an unknown name");
}

static void
refusals(void)
{
	struct sched s = { .kind = SCHED_COSINE, .base = 1 };
	enum sched_kind kind;
	enum sched_form form;

	is_int(sched_check(&s), FAIL_USAGE, "a cosine without a length");
	s.total = 10;
	is_int(sched_check(&s), 0, "with one");
	s.warmup = 11;
	is_int(sched_check(&s), FAIL_USAGE, "a warm-up longer than the run");
	is_int(sched_kind("cosin", &kind), FAIL_USAGE, "an unknown name");
	is_int(sched_form("im", &form), FAIL_USAGE, "an unknown warm-up");
	ok(sched_form("imix", &form) == 0 && form == SCHED_IMIX, "its name");
	ok(sched_kind("step", &kind) == 0 && kind == SCHED_STEP, "a name");
}

int
main(void)
{
	ema();
	warmup_cosine();
	others();
	by_epochs();
	imix_warmup();
	scaling();
	refusals();
	return tap_done();
}
