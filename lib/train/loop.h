/*
 * loop: a training run, from the first step to the last.
 *
 * A step is: batch, loss and gradients, optimizer, what the method does
 * behind it.  A loss that is not finite ends the run before it changes a
 * parameter.
 */
#ifndef SELF_TRAIN_LOOP_H
#define SELF_TRAIN_LOOP_H

#include "method/method.h"
#include "nn/optim.h"
#include "nn/sched.h"
#include "train/batch.h"
#include "train/ckpt.h"
#include "train/monitor.h"
#include "train/needs.h"
#include "train/options.h"
#include "train/runlog.h"
#include "train/taps.h"
#include "train/watch.h"

/* A run at work; must not be moved. */
struct train {
	struct method_run run;
	struct enc_spec spec;
	struct optim optim;
	struct sched rate;
	double ema, ema_final;
	bool ema_cosine;
	uint64_t support_end;	/* step that reads the labelled stream no more */
	struct batch_norm norm;
	double mean[BATCH_CHANNELS], std[BATCH_CHANNELS];
	int n_mean;
	uint64_t step, epoch;		/* of the next step */
	uint64_t total, steps_per_epoch;	/* 0: not known */
	uint64_t stream_end;	/* step, by its header; 0: not known */
	uint64_t stop;			/* UINT64_MAX: at the stream's end */
	bool planned;		/* nobody but the stream says where to stop */
	struct needs needs;
	uint64_t unused;	/* records behind the last step, if planned */
	int64_t seed;
	bool is_whole;		/* no step is half done: the run can be saved */
	int height, width;	/* of the first batch's view0; 0: none yet */
	size_t view_size;	/* px of view0, by the header; 0: not known */
	uint64_t log_every, save_every;	/* steps; 0: never */
	double save_seconds;	/* also so long after the last save or start */

	/* Of train_look. */
	struct runlog *log;
	struct watch watch;
	struct monitor *monitor;
	uint64_t monitor_every;	/* steps; it looks behind the last one too */

	/* Set by the caller before train_run; any may be NULL or 0. */
	struct tap tap;		/* written with the log's rows */
	void *arg;
	void (*report)(void *arg, const struct train *, int pictures,
	    double loss);
	/* A failure is logged, and the run goes on. */
	int (*save)(void *arg, const struct train *);
};

/*
 * Networks, optimizer and schedules for a stream whose header is given.  With
 * `init` the network is the checkpoint's; with `resume` too, the run goes on
 * where the checkpoint stands.
 */
int train_init(struct train *, const struct train_config *, struct kernel *,
    const struct head *stream, struct ckpt *init, bool resume) FAIL_CHECKED;
void train_fini(struct train *);

/* The head that a text describes ("none": no layer) for so many features, with
 * the widths asked for (0: the text's); the option's name is for messages. */
int train_head(const char *option, const char *text, int features,
    int64_t hidden, int64_t out, struct enc_head *) FAIL_CHECKED;

/* FAIL_USAGE when the method needs a labelled stream for the steps left and has
 * none (NULL), or has no use for it. */
int train_check_support(const struct train *, const char *path) FAIL_CHECKED;

/* How the run is looked at: watch, log, and the monitor that the options name,
 * which looks once before any step. */
int train_look(struct train *, const struct train_config *, struct kernel *,
    struct pool *) FAIL_CHECKED;

/* Until the stream ends or the last step is done (0), or a signal asks it to
 * stop (1; caught from here on, base/stop.h, if it can be saved); t->step tells.  FAIL_FORMAT when there was no batch,
 * or no labels where the method needs them. */
int train_run(struct train *, struct batch *) FAIL_CHECKED;

/* Logs whether the stream was shorter or longer than the run, and lacked
 * labels. */
void train_tell_end(const struct train *);

/* What a checkpoint of this run says of itself (into meta), and its
 * tensors: train_write finishes the stream, or abandons it and fails. */
int train_describe(const struct train *, struct head *) FAIL_CHECKED;
int train_write(const struct train *, struct stream_out *) FAIL_CHECKED;

/* After train_run: no step of the plan is left to resume with. */
bool train_is_complete(const struct train *);

#endif
