/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "train/loop.h"
#include "train/restore.h"

struct args {
	struct cli_common common;
	struct train_config train;
	const char *init, *resume, *log;
	int64_t log_every, save_every;
};

#define AT(field) offsetof(struct args, field)
#define TR(field) offsetof(struct args, train.field)
#define HEADING(text) { .help = text }
#define TEXT(name, field, word, preset, help) \
	{ name, 0, OPT_TEXT, TR(field), word, preset, 0, 0, help, false }
#define CHOICE(name, field, words, preset, help) \
	{ name, 0, OPT_CHOICE, TR(field), words, preset, 0, 0, help, false }
#define WHOLE(name, field, preset, min, max, help) \
	{ name, 0, OPT_INT, TR(field), "N", preset, min, max, help, false }
#define REAL(name, field, word, preset, min, max, help) \
	{ name, 0, OPT_FLOAT, TR(field), word, preset, min, max, help, false }

static const struct opt opts[] = {
	HEADING("network"),
	{ "method", 'm', OPT_TEXT, TR(method), "NAME", "byol", 0, 0,
	    "how to train: byol", false },
	{ "arch", 'a', OPT_TEXT, TR(arch), "NAME", "resnet18", 0, 0,
	    "encoder: resnet18, 34, 50, 101 or 152", false },
	CHOICE("stem", stem, "imagenet|cifar", "imagenet",
	    "first layers, for large or for small pictures"),
	WHOLE("width", width, "64", 1, ENC_WIDTH_MOST,
	    "channels of the first stage, the others follow"),
	WHOLE("channels", channels, "3", 1, 64, "channels of the pictures"),
	WHOLE("projector-hidden", projector_hidden, "4096", 1, 1 << 20,
	    "width of the projector's hidden layer"),
	WHOLE("projector-out", projector_out, "256", 1, 1 << 20,
	    "numbers in a projection"),
	WHOLE("predictor-hidden", predictor_hidden, "4096", 1, 1 << 20,
	    "width of the predictor's hidden layer"),
	TEXT("mean", mean, "R,G,B", NULL,
	    "mean of pixels / 255; default: the stream's"),
	TEXT("std", std, "R,G,B", NULL,
	    "their standard deviation; default: the stream's"),
	HEADING("optimizer"),
	CHOICE("optimizer", optimizer, "sgd|lars|adam|adamw", "sgd",
	    "how parameters follow gradients"),
	REAL("lr", rate, "R", "0.1", 0, 1e6, "learning rate"),
	REAL("momentum", momentum, "M", "0.9", 0, 1, "of sgd and lars"),
	{ "nesterov", 0, OPT_FLAG, TR(nesterov), NULL, NULL, 0, 0,
	    "Nesterov's momentum, for sgd", false },
	REAL("weight-decay", decay, "W", "1e-4", 0, 1e3, "decay of weights"),
	REAL("trust", trust, "ETA", "1e-3", 0, 1e3, "LARS's coefficient"),
	REAL("beta1", beta1, "B", "0.9", 0, 0.9999999, "of adam and adamw"),
	REAL("beta2", beta2, "B", "0.999", 0, 0.9999999, "of adam and adamw"),
	REAL("epsilon", epsilon, "E", "1e-8", 0, 1, "of adam and adamw"),
	HEADING("schedule"),
	CHOICE("schedule", schedule, "constant|cosine|step", "cosine",
	    "of the learning rate"),
	REAL("final-lr", rate_final, "R", "0", 0, 1e6,
	    "learning rate at the end of a cosine"),
	REAL("warmup-epochs", warmup_epochs, "E", "0", 0, 1e6,
	    "the rate rises linearly over so many epochs"),
	WHOLE("warmup-steps", warmup_steps, "0", 0, 1e12,
	    "… and over so many steps"),
	REAL("warmup-lr", warmup_start, "R", "0", 0, 1e6,
	    "learning rate at step 0 of the warm-up"),
	TEXT("milestones", milestones, "E,E,...", NULL,
	    "epochs at which schedule step multiplies the rate"),
	REAL("gamma", gamma, "G", "0.1", 0, 1, "… by this"),
	REAL("ema", ema, "M", "0.99", 0, 1, "momentum of the target network"),
	CHOICE("ema-schedule", ema_schedule, "constant|cosine", "cosine",
	    "cosine: it rises to 1 at the end"),
	REAL("temperature", temperature, "TAU", "0.1", 1e-6, 1e6,
	    "similarities are divided by TAU"),
	REAL("strong-temperature", strong_temperature, "TAU", "0", 0, 1e6,
	    "of strong views; 0: as --temperature"),
	REAL("strong-weight", strong_weight, "W", "1", 0, 1e6,
	    "of the strong views' part"),
	HEADING("run"),
	{ "steps", 'n', OPT_INT, TR(steps), "N", "-1", -1, 1e15,
	    "stop before step N (0: write the initial network)", false },
	WHOLE("total-steps", total_steps, "0", 0, 1e15,
	    "length of the schedules; 0: the stream's, or else --steps"),
	WHOLE("steps-per-epoch", steps_per_epoch, "0", 0, 1e15,
	    "steps in an epoch; 0: the stream tells"),
	{ "init", 'i', OPT_TEXT, AT(init), "CKPT", NULL, 0, 0,
	    "begin with this network", false },
	{ "resume", 'r', OPT_TEXT, AT(resume), "CKPT", NULL, 0, 0,
	    "go on with this run, its options too", false },
	{ "log", 'l', OPT_TEXT, AT(log), "FILE", NULL, 0, 0,
	    "write a table of losses", true },
	{ "log-every", 0, OPT_INT, AT(log_every), "N", "1", 1, 1e12,
	    "a row of it every N steps", true },
	{ "checkpoint-every", 'c', OPT_INT, AT(save_every), "N", "0", 0, 1e12,
	    "write the output every N steps too", true },
	CLI_COMMON
};
#define N_OPTS (sizeof(opts) / sizeof(opts[0]))

static const struct cli_tool tool = { "ssl-train", "[INPUT]",
	"views to a network, without labels", NULL, opts, N_OPTS };

/* What the callbacks of a run want to know. */
struct work {
	const struct cli *cli;
	struct args *args;
	struct head head;	/* histories so far */
	struct progress *progress;
	uint64_t pictures;
};

static void
report(void *arg, const struct train *t, int pictures, double loss)
{
	struct work *w = arg;
	char remark[64];

	w->pictures += (uint64_t)pictures;
	snprintf(remark, sizeof(remark), "step %" PRIu64 " loss %.4f",
	    t->step, loss);
	progress_at(w->progress, w->pictures, remark);
}

static int
save(void *arg, const struct train *t)
{
	struct work *w = arg;
	struct head head = { 0 };
	struct stream_out *out;
	int rc;

	if ((rc = head_copy(&head, &w->head)) < 0)
		return rc;
	head.meta = value_map(NULL, 0);	/* the views' says nothing here */
	if ((rc = train_describe(t, &head)) < 0 ||
	    (rc = restore_store(&head, opts, N_OPTS, w->args)) < 0)
		return rc;
	out = cli_create(w->cli, &head);
	rc = train_write(t, out);
	if (rc == 0)
		rc = stream_finish(out);
	else
		stream_abandon(out);
	head_free(&head);
	return rc < 0 ? fail_note("%s", w->args->common.out) : 0;
}

/* The checkpoint to begin with, if any; with its options for --resume. */
static struct ckpt *
start(const struct cli *cli, struct args *a)
{
	const char *path = a->resume != NULL ? a->resume : a->init;
	struct ckpt *c;

	if (a->init != NULL && a->resume != NULL)
		cli_usage("--init and --resume exclude each other");
	if (a->save_every > 0 && strcmp(a->common.out, "-") == 0)
		cli_usage("--checkpoint-every needs a file to write: give -o");
	cli_check_output(cli);
	if (path == NULL)
		return NULL;
	if ((c = ckpt_read(path)) == NULL)
		cli_die("--%s", a->resume != NULL ? "resume" : "init");
	if (a->resume != NULL &&
	    restore_load(ckpt_head(c), opts, N_OPTS, &cli->said, a) < 0)
		cli_die("--resume: %s", path);
	return c;
}

static void
tell_end(const struct train *t)
{
	if (t->total > 0 && t->step < t->total && t->stop >= t->total)
		cli_say("the stream ended after step %" PRIu64 " of %" PRIu64
		    "; the network is saved as it is", t->step, t->total);
	else if (t->unused > 0)
		cli_say("the stream goes on after step %" PRIu64 ": %" PRIu64
		    " records unused; give --total-steps", t->step, t->unused);
	else if (t->step == 0 && t->stop > 0)
		cli_say("no steps: the stream is empty");
}

/* From the first batch to the last. */
static void
run(struct train *t, struct work *w, struct stream_in *in, struct kernel *k)
{
	const struct args *a = w->args;
	const int64_t n = value_get_int(&w->head.meta, "batch", 0);
	struct batch *batch;

	t->log_every = (uint64_t)a->log_every;
	t->save_every = (uint64_t)a->save_every;
	t->arg = w;
	t->report = report;
	t->save = save;
	if (a->log != NULL && (t->log = runlog_new(a->log,
	    a->resume != NULL)) == NULL)
		cli_die("--log");
	w->progress = progress_new(w->cli, "pictures", t->stop > INT32_MAX ||
	    n <= 0 ? 0 : (t->stop - t->step) * (uint64_t)n);
	batch = batch_new(in, k, &t->norm, t->run.row->n_views, t->step);
	if (batch == NULL || train_run(t, batch) < 0)
		cli_die("%s", "");
	progress_end(w->progress);
	if (runlog_finish(t->log) < 0)
		cli_die("--log");
	tell_end(t);
	batch_free(batch);
}

int
main(int argc, char **argv)
{
	struct args a;
	struct cli cli;
	struct work w = { .cli = &cli, .args = &a };
	struct train train;
	struct ckpt *first;
	struct stream_in *in;
	struct pool *pool;
	struct kernel *k;

	cli_start(&cli, &tool, &a, argc, argv);
	first = start(&cli, &a);
	a.train.seed = a.common.seed;
	in = cli_open(&cli, cli_input(&cli));
	pool = cli_pool(&cli);
	if ((k = kernel_new(pool)) == NULL || train_init(&train, &a.train, k,
	    stream_head(in), first, a.resume != NULL) < 0 ||
	    head_copy(&w.head, stream_head(in)) < 0 || (first != NULL &&
	    head_join_history(&w.head, ckpt_head(first)) < 0))
		cli_die("%s", "");
	if (train.step < train.stop)
		run(&train, &w, in, k);
	if (save(&w, &train) < 0)
		cli_die("%s", "");
	train_fini(&train);
	stream_close(in);
	ckpt_free(first);
	head_free(&w.head);
	kernel_free(k);
	pool_free(pool);
	return CLI_DONE;
}
