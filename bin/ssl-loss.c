/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "cli/cli.h"
#include "train/lossrec.h"

struct args {
	struct cli_common common;
	const char *method;
	double temperature, strong_temperature, strong_weight;
	bool anchor_only;
};

#define AT(field) offsetof(struct args, field)
static const struct opt opts[] = {
	{ "method", 'm', OPT_TEXT, AT(method), "NAME", NULL, 0, 0,
	    "the loss: byol, clsa, moco, npair, simclr, suncet or supcon",
	    false },
	{ "temperature", 't', OPT_FLOAT, AT(temperature), "TAU", "0", 0, 1e6,
	    "similarities are divided by TAU; 0: the method's", false },
	{ "strong-temperature", 0, OPT_FLOAT, AT(strong_temperature), "TAU",
	    "0", 0, 1e6, "of strong views; 0: as --temperature", false },
	{ "strong-weight", 0, OPT_FLOAT, AT(strong_weight), "W", "1", 0, 1e6,
	    "of the strong views' part of the loss", false },
	{ "anchor-grad-only", 0, OPT_FLAG, AT(anchor_only), NULL, NULL, 0, 0,
	    "rows that anchors are held against are constants", false },
	CLI_COMMON
};

static const struct cli_tool tool = {
	.name = "ssl-loss",
	.operands = "[INPUT]",
	.summary = "a loss and its gradients, from a record of embeddings",
	.opts = opts,
	.n_opts = sizeof(opts) / sizeof(opts[0]),
};

/* The input's history; nothing of its meta says anything of losses. */
static void
describe(struct head *h, const struct stream_in *in, const struct loss *l)
{
	if (head_refuse_checkpoint(stream_head(in)) < 0 ||
	    head_copy(h, stream_head(in)) < 0)
		cli_die("%s", stream_path(in));
	h->meta = value_map(NULL, 0);
	if (value_set(&h->meta, "method", value_text(l->name), &h->arena) < 0)
		cli_die("%s", "");
}

/* The loss, and options that all belong to it. */
static const struct loss *
choose(const struct cli *cli, const struct args *a)
{
	const struct loss *loss;

	if (a->method == NULL)
		cli_usage("--method is missing; say which loss");
	if ((loss = loss_find(a->method)) == NULL)
		cli_die("--method");
	for (size_t i = 0; i < tool.n_opts; i++)
		if (cli->said.given[i] &&
		    loss_check_option(loss, opts[i].name) < 0)
			cli_die("%s", "");
	return loss;
}

int
main(int argc, char **argv)
{
	struct args a;
	struct cli cli;
	struct rec rec = { 0 }, result = { 0 };
	struct loss_work work;
	struct head head = { 0 };
	struct loss_options options;
	const struct loss *loss;
	struct stream_in *in;
	struct stream_out *out;
	struct pool *pool;
	struct kernel *kernel;
	int got;

	cli_start(&cli, &tool, &a, argc, argv);
	loss = choose(&cli, &a);
	options = (struct loss_options){ a.temperature, a.strong_temperature,
		a.strong_weight, a.anchor_only };
	pool = cli_pool(&cli);
	if ((kernel = kernel_new(pool)) == NULL)
		cli_die("%s", "");
	loss_work_init(&work, kernel);
	in = cli_open(&cli, cli_input(&cli));
	describe(&head, in, loss);
	out = cli_create(&cli, &head);
	while ((got = stream_read(in, &rec)) > 0) {
		if (stream_records(in) == 1)
			lossrec_remark(loss, &rec);
		if (lossrec_run(loss, &options, &rec, &result, &work) < 0)
			cli_die("%s: record %" PRIu64, stream_path(in),
			    stream_records(in) - 1);
		if (stream_write(out, &result) < 0)
			cli_die("%s", cli_out(&cli));
	}
	if (got < 0)
		cli_die("%s", stream_path(in));
	if (stream_finish(out) < 0)
		cli_die("%s", cli_out(&cli));
	stream_close(in);
	rec_free(&rec);
	rec_free(&result);
	head_free(&head);
	loss_work_fini(&work);
	kernel_free(kernel);
	pool_free(pool);
	return CLI_DONE;
}
