/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include <string.h>
#include <unistd.h>

#include "base/outfile.h"
#include "cli/cli.h"
#include "convert/contact.h"
#include "stream/show.h"

struct args {
	struct cli_common common;
	bool history, replay, records, stats, digest, json;
	const char *tensor, *meta, *sheet;
	int64_t record, rows, columns, scale;
};

#define AT(member) offsetof(struct args, member)

static const struct opt opts[] = {
	{ "history", 'H', OPT_FLAG, AT(history), NULL, NULL, 0, 0,
	    "the tools the data went through, oldest first", false },
	{ "replay", 0, OPT_FLAG, AT(replay), NULL, NULL, 0, 0,
	    "the shell pipeline that makes the stream again", false },
	{ "records", 'r', OPT_FLAG, AT(records), NULL, NULL, 0, 0,
	    "a line for each record", false },
	{ "stats", 0, OPT_FLAG, AT(stats), NULL, NULL, 0, 0,
	    "a table of each field (of each parameter in a checkpoint): "
	    "numbers, NaNs, infinities, range, mean, deviation", false },
	{ "tensor", 't', OPT_TEXT, AT(tensor), "NAME", NULL, 0, 0,
	    "the numbers of a field (of a parameter) as text", false },
	{ "record", 0, OPT_INT, AT(record), "I", NULL, 0, 9007199254740992.0,
	    "with --tensor: of record I only, counted from 0", false },
	{ "meta", 'm', OPT_TEXT, AT(meta), "KEY", NULL, 0, 0,
	    "one value of the header; dots lead inside: views.0.size", false },
	{ "digest", 'd', OPT_FLAG, AT(digest), NULL, NULL, 0, 0,
	    "SHA-256 of the records, whatever their frames and level", false },
	{ "json", 0, OPT_FLAG, AT(json), NULL, NULL, 0, 0,
	    "everything: a line of JSON for each header and record", false },
	{ "sheet", 0, OPT_TEXT, AT(sheet), "FILE", NULL, 0, 0,
	    "write a contact sheet of the first images, each sample beside "
	    "its views, to FILE: .jpg or .png (-: a JPEG to standard output)",
	    false },
	{ "rows", 0, OPT_INT, AT(rows), "N", "8", 1, 4096,
	    "with --sheet: rows of samples", false },
	{ "columns", 0, OPT_INT, AT(columns), "N", "0", 0, 4096,
	    "with --sheet: samples side by side; 0: about 8 pictures", false },
	{ "scale", 0, OPT_INT, AT(scale), "S", "0", 0, 64,
	    "with --sheet: enlarge pictures S times; 0: to about 100 px",
	    false },
	CLI_COMMON
};

static const struct cli_tool tool = {
	.name = "ssl-show",
	.operands = "[INPUT]",
	.summary = "Shows what a tensor stream holds, and checks all of it.",
	.notes = "Without an option: header, history, the first record in "
	    "short, and totals.",
	.opts = opts,
	.n_opts = sizeof(opts) / sizeof(opts[0]),
};

/* The one view that was asked for. */
static const struct show_view *
chosen_view(const struct cli *cli)
{
	const struct show_view *chosen = &show_views[0];

	for (const struct show_view *v = chosen + 1; v->option != NULL; v++) {
		if (!cli_given(cli, v->option))
			continue;
		if (chosen != &show_views[0])
			cli_usage("--%s or --%s, not both", chosen->option,
			    v->option);
		chosen = v;
	}
	return chosen;
}

/* Options that go with others, and those that exclude each other. */
static void
check_options(const struct cli *cli, const struct show_view *view)
{
	static const char *const of_sheet[] = { "rows", "columns", "scale" };
	const bool sheet = cli_given(cli, "sheet");

	if (sheet && view != &show_views[0])
		cli_usage("--sheet or --%s, not both", view->option);
	if (sheet && cli_given(cli, "output"))
		cli_usage("--sheet names its file itself: leave --output out");
	for (size_t i = 0; i < sizeof(of_sheet) / sizeof(of_sheet[0]); i++)
		if (!sheet && cli_given(cli, of_sheet[i]))
			cli_usage("--%s goes with --sheet", of_sheet[i]);
	if (cli_given(cli, "record") && !cli_given(cli, "tensor"))
		cli_usage("--record goes with --tensor");
}

static int
to_stdout(void *unused, const void *text, size_t size)
{
	(void)unused;
	cli_put(text, size);
	return 0;
}

static void
put_file(const char *path, const struct buf *bytes)
{
	struct outfile *out = outfile_new(path);
	size_t at = 0;

	while (out != NULL && at < bytes->size) {
		const ssize_t n = write(outfile_fd(out), bytes->data + at,
		    bytes->size - at);

		if (n < 0) {
			fail_errno("cannot write");
			cli_die("%s", path);
		}
		at += (size_t)n;
	}
	if (out == NULL || outfile_commit(out) < 0)
		cli_die("%s", path);
}

static void
show_sheet(const struct args *a, struct stream_in *in)
{
	struct contact plan = { .rows = (int)a->rows,
		.columns = (int)a->columns, .scale = (int)a->scale,
		.quality = 92 };
	const bool to_out = strcmp(a->sheet, "-") == 0;
	struct buf file = { 0 };

	if (!to_out && contact_format(&plan, a->sheet) < 0)
		cli_die("--sheet");
	if (to_out && isatty(STDOUT_FILENO))
		cli_usage("an image is not for a terminal; --sheet FILE, or "
		    "redirect it");
	if (contact_sheet(&plan, in, &file) < 0)
		cli_die("%s", stream_path(in));
	if (to_out) {
		cli_put(file.data, file.size);
		cli_flush();
	} else {
		put_file(a->sheet, &file);
	}
	buf_free(&file);
}

int
main(int argc, char **argv)
{
	struct args a;
	struct cli cli;
	const struct show_view *view;
	struct stream_in *in;
	struct show show = { .out = { .drain = to_stdout } };

	cli_start(&cli, &tool, &a, argc, argv);
	view = chosen_view(&cli);
	check_options(&cli, view);
	show.key = a.tensor != NULL ? a.tensor : a.meta;
	show.record = cli_given(&cli, "record") ? a.record : -1;
	in = cli_open(&cli, cli_input(&cli));
	if (a.sheet != NULL) {
		show_sheet(&a, in);
	} else {
		cli_text(&cli);
		if (show_all(&show, view, in) < 0)
			cli_die("%s", stream_path(in));
		cli_flush();
	}
	stream_close(in);
	show_free(&show);
	return CLI_DONE;
}
