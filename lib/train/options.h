/*
 * options: what a training run is to be, and the rows of options that say so.
 *
 * A tool whose arguments hold a struct train_config `train` puts
 * TRAIN_OPTIONS(struct args) in its table.
 */
#ifndef SELF_TRAIN_OPTIONS_H
#define SELF_TRAIN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/opt.h"
#include "encoder/encoder.h"

/* Texts are borrowed. */
struct train_config {
	const char *method, *arch, *stem;
	int64_t width, channels;
	const char *projector, *predictor;	/* NULL: the method's */
	int64_t projector_hidden, projector_out, predictor_hidden; /* or 0 */
	const char *optimizer;
	double rate, momentum, decay, trust, beta1, beta2, epsilon;
	double clip_norm;		/* 0: gradients are not clipped */
	bool nesterov, lars_clip;
	const char *lars_form, *exclude, *rate_scaling;
	const char *schedule, *warmup_form;
	double rate_final, warmup_epochs, warmup_start, gamma;
	int64_t warmup_steps;		/* added to the epochs */
	const char *milestones;		/* epochs, or NULL */
	double ema, ema_final;		/* ema -1: the method's */
	const char *ema_schedule;	/* "auto", "constant" or "cosine" */
	const char *target_start, *target_buffers, *draw;
	double residual_scale;		/* -1: what goes with the draw */
	const char *mean, *std;		/* NULL: from init or the stream */
	double temperature, strong_temperature, strong_weight;
	bool symmetric, anchor_only;
	int64_t queue;			/* 0: the checkpoint's, or 65536 */
	int64_t groups;			/* of a batch, for batch norm */
	int64_t microbatch;		/* samples at a time; 0: all */
	double support_epochs;		/* 0: all */
	int64_t steps;			/* stop before this one; -1: never */
	int64_t total_steps, steps_per_epoch;	/* 0: the stream knows */
	int64_t seed;

	/* For the tool, which opens what they name; NULL or 0: not given. */
	const char *init, *support, *log, *tap;
	const char *resume;		/* "": what the output has */
	const char *monitor;
	bool list_taps, resume_anyway;
	int64_t log_every, watch_every, save_every;
	int64_t monitor_every;		/* 0: an epoch, or 500 */
	double save_minutes;
};

#define TRAIN_HEADING(text) { .help = text }
#define TRAIN_TEXT(t, name, letter, field, word, preset, help) \
	{ name, letter, OPT_TEXT, offsetof(t, train.field), word, preset, \
	    0, 0, help, false }
#define TRAIN_CHOICE(t, name, field, words, preset, help) \
	{ name, 0, OPT_CHOICE, offsetof(t, train.field), words, preset, \
	    0, 0, help, false }
#define TRAIN_INT(t, name, letter, field, preset, min, max, help) \
	{ name, letter, OPT_INT, offsetof(t, train.field), "N", preset, \
	    min, max, help, false }
#define TRAIN_REAL(t, name, field, word, preset, min, max, help) \
	{ name, 0, OPT_FLOAT, offsetof(t, train.field), word, preset, \
	    min, max, help, false }
#define TRAIN_FLAG(t, name, field, help) \
	{ name, 0, OPT_FLAG, offsetof(t, train.field), NULL, NULL, 0, 0, \
	    help, false }

#define TRAIN_NETWORK(t) \
	TRAIN_HEADING("network"), \
	TRAIN_TEXT(t, "method", 'm', method, "NAME", "byol", \
	    "how to train: byol, clsa, moco, npair, simclr, suncet, supcon"), \
	TRAIN_TEXT(t, "arch", 'a', arch, "NAME", "resnet18", \
	    "encoder: resnet18, 34, 50, 101 or 152"), \
	TRAIN_CHOICE(t, "stem", stem, "imagenet|cifar", "imagenet", \
	    "first layers, for large or for small pictures"), \
	TRAIN_INT(t, "width", 0, width, "64", 1, ENC_WIDTH_MOST, \
	    "channels of the first stage, the others follow"), \
	TRAIN_INT(t, "channels", 0, channels, "3", 1, 64, \
	    "channels of the pictures"), \
	TRAIN_TEXT(t, "projector", 0, projector, "HEAD", NULL, \
	    "none, lin, linbn, mlp, mlpbn, mlpbn1, or 2048-bn-relu-128"), \
	TRAIN_TEXT(t, "predictor", 0, predictor, "HEAD", NULL, \
	    "the same, for methods that predict; or none"), \
	TRAIN_INT(t, "projector-hidden", 0, projector_hidden, "0", 0, \
	    ENC_HEAD_MOST, "another width of its hidden layers"), \
	TRAIN_INT(t, "projector-out", 0, projector_out, "0", 0, \
	    ENC_HEAD_MOST, "other numbers in a projection"), \
	TRAIN_INT(t, "predictor-hidden", 0, predictor_hidden, "0", 0, \
	    ENC_HEAD_MOST, "another width of its hidden layers"), \
	TRAIN_INT(t, "bn-groups", 0, groups, "1", 1, 1 << 20, \
	    "batch norm takes a batch in so many parts"), \
	TRAIN_INT(t, "microbatch", 0, microbatch, "0", 0, 1 << 20, \
	    "pass so many samples at a time, batch norm too; 0: all"), \
	TRAIN_CHOICE(t, "draw", draw, "auto|torch|haiku", "auto", \
	    "first numbers, as torchvision or BYOL's release has them"), \
	TRAIN_REAL(t, "residual-scale", residual_scale, "G", "-1", -1, 1e6, \
	    "of the norm that ends each residual block; -1: as --draw"), \
	TRAIN_TEXT(t, "mean", 0, mean, "R,G,B", NULL, \
	    "mean of pixels / 255; default: the stream's"), \
	TRAIN_TEXT(t, "std", 0, std, "R,G,B", NULL, \
	    "their standard deviation; default: the stream's")

#define TRAIN_LOSS(t) \
	TRAIN_HEADING("loss"), \
	TRAIN_REAL(t, "temperature", temperature, "TAU", "0", 0, 1e6, \
	    "similarities are divided by TAU; 0: the method's"), \
	TRAIN_REAL(t, "strong-temperature", strong_temperature, "TAU", "0", \
	    0, 1e6, "of strong views; 0: as --temperature"), \
	TRAIN_REAL(t, "strong-weight", strong_weight, "W", "1", 0, 1e6, \
	    "of the strong views' part"), \
	TRAIN_INT(t, "queue", 0, queue, "0", 0, 1 << 24, \
	    "past keys; 0: the checkpoint's, or 65536"), \
	TRAIN_FLAG(t, "symmetric", symmetric, \
	    "both directions where one is usual"), \
	TRAIN_FLAG(t, "anchor-grad-only", anchor_only, \
	    "rows of a batch that anchors are held against are constants"), \
	TRAIN_REAL(t, "support-epochs", support_epochs, "E", "0", 0, 1e6, \
	    "read the labelled stream for so many; 0: for all"), \
	TRAIN_REAL(t, "ema", ema, "M", "-1", -1, 1, \
	    "momentum of the target network; -1: the method's"), \
	TRAIN_CHOICE(t, "ema-schedule", ema_schedule, \
	    "auto|constant|cosine", "auto", \
	    "cosine: it rises; auto: as the method has it"), \
	TRAIN_REAL(t, "final-ema", ema_final, "M", "1", 0, 1, \
	    "where it rises to"), \
	TRAIN_CHOICE(t, "target-start", target_start, "copy|fresh", "copy", \
	    "a copy of the network, or drawn anew"), \
	TRAIN_CHOICE(t, "target-buffers", target_buffers, \
	    "own|average|copy", "own", "batch norm's running statistics there")

#define TRAIN_OPTIMIZER(t) \
	TRAIN_HEADING("optimizer"), \
	TRAIN_CHOICE(t, "optimizer", optimizer, "sgd|lars|adam|adamw", \
	    "sgd", "how parameters follow gradients"), \
	TRAIN_REAL(t, "lr", rate, "R", "0.1", 0, 1e6, "learning rate"), \
	TRAIN_CHOICE(t, "lr-scaling", rate_scaling, "none|linear|sqrt", \
	    "none", "the rate times batch / 256, or times its root"), \
	TRAIN_REAL(t, "momentum", momentum, "M", "0.9", 0, 1, \
	    "of sgd and lars"), \
	TRAIN_FLAG(t, "nesterov", nesterov, \
	    "Nesterov's momentum, for sgd and lars"), \
	TRAIN_REAL(t, "weight-decay", decay, "W", "1e-4", 0, 1e3, \
	    "decay of weights"), \
	TRAIN_CHOICE(t, "exclude", exclude, "auto|none|vectors", "auto", \
	    "biases and batch norm from decay and LARS; auto: with lars"), \
	TRAIN_REAL(t, "clip-norm", clip_norm, "G", "0", 0, 1e9, \
	    "longest gradient, all parameters together; 0: any"), \
	TRAIN_CHOICE(t, "lars-form", lars_form, "byol|simclr|larc|suncet", \
	    "byol", "which LARS"), \
	TRAIN_FLAG(t, "lars-clip", lars_clip, \
	    "a tensor's rate is its ratio, but at most --lr"), \
	TRAIN_REAL(t, "trust", trust, "ETA", "1e-3", 0, 1e3, \
	    "LARS's coefficient"), \
	TRAIN_REAL(t, "beta1", beta1, "B", "0.9", 0, 0.9999999, \
	    "of adam and adamw"), \
	TRAIN_REAL(t, "beta2", beta2, "B", "0.999", 0, 0.9999999, \
	    "of adam and adamw"), \
	TRAIN_REAL(t, "epsilon", epsilon, "E", "1e-8", 0, 1, \
	    "of adam and adamw")

#define TRAIN_SCHEDULE(t) \
	TRAIN_HEADING("schedule"), \
	TRAIN_CHOICE(t, "schedule", schedule, \
	    "constant|cosine|cosine-epoch|step", "cosine", \
	    "of the learning rate"), \
	TRAIN_REAL(t, "final-lr", rate_final, "R", "0", 0, 1e6, \
	    "learning rate at the end of a cosine"), \
	TRAIN_REAL(t, "warmup-epochs", warmup_epochs, "E", "0", 0, 1e6, \
	    "the rate rises linearly over so many epochs"), \
	TRAIN_INT(t, "warmup-steps", 0, warmup_steps, "0", 0, 1e12, \
	    "… and over so many steps"), \
	TRAIN_REAL(t, "warmup-lr", warmup_start, "R", "0", 0, 1e6, \
	    "learning rate at step 0 of the warm-up"), \
	TRAIN_CHOICE(t, "warmup-form", warmup_form, "linear|imix", "linear", \
	    "imix: a step ahead, and to where the cosine will be"), \
	TRAIN_TEXT(t, "milestones", 0, milestones, "E,E,...", NULL, \
	    "epochs at which schedule step multiplies the rate"), \
	TRAIN_REAL(t, "gamma", gamma, "G", "0.1", 0, 1, "… by this"), \
	TRAIN_INT(t, "steps", 'n', steps, "-1", -1, 1e15, \
	    "stop before step N (0: write the initial network)"), \
	TRAIN_INT(t, "total-steps", 0, total_steps, "0", 0, 1e15, \
	    "length of the schedules; 0: the stream's, or else --steps"), \
	TRAIN_INT(t, "steps-per-epoch", 0, steps_per_epoch, "0", 0, 1e15, \
	    "steps in an epoch; 0: the stream tells")

/* How rather than what: left out of histories and checkpoints. */
#define TRAIN_ASIDE(t, name, letter, field, preset, min, help) \
	{ name, letter, OPT_INT, offsetof(t, train.field), "N", preset, \
	    min, 1e12, help, true }

#define TRAIN_RUN(t) \
	TRAIN_HEADING("run"), \
	TRAIN_TEXT(t, "support", 0, support, "STREAM", NULL, \
	    "labelled views that join each batch, for suncet"), \
	TRAIN_TEXT(t, "init", 'i', init, "CKPT", NULL, \
	    "begin with this network"), \
	{ "resume", 'r', OPT_TEXT, offsetof(t, train.resume), "[CKPT]", NULL, \
	    0, 0, "resume this run, its options too; the output's own if " \
	    "no CKPT is named", true }, \
	{ "resume-anyway", 0, OPT_FLAG, offsetof(t, train.resume_anyway), \
	    NULL, NULL, 0, 0, "resume on other data or with other options too", \
	    true }, \
	{ "log", 'l', OPT_TEXT, offsetof(t, train.log), "FILE", NULL, 0, 0, \
	    "write a table of losses", true }, \
	TRAIN_ASIDE(t, "log-every", 0, log_every, "1", 1, \
	    "a row of it every N steps"), \
	{ "tap", 0, OPT_TEXT, offsetof(t, train.tap), "NAME,...=FILE", NULL, \
	    0, 0, "write tensors from within these steps as a stream", \
	    true }, \
	{ "list-taps", 0, OPT_FLAG, offsetof(t, train.list_taps), NULL, \
	    NULL, 0, 0, "print their names, and end", true }, \
	TRAIN_ASIDE(t, "watch-every", 0, watch_every, "50", 0, \
	    "look for collapse and divergence every N steps; 0: never"), \
	{ "monitor", 0, OPT_TEXT, offsetof(t, train.monitor), "TRAIN,TEST", \
	    NULL, 0, 0, "score its features of these labelled pictures", \
	    true }, \
	TRAIN_ASIDE(t, "monitor-every", 0, monitor_every, "0", 0, \
	    "… every N steps; 0: every epoch, or 500"), \
	TRAIN_ASIDE(t, "checkpoint-every", 'c', save_every, "0", 0, \
	    "save the run to OUTPUT.part every N steps; 0: by time only"), \
	{ "checkpoint-minutes", 0, OPT_FLOAT, \
	    offsetof(t, train.save_minutes), "M", "10", 0, 1e9, \
	    "save the run to OUTPUT.part every M minutes; 0: never", true }

#define TRAIN_OPTIONS(t) TRAIN_NETWORK(t), TRAIN_LOSS(t), \
	TRAIN_OPTIMIZER(t), TRAIN_SCHEDULE(t), TRAIN_RUN(t)

#endif
