/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "train/infer.h"

struct args {
	struct cli_common common;
	const char *model, *network, *field, *mean, *std;
	bool head;
};

#define AT(field) offsetof(struct args, field)
static const struct opt opts[] = {
	{ "model", 'm', OPT_TEXT, AT(model), "CKPT", NULL, 0, 0,
	    "checkpoint of ssl-train", false },
	{ "network", 0, OPT_CHOICE, AT(network), "online|target", "online",
	    0, 0, "which of its networks", false },
	{ "head", 0, OPT_FLAG, AT(head), NULL, NULL, 0, 0,
	    "also write projection and prediction", false },
	{ "field", 0, OPT_TEXT, AT(field), "NAME", "image", 0, 0,
	    "field that holds the pictures", false },
	{ "mean", 0, OPT_TEXT, AT(mean), "R,G,B", NULL, 0, 0,
	    "mean of pixels / 255; default: the checkpoint's", false },
	{ "std", 0, OPT_TEXT, AT(std), "R,G,B", NULL, 0, 0,
	    "their standard deviation; default: the checkpoint's", false },
	CLI_COMMON
};

static const struct cli_tool tool = {
	.name = "ssl-encode",
	.operands = "[INPUT]",
	.summary = "pictures to features, with a trained network",
	.opts = opts,
	.n_opts = sizeof(opts) / sizeof(opts[0]),
};

/* Records gathered until they make a batch; they go out one for one. */
struct group {
	struct infer *infer;
	const char *field;
	bool head;
	const struct cli *cli;
	struct stream_out *out;
	struct rec rec[INFER_BATCH + 1];
	struct infer_part part[INFER_BATCH + 1];
	size_t n, samples;
	uint64_t number;	/* of rec[0] in the stream */
};

static int
numbers(const char *option, const char *text, const struct ckpt *c,
    double *x)
{
	int n = text == NULL ?
	    ckpt_get_floats(ckpt_head(c), option, x, BATCH_CHANNELS) :
	    batch_numbers(text, -1e9, 1e9, x, BATCH_CHANNELS);

	if (n < 0)
		cli_die("--%s", option);
	if (n == 0)
		cli_usage("%s has no %s; give --%s", ckpt_path(c), option,
		    option);
	return n;
}

static struct infer *
load(const struct args *a, struct kernel *k, struct ckpt *c)
{
	double mean[BATCH_CHANNELS], std[BATCH_CHANNELS];
	const int n = numbers("mean", a->mean, c, mean);
	struct infer *f;

	if (numbers("std", a->std, c, std) != n)
		cli_usage("--mean and --std are not as many");
	f = infer_new(k, c, a->network, a->head, mean, std, n);
	if (f == NULL)
		cli_die("--model");
	if (a->head && infer_projections(f) == 0)
		cli_usage("--head: %s has no projector", ckpt_path(c));
	return f;
}

static int
add(struct rec *rec, const char *name, size_t n, int columns, float **data)
{
	const size_t shape[2] = { n, (size_t)columns };
	void *room = NULL;
	const int rc = columns == 0 ? 0 :
	    rec_add_tensor(rec, name, DTYPE_F4, 2, shape, &room);

	*data = room;
	return rc;
}

/* Room for the results in the record itself. */
static int
prepare(struct group *g, struct rec *rec, struct infer_part *p)
{
	struct infer *f = g->infer;
	int rc;

	memset(p, 0, sizeof(*p));
	rc = batch_check_pixels(rec, g->field, infer_channels(f),
	    &p->pixels);
	if (rc < 0)
		return rc;
	if ((rc = infer_size(f, p->pixels)) < 0)
		return rc;
	p->n = p->pixels->shape[0];
	if ((rc = add(rec, "feature", p->n, infer_features(f),
	    &p->feature)) < 0 || !g->head)
		return rc;
	if ((rc = add(rec, "projection", p->n, infer_projections(f),
	    &p->projection)) < 0)
		return rc;
	return add(rec, "prediction", p->n, infer_predictions(f),
	    &p->prediction);
}

/* Encodes and writes what is gathered. */
static int
flush(struct group *g)
{
	int bad = 0, rc = 0;

	if (g->n > 0 && (rc = infer_run(g->infer, g->part, (int)g->n,
	    &bad)) < 0)
		fail_note("record %" PRIu64, g->number + (uint64_t)bad);
	for (size_t i = 0; i < g->n && rc == 0; i++) {
		rec_remove(&g->rec[i], g->field);
		if (stream_write(g->out, &g->rec[i]) < 0)
			cli_die("%s", cli_out(g->cli));
	}
	g->n = g->samples = 0;
	return rc;
}

static bool
same_size(const struct tensor *a, const struct tensor *b)
{
	return a->shape[1] == b->shape[1] && a->shape[2] == b->shape[2];
}

/* The record just read into rec[n] joins the group. */
static int
gather(struct group *g, uint64_t number)
{
	struct infer_part p;
	const size_t at = g->n;
	int rc = prepare(g, &g->rec[at], &p);

	if (rc < 0)
		return fail_note("record %" PRIu64, number);
	if (at > 0 && (g->samples + p.n > INFER_BATCH ||
	    !same_size(p.pixels, g->part[0].pixels))) {
		const struct rec fresh = g->rec[at];

		if ((rc = flush(g)) < 0)
			return rc;
		g->rec[at] = g->rec[0];
		g->rec[0] = fresh;
	}
	if (g->n == 0)
		g->number = number;
	g->part[g->n++] = p;
	g->samples += p.n;
	return g->samples >= INFER_BATCH || g->n == INFER_BATCH ?
	    flush(g) : 0;
}

/* The next record; before a wait for it, what is gathered goes out. */
static int
next(struct group *g, struct stream_in *in)
{
	if (g->n > 0 && !stream_ready(in) && flush(g) < 0)
		cli_die("%s", stream_path(in));
	return stream_read(in, &g->rec[g->n]);
}

int
main(int argc, char **argv)
{
	struct args a;
	struct cli cli;
	struct group g = { .cli = &cli };
	struct head head = { 0 };
	struct pool *pool;
	struct kernel *kernel;
	struct ckpt *ckpt;
	struct stream_in *in;
	int got;

	cli_start(&cli, &tool, &a, argc, argv);
	if (a.model == NULL)
		cli_usage("--model is missing; give a checkpoint");
	if ((ckpt = ckpt_read(a.model)) == NULL)
		cli_die("--model");
	pool = cli_pool(&cli);
	if ((kernel = kernel_new(pool)) == NULL)
		cli_die("%s", "");
	g.infer = load(&a, kernel, ckpt);
	g.field = a.field;
	g.head = a.head;
	in = cli_open(&cli, cli_input(&cli));
	if (head_refuse_checkpoint(stream_head(in)) < 0 ||
	    head_copy(&head, stream_head(in)) < 0 ||
	    head_join_history(&head, ckpt_head(ckpt)) < 0)
		cli_die("%s", stream_path(in));
	ckpt_free(ckpt);
	g.out = cli_create(&cli, &head);
	while ((got = next(&g, in)) > 0)
		if (gather(&g, stream_records(in) - 1) < 0)
			cli_die("%s", stream_path(in));
	if (got < 0)
		cli_die("%s", stream_path(in));
	cli_warn_streams(in);
	if (flush(&g) < 0)
		cli_die("%s", stream_path(in));
	if (stream_finish(g.out) < 0)
		cli_die("%s", cli_out(&cli));
	stream_close(in);
	for (size_t i = 0; i <= INFER_BATCH; i++)
		rec_free(&g.rec[i]);
	infer_free(g.infer);
	kernel_free(kernel);
	pool_free(pool);
	head_free(&head);
	return CLI_DONE;
}
