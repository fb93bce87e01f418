/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "view/mixer.h"

struct args {
	struct cli_common common;
	const char *mode, *share_per;
	double alpha;
	int64_t view, partners;
	bool no_fold;
};

#define AT(field) offsetof(struct args, field)
static const struct opt opts[] = {
	{ "mode", 'm', OPT_CHOICE, AT(mode), "mixup|cutmix|inputmix", "mixup",
	    0, 0, "how samples are mixed", false },
	{ "alpha", 'a', OPT_FLOAT, AT(alpha), "A", "1", 1e-3, 1e6,
	    "shares are drawn from Beta(A, A)", false },
	{ "lambda-per", 0, OPT_CHOICE, AT(share_per), "sample|record",
	    "sample", 0, 0, "who has a share of its own (cutmix: a record)",
	    false },
	{ "view", 0, OPT_INT, AT(view), "N", "0", 0, 63,
	    "mix view N alone (inputmix, not given: all views)", false },
	{ "partners", 0, OPT_INT, AT(partners), "P", "1", 1, MIX_PARTNERS,
	    "inputmix: others that a sample is mixed with", false },
	{ "no-fold", 0, OPT_FLAG, AT(no_fold), NULL, NULL, 0, 0,
	    "shares below 1/2 stay as they are drawn", false },
	CLI_COMMON
};

static const struct cli_tool tool = {
	.name = "ssl-mix",
	.operands = "[INPUT]",
	.summary = "views in, views mixed with each other out (i-Mix)",
	.notes = "mixup and cutmix write mix_index and mix_lambda, which "
	    "ssl-train makes labels of;\ninputmix is an augmentation and "
	    "leaves labels alone. Views become f4.",
	.opts = opts,
	.n_opts = sizeof(opts) / sizeof(opts[0]),
};

static struct mixer
configure(const struct cli *cli, const struct args *a)
{
	struct mixer m = { .mode = MIXER_UP, .alpha = a->alpha,
		.fold = !a->no_fold,
		.one_share = strcmp(a->share_per, "record") == 0,
		.partners = (size_t)a->partners,
		.view = (int)a->view, .seed = (uint64_t)a->common.seed };

	if (strcmp(a->mode, "inputmix") == 0) {
		m.mode = MIXER_INPUT;
		if (!cli_given(cli, "view"))
			m.view = -1;
		return m;
	}
	if (cli_given(cli, "partners"))
		cli_usage("--partners goes with --mode inputmix");
	if (strcmp(a->mode, "cutmix") != 0)
		return m;
	m.mode = MIXER_CUT;
	if (cli_given(cli, "lambda-per") && !m.one_share)
		cli_usage("--lambda-per sample: cutmix has one box and one "
		    "lambda for a record");
	return m;
}

/* The stream's header, which names the view that mix_index belongs to. */
static int
describe(const struct mixer *m, const struct head *from, struct head *head)
{
	const int rc = head_copy(head, from);

	return rc < 0 || m->mode == MIXER_INPUT ? rc : value_set(&head->meta,
	    "mix_view", value_int(m->view), &head->arena);
}

static void
run(const struct cli *cli, const struct mixer *m)
{
	struct stream_in *in = cli_open(cli, cli_input(cli));
	struct pool *pool = cli_pool(cli);
	struct head head = { 0 };
	struct rec rec = { 0 };
	struct progress *progress;
	struct stream_out *out;
	uint64_t records = 0;
	int got;

	if (head_refuse_checkpoint(stream_head(in)) < 0 ||
	    describe(m, stream_head(in), &head) < 0)
		cli_die("%s", stream_path(in));
	out = cli_create(cli, &head);
	progress = progress_new(cli, "records", (uint64_t)(value_get_int(
	    &head.meta, "steps", 0)));
	while ((got = stream_read(in, &rec)) > 0) {
		if (mixer_apply(m, &rec, records, pool) < 0)
			cli_die("%s, record %" PRIu64, stream_path(in),
			    records);
		if (stream_write(out, &rec) < 0)
			cli_die("%s", cli_out(cli));
		progress_at(progress, ++records, "");
	}
	if (got < 0)
		cli_die("%s", stream_path(in));
	progress_end(progress);
	cli_warn_streams(in);
	if (stream_finish(out) < 0)
		cli_die("%s", cli_out(cli));
	rec_free(&rec);
	stream_close(in);
	pool_free(pool);
	head_free(&head);
}

int
main(int argc, char **argv)
{
	struct args a;
	struct cli cli;
	struct mixer m;

	cli_start(&cli, &tool, &a, argc, argv);
	m = configure(&cli, &a);
	run(&cli, &m);
	return CLI_DONE;
}
