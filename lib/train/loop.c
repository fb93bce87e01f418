/* SPDX-License-Identifier: MIT */
#include "train/loop.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/text.h"

static double
ema_at(const struct train *t)
{
	return t->ema_cosine ? sched_ema(t->ema, t->ema_final, t->step,
	    t->total) : t->ema;
}

static bool
is_logged(const struct train *t, uint64_t step)
{
	return t->log_every > 0 && step % t->log_every == 0;
}

/* What the step was: into the next log row, and the tap. */
static int
look_at_step(struct train *t, struct runlog_row *row)
{
	struct watch_look look;
	const int rc = watch_step(&t->watch, &t->run, t->step, &look);

	if (rc < 0)
		return rc;
	row->step = t->step;
	row->epoch = t->epoch;
	row->deviation = look.deviation;
	row->rank = look.rank;
	row->alignment = look.alignment;
	row->uniformity = look.uniformity;
	return t->tap.out == NULL || !is_logged(t, t->step) ? 0 :
	    tap_write(&t->tap, &t->run, t->step);
}

/* The monitor's scores of the network as it is. */
static int
judge(const struct train *t, double *knn, double *linear)
{
	const int rc = monitor_look(t->monitor, knn, linear);

	if (rc < 0)
		return rc;
	log_line(LOG_INFO, "step %" PRIu64 ": k-NN %.4f, linear %.4f",
	    t->step, *knn, *linear);
	return 0;
}

int
train_check_support(const struct train *t, const char *path)
{
	const struct method *m = t->run.row;

	if (path == NULL && m->support && t->step < t->stop)
		return fail(FAIL_USAGE, "%s needs --support, a stream of "
		    "labelled views", m->name);
	if (path != NULL && !m->support)
		return fail(FAIL_USAGE, "--support: %s has no use for labelled "
		    "views", m->name);
	return 0;
}

/* Looks once before any step, which is also the check of its streams. */
static int
open_monitor(struct train *t, const struct train_config *c,
    struct kernel *k, struct pool *pool)
{
	double knn, linear;

	t->monitor_every = c->monitor_every > 0 ? (uint64_t)c->monitor_every :
	    t->steps_per_epoch > 0 ? t->steps_per_epoch : 500;
	t->monitor = monitor_new(c->monitor, k, &t->spec, &t->run.online,
	    &t->norm, t->view_size, pool);
	return t->monitor == NULL ? fail_last() : judge(t, &knn, &linear);
}

int
train_look(struct train *t, const struct train_config *c, struct kernel *k,
    struct pool *pool)
{
	t->watch = (struct watch){ .pool = pool,
		.every = (uint64_t)c->watch_every };
	if (c->monitor != NULL && open_monitor(t, c, k, pool) < 0)
		return fail_note("--monitor%s", c->resume == NULL ? "" :
		    " (of the checkpoint's run, if you gave none; --monitor '' "
		    "for none)");
	if (c->log != NULL && (t->log = runlog_new(c->log, t->step)) == NULL)
		return fail_note("--log");
	return 0;
}

/* Behind a step: its row, with what the monitor sees. */
static int
log_step(struct train *t, struct runlog_row *row)
{
	const bool judged = t->monitor != NULL && (t->step == t->total ||
	    t->step % t->monitor_every == 0);

	row->knn = row->linear = NAN;
	if (judged && judge(t, &row->knn, &row->linear) < 0)
		return fail_note("--monitor");
	return t->log == NULL || !(judged || is_logged(t, row->step)) ? 0 :
	    runlog_write(t->log, row);
}

/* A number that is not finite ends the run before it reaches a parameter. */
static int
diverged(const struct train *t, const struct method_batch *batch,
    const struct runlog_row *row)
{
	char name[NN_NAME + 64];
	const bool found = watch_blame(&t->run, batch, name, sizeof(name));

	return fail(FAIL_DIVERGED, "step %" PRIu64 ": diverged: the loss is "
	    "%g%s%s%s; a lower --lr or a longer warm-up may help", t->step, row->loss, found ? ", and " : "",
	    found ? name : "", found ? " is not finite" : "");
}

static int
step(struct train *t, const struct method_batch *batch)
{
	struct runlog_row row = { .rate = sched_at(&t->rate, t->step),
		.ema = ema_at(t) };
	int rc = needs_step(&t->needs, t->run.row, batch);

	if (rc < 0)
		return rc;
	method_before(&t->run, row.ema);
	if ((rc = method_gradients(&t->run, batch, &row.loss)) < 0)
		return rc;
	row.grad_norm = optim_grad_norm(&t->optim);
	if (!isfinite(row.loss) || !isfinite(row.grad_norm))
		return diverged(t, batch, &row);
	if ((rc = look_at_step(t, &row)) < 0)
		return rc;
	optim_step(&t->optim, row.rate);
	method_after(&t->run, row.ema);
	t->step++;
	if ((rc = log_step(t, &row)) < 0)
		return rc;
	if (t->report != NULL)
		t->report(t->arg, t, batch->n, row.loss);
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

/* When the run was saved last, or began. */
struct saved {
	double seconds;
	bool failed;
};

/* Is the run to be saved after the step just taken?  By steps, or because
 * the last time is long ago; the end of the run is the caller's to save. */
static bool
is_due(const struct train *t, const struct saved *s)
{
	if (t->save == NULL || t->step >= t->stop)
		return false;
	return (t->save_every > 0 && t->step % t->save_every == 0) ||
	    (t->save_seconds > 0 &&
		clock_seconds() - s->seconds >= t->save_seconds);
}

/* A full disk may have room later: it does not end a run of days. */
static void
save_if_due(const struct train *t, struct saved *s)
{
	bool failed;

	if (!is_due(t, s))
		return;
	failed = t->save(t->arg, t) < 0;
	if (failed && !s->failed)
		log_line(LOG_LOST, "step %" PRIu64 ": cannot save: %s; the "
		    "run goes on and tries again", t->step, fail_text());
	*s = (struct saved){ clock_seconds(), failed };
}

/* Steps until the stream ends (0), all are done (0) or a signal comes (1). */
static int
run_steps(struct train *t, struct batch *b)
{
	struct saved saved = { .seconds = clock_seconds() };
	struct method_batch batch;
	int64_t epoch;
	int rc;

	for (t->is_whole = true; t->step < t->stop; t->is_whole = true) {
		if (stop_signal() != 0)
			return 1;
		if ((rc = batch_next(b, &batch, &epoch)) <= 0)
			return rc;
		t->is_whole = false;
		set_epoch(t, epoch);
		if (t->height == 0) {
			t->height = batch.view[0].h;
			t->width = batch.view[0].w;
		}
		if ((rc = step(t, &batch)) < 0)
			return rc;
		save_if_due(t, &saved);
	}
	return 0;
}

int
train_run(struct train *t, struct batch *b)
{
	const uint64_t first = t->step;
	uint64_t unused = 0;
	int rc;

	if (t->save != NULL)
		stop_catch();
	if ((rc = run_steps(t, b)) != 0)
		return rc;
	if (t->step == first && t->stop > first)
		return fail(FAIL_FORMAT, "no step was taken: the input holds "
		    "no batch from step %" PRIu64 " on", first);
	/* A whole run has seen its stream's end: it was not cut behind the
	 * last step. */
	if (t->total > 0 && t->step == t->total)
		rc = batch_drain(b, t->planned ? UINT64_MAX : 1, &unused);
	t->unused = t->planned ? unused : 0;
	return rc < 0 ? rc : 0;
}

void
train_tell_end(const struct train *t)
{
	needs_tell(&t->needs);
	if (t->total > 0 && t->step < t->total && t->stop >= t->total)
		log_line(LOG_INFO, "the stream ended after step %" PRIu64
		    " of %" PRIu64 "; the network is saved as it is", t->step,
		    t->total);
	else if (t->unused > 0)
		log_line(LOG_INFO, "the stream goes on after step %" PRIu64
		    ": %" PRIu64 " record%s unused; give --total-steps",
		    t->step, t->unused, text_plural(t->unused));
}

static int
set(struct head *h, const char *name, struct value v)
{
	return value_set(&h->meta, name, v, &h->arena);
}

/* What options left to others, as it came out. */
static int
describe_values(const struct train *t, struct head *h)
{
	const struct method_run *r = &t->run;
	struct loss_options loss = r->options.loss;
	struct value map = value_map(NULL, 0);
	const struct loss *row = r->row->loss;
	struct arena *a = &h->arena;
	int rc = loss_defaults(row, &loss);

	if (rc < 0 || (rc = value_set(&map, "lr", value_float(t->rate.base),
	    a)) < 0)
		return rc;
	if (row->temperature > 0)
		rc = value_set(&map, "temperature",
		    value_float(loss.temperature), a);
	if (rc == 0 && loss_uses(row, "strong-temperature"))
		rc = value_set(&map, "strong_temperature",
		    value_float(loss.strong_temperature), a);
	if (rc == 0 && r->row->target && (rc = value_set(&map, "ema",
	    value_float(t->ema), a)) == 0)
		rc = value_set(&map, "ema_schedule", value_text(t->ema_cosine ?
		    "cosine" : "constant"), a);
	if (rc == 0 && r->row->queue)
		rc = value_set(&map, "queue", value_int((int64_t)r->keys.k),
		    a);
	if (rc == 0)
		rc = value_set(&map, "draw", value_text(
		    r->options.draw == NN_HAIKU ? "haiku" : "torch"), a);
	if (rc == 0)
		rc = value_set(&map, "residual_scale",
		    value_float(r->options.residual_scale), a);
	if (rc == 0)
		rc = value_set(&map, "warmup_steps",
		    value_int((int64_t)t->rate.warmup), a);
	return rc < 0 ? rc : set(h, "effective", map);
}

/* What the network was trained on, for who uses it on other images. */
static int
describe_input(const struct train *t, struct head *h)
{
	struct value map = value_map(NULL, 0);
	struct arena *a = &h->arena;

	if (t->height == 0)
		return 0;
	if (value_set(&map, "height", value_int(t->height), a) < 0 ||
	    value_set(&map, "width", value_int(t->width), a) < 0 ||
	    value_set(&map, "channels", value_int(t->norm.channels), a) < 0)
		return fail_last();
	return set(h, "input", map);
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
	if ((rc = describe_values(t, h)) < 0 ||
	    (rc = describe_input(t, h)) < 0)
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

static int
write_all(const struct train *t, struct stream_out *out)
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

int
train_write(const struct train *t, struct stream_out *out)
{
	const int rc = write_all(t, out);

	if (rc == 0)
		return stream_finish(out);
	stream_abandon(out);
	return rc;
}

bool
train_is_complete(const struct train *t)
{
	return t->total > 0 ? t->step == t->total : t->stop == UINT64_MAX;
}
