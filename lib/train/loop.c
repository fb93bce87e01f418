/* SPDX-License-Identifier: MIT */
#include "train/loop.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static double
ema_at(const struct train *t)
{
	return t->ema_cosine ? sched_ema(t->ema, t->ema_final, t->step,
	    t->total) : t->ema;
}

static int
log_step(struct train *t, double loss, double rate, double ema)
{
	const struct runlog_row row = { t->step, t->epoch, loss, rate, ema };

	if (t->log == NULL || t->log_every == 0 ||
	    t->step % t->log_every != 0)
		return 0;
	return runlog_write(t->log, &row);
}

static int
step(struct train *t, const struct method_batch *batch)
{
	const double rate = sched_at(&t->rate, t->step), ema = ema_at(t);
	double loss;
	int rc;

	method_before(&t->run, ema);
	if ((rc = method_gradients(&t->run, batch, &loss)) < 0)
		return rc;
	if (!isfinite(loss))
		return fail(FAIL_DIVERGED, "step %" PRIu64 ": the loss is %g; "
		    "nothing is saved.  A lower --lr or a longer warm-up may "
		    "help", t->step, loss);
	optim_step(&t->optim, rate);
	method_after(&t->run, ema);
	if ((rc = log_step(t, loss, rate, ema)) < 0)
		return rc;
	t->step++;
	if (t->report != NULL)
		t->report(t->arg, t, batch->n, loss);
	return 0;
}

/* The record's epoch, or what the step count says. */
static void
set_epoch(struct train *t, int64_t epoch)
{
	if (epoch >= 0)
		t->epoch = (uint64_t)epoch;
	else if (t->steps_per_epoch > 0)
		t->epoch = t->step / t->steps_per_epoch;
}

int
train_run(struct train *t, struct batch *b)
{
	struct method_batch batch;
	uint64_t unused = 0;
	int64_t epoch;
	int rc = 0;

	while (t->step < t->stop) {
		if ((rc = batch_next(b, &batch, &epoch)) <= 0)
			break;
		set_epoch(t, epoch);
		if ((rc = step(t, &batch)) < 0)
			break;
		if (t->save != NULL && t->save_every > 0 &&
		    t->step % t->save_every == 0 && t->step < t->stop &&
		    (rc = t->save(t->arg, t)) < 0)
			break;
	}
	/* A whole run has seen its stream's end: it was not cut behind the
	 * last step. */
	if (rc >= 0 && t->total > 0 && t->step == t->total)
		rc = batch_drain(b, t->planned ? UINT64_MAX : 1, &unused);
	t->unused = t->planned ? unused : 0;
	return rc < 0 ? rc : 0;
}

static int
set(struct head *h, const char *name, struct value v)
{
	return value_set(&h->meta, name, v, &h->arena);
}

int
train_describe(const struct train *t, struct head *h)
{
	int rc;

	if ((rc = set(h, "kind", value_text("checkpoint"))) < 0 ||
	    (rc = ckpt_describe(h, &t->spec)) < 0 ||
	    (rc = set(h, "method", value_text(t->run.row->name))) < 0 ||
	    (rc = ckpt_set_floats(h, "mean", t->mean, t->n_mean)) < 0 ||
	    (rc = ckpt_set_floats(h, "std", t->std, t->n_mean)) < 0 ||
	    (rc = set(h, "step", value_int((int64_t)t->step))) < 0 ||
	    (rc = set(h, "epoch", value_int((int64_t)t->epoch))) < 0 ||
	    (rc = set(h, "seed", value_int(t->seed))) < 0 ||
	    (rc = set(h, "optimizer", value_text(t->optim.row->name))) < 0)
		return rc;
	if (t->total > 0)
		rc = set(h, "total_steps", value_int((int64_t)t->total));
	if (rc == 0 && t->steps_per_epoch > 0)
		rc = set(h, "steps_per_epoch",
		    value_int((int64_t)t->steps_per_epoch));
	return rc;
}

/* The optimizer's arrays, once it has taken a step. */
static int
write_state(const struct train *t, struct stream_out *out)
{
	const struct optim *o = &t->optim;
	int rc = 0;

	for (int i = 0; i < OPTIM_STATES && o->state[i] != NULL && rc == 0;
	    i++) {
		char prefix[64];

		snprintf(prefix, sizeof(prefix), "optimizer.%s.online.",
		    o->row->states[i]);
		rc = ckpt_write_array(out, prefix, o->state[i],
		    &t->run.online);
	}
	return rc;
}

int
train_write(const struct train *t, struct stream_out *out)
{
	int rc = ckpt_write(out, "online.", &t->run.online);

	if (rc == 0 && t->run.row->target)
		rc = ckpt_write(out, "target.", &t->run.target);
	if (rc == 0 && t->run.row->queue)
		rc = ckpt_write_keys(out, &t->run.keys);
	if (rc == 0 && t->step > 0)
		rc = write_state(t, out);
	return rc;
}
