/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "train/loop.h"
#include "train/preset.h"
#include "train/restore.h"
#include "train/resume.h"
#include "train/uses.h"

struct args {
	struct cli_common common;
	struct train_config train;
	const char *preset;
	bool print_config, list_presets;
	struct opt_said given;	/* without the preset's */
};

#define AT(field) offsetof(struct args, field)
static const struct opt opts[] = {
	{ "preset", 'p', OPT_TEXT, AT(preset), "NAME", NULL, 0, 0,
	    "a paper's setting, where nothing else is said", false },
	{ "list-presets", 0, OPT_FLAG, AT(list_presets), NULL, NULL, 0, 0,
	    "print them, with their options, and end", true },
	{ "print-config", 0, OPT_FLAG, AT(print_config), NULL, NULL, 0, 0,
	    "print what a run would be, and end", true },
	TRAIN_OPTIONS(struct args),
	CLI_COMMON
};
#define N_OPTS (sizeof(opts) / sizeof(opts[0]))
#define LINE(cli, a) { opts, N_OPTS, &(cli)->said, a, &(a)->train }

static const struct cli_tool tool = { "ssl-train", "[INPUT]",
	"views to a network, without labels", NULL, opts, N_OPTS };

/* What the callbacks of a run want to know. */
struct work {
	const struct cli *cli;
	struct args *args;
	struct ckpt *first;	/* that it begins with, or NULL */
	struct running part;
	struct head head;	/* the stream's, and histories so far */
	struct stream_in *support;	/* or NULL */
	struct head labelled;	/* its header */
	bool complete;		/* no step is left */
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
	snprintf(remark, sizeof(remark), "step %" PRIu64 " loss %.4f", t->step, loss);
	progress_at(w->progress, w->pictures, remark);
}

/* A checkpoint's header: all that is known of the run. */
static int
describe(const struct work *w, const struct train *t, struct head *head)
{
	const struct agree_line line = LINE(w->cli, w->args);

	return resume_describe(t, &w->head, w->support == NULL ? NULL :
	    &w->labelled, &line, !w->complete, head);
}

/* Writes the run to its output, or to its running checkpoint. */
static int
put(struct work *w, const struct train *t, const char *output)
{
	const struct agree_line line = LINE(w->cli, w->args);
	struct head head = { 0 };
	int rc = describe(w, t, &head);

	if (rc == 0 && (rc = resume_history(w->first, &line, CLI_VERSION,
	    &head)) == 0)
		rc = cli_add_history(w->cli, &head);
	if (rc >= 0)
		rc = running_write(&w->part, t, output, &head);
	head_free(&head);
	return rc;
}

static int
save(void *arg, const struct train *t)
{
	return put(arg, t, NULL);
}

/* Text instead of a run: the presets, or of what would be every value, or
 * the names of its tensors. */
static void
tell(const struct work *w, const struct train *t)
{
	struct head head = { 0 };
	struct buf text = { 0 };

	cli_text(w->cli);
	if (t == NULL ? preset_text(&text) < 0 : w->args->train.list_taps ?
	    tap_list(&t->run, &text) < 0 : describe(w, t, &head) < 0 ||
	    restore_text(&head.meta, &text) < 0)
		cli_die("%s", "");
	cli_put(text.data, text.size);
	cli_flush();
	exit(CLI_DONE);
}

/* The checkpoint to begin with, if any, and the stream of views. */
static struct stream_in *
start(struct work *w, struct cli *cli, struct args *a, struct arena *words)
{
	const struct agree_line line = LINE(cli, a);
	struct stream_in *in;

	a->given = cli->said;
	if (a->preset != NULL && preset_apply(words, a->preset, opts, N_OPTS,
	    a, sizeof(*a), &cli->said) < 0)
		cli_die("--preset");
	if (!a->print_config && !a->train.list_taps)
		cli_check_output(cli);
	w->part.level = (int)a->common.level;
	if (resume_open(&a->train, &line, &w->part, a->common.out, &w->first) < 0)
		cli_die("%s", "");
	in = cli_open(cli, cli_input(cli));
	if (resume_begin(w->first, &line, stream_head(in), a, &a->train) < 0 ||
	    uses_check(opts, N_OPTS, &a->given, &a->train, w->first) < 0)
		cli_die("%s", "");
	a->train.seed = a->common.seed;
	return in;
}

/* The labelled stream, which some methods need and others refuse. */
static void
open_support(struct work *w, const struct train *t)
{
	const char *path = w->args->train.support;

	if (train_check_support(t, path) < 0)
		cli_die("%s", "");
	if (path == NULL)
		return;
	w->support = cli_open(w->cli, path);
	if (resume_support(w->first, &w->args->train, &w->head,
	    stream_head(w->support)) < 0 ||
	    head_join_history(&w->head, stream_head(w->support)) < 0 ||
	    head_copy(&w->labelled, stream_head(w->support)) < 0)
		cli_die("--support: %s", path);
}

/* A stream for tensors of the run, with the history that leads to it. */
static void
open_tap(struct train *t, const struct work *w)
{
	struct head head = { 0 };

	if (tap_parse(&t->tap, w->args->train.tap, &t->run) < 0 ||
	    tap_head(&head, &w->head) < 0)
		cli_die("--tap");
	t->tap.out = cli_create_at(w->cli, t->tap.path, &head);
	head_free(&head);
}

/* From the first batch to the last. */
static void
run(struct train *t, struct work *w, struct stream_in *in, struct kernel *k)
{
	const struct args *a = w->args;
	const int64_t n = value_get_int(&w->head.meta, "batch", 0);
	struct batch *batch;
	int rc;

	t->arg = w;
	t->report = report;
	t->save = w->part.path != NULL ? save : NULL;
	if (train_look(t, &a->train, k, w->pool) < 0)
		cli_die("%s", "");
	if (a->train.tap != NULL)
		open_tap(t, w);
	w->progress = progress_new(w->cli, "pictures", t->stop > INT32_MAX ||
	    n <= 0 || t->step > t->stop ? 0 : (t->stop - t->step) * (uint64_t)n);
	batch = batch_new(in, k, &t->norm, t->run.row, t->step);
	if (batch == NULL || (w->support != NULL && batch_support(batch,
	    w->support, t->support_end) < 0))
		cli_die("%s", "");
	if ((rc = train_run(t, batch)) != 0) {
		running_stopped(&w->part, t, rc);
		cli_die_stopped();
	}
	progress_end(w->progress);
	if (t->tap.out != NULL && stream_finish(t->tap.out) < 0)
		cli_die("--tap %s", t->tap.path);
	if (runlog_finish(t->log) < 0)
		cli_die("--log");
	train_tell_end(t);
	batch_free(batch);
}

int
main(int argc, char **argv)
{
	struct args a;
	struct cli cli;
	struct work w = { .cli = &cli, .args = &a };
	struct train train;
	struct arena words = { 0 };
	struct stream_in *in;
	struct kernel *k;
	bool stands;		/* a resumed run that has no step left */

	cli_start(&cli, &tool, &a, argc, argv);
	if (a.list_presets)
		tell(&w, NULL);
	in = start(&w, &cli, &a, &words);
	w.pool = cli_pool(&cli);
	if ((k = kernel_new(w.pool)) == NULL || train_init(&train, &a.train, k,
	    stream_head(in), w.first, a.train.resume != NULL) < 0 ||
	    head_copy(&w.head, stream_head(in)) < 0 || (w.first != NULL &&
	    head_join_history(&w.head, ckpt_head(w.first)) < 0))
		cli_die("%s", "");
	if (a.print_config || a.train.list_taps)
		tell(&w, &train);
	open_support(&w, &train);
	w.part.step = train.step;
	stands = a.train.resume != NULL && train.step >= train.stop &&
	    !w.part.own;
	if (train.step < train.stop || w.part.own)
		run(&train, &w, in, k);
	w.complete = train_is_complete(&train);
	if ((stands ? resume_nothing(&train, w.first, &w.part,
	    a.common.out) : put(&w, &train, a.common.out)) < 0)
		cli_die("%s", cli_out(&cli));
	train_fini(&train);
	stream_close(in);
	stream_close(w.support);
	ckpt_free(w.first);
	head_free(&w.head);
	head_free(&w.labelled);
	arena_free(&words);
	kernel_free(k);
	pool_free(w.pool);
	return CLI_DONE;
}
