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
	const char *init, *resume, *log, *support;
	int64_t log_every, save_every, watch_every;
};

#define AT(field) offsetof(struct args, field)
static const struct opt opts[] = {
	TRAIN_OPTIONS(struct args),
	{ .help = "run" },
	{ "support", 0, OPT_TEXT, AT(support), "STREAM", NULL, 0, 0,
	    "labelled views that join each batch, for suncet", false },
	{ "init", 'i', OPT_TEXT, AT(init), "CKPT", NULL, 0, 0,
	    "begin with this network", false },
	{ "resume", 'r', OPT_TEXT, AT(resume), "CKPT", NULL, 0, 0,
	    "go on with this run, its options too", false },
	{ "log", 'l', OPT_TEXT, AT(log), "FILE", NULL, 0, 0,
	    "write a table of losses", true },
	{ "log-every", 0, OPT_INT, AT(log_every), "N", "1", 1, 1e12,
	    "a row of it every N steps", true },
	{ "watch-every", 0, OPT_INT, AT(watch_every), "N", "50", 0, 1e12,
	    "look for collapse and divergence every N steps; 0: never", true },
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
	struct stream_in *support;	/* or NULL */
	struct pool *pool;
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

/* The labelled stream, which some methods need and others refuse. */
static void
open_support(struct work *w, const struct train *t)
{
	const char *path = w->args->support, *name = t->run.row->name;

	if (path == NULL && t->run.row->support && t->stop > 0)
		cli_usage("%s needs --support, a stream of labelled views",
		    name);
	if (path != NULL && !t->run.row->support)
		cli_usage("--support: %s has no use for labelled views", name);
	if (path == NULL)
		return;
	w->support = cli_open(w->cli, path);
	if (head_join_history(&w->head, stream_head(w->support)) < 0)
		cli_die("--support");
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
	t->watch = (struct watch){ .pool = w->pool,
		.every = (uint64_t)a->watch_every };
	t->arg = w;
	t->report = report;
	t->save = save;
	if (a->log != NULL && (t->log = runlog_new(a->log,
	    a->resume != NULL ? t->step : 0)) == NULL)
		cli_die("--log");
	w->progress = progress_new(w->cli, "pictures", t->stop > INT32_MAX ||
	    n <= 0 ? 0 : (t->stop - t->step) * (uint64_t)n);
	batch = batch_new(in, k, &t->norm, t->run.row, t->step);
	if (batch == NULL || (w->support != NULL && batch_support(batch,
	    w->support, t->support_end) < 0) || train_run(t, batch) < 0)
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
	struct kernel *k;

	cli_start(&cli, &tool, &a, argc, argv);
	first = start(&cli, &a);
	a.train.seed = a.common.seed;
	in = cli_open(&cli, cli_input(&cli));
	w.pool = cli_pool(&cli);
	if ((k = kernel_new(w.pool)) == NULL || train_init(&train, &a.train, k,
	    stream_head(in), first, a.resume != NULL) < 0 ||
	    head_copy(&w.head, stream_head(in)) < 0 || (first != NULL &&
	    head_join_history(&w.head, ckpt_head(first)) < 0))
		cli_die("%s", "");
	open_support(&w, &train);
	if (train.step < train.stop)
		run(&train, &w, in, k);
	if (save(&w, &train) < 0)
		cli_die("%s", "");
	train_fini(&train);
	stream_close(in);
	stream_close(w.support);
	ckpt_free(first);
	head_free(&w.head);
	kernel_free(k);
	pool_free(w.pool);
	return CLI_DONE;
}
