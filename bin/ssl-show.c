/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"

struct args {
	struct cli_common common;
};

static const struct opt opts[] = { CLI_COMMON };

static const struct cli_tool tool = {
	.name = "ssl-show",
	.operands = "[INPUT]",
	.summary = "what a tensor stream holds, for people; verifies all of it",
	.opts = opts,
	.n_opts = sizeof(opts) / sizeof(opts[0]),
};

int
main(int argc, char **argv)
{
	struct args a;
	struct cli cli;
	struct stream_in *in;
	struct rec r = { 0 };
	int got;

	cli_start(&cli, &tool, &a, argc, argv);
	in = cli_open(&cli, cli_input(&cli));
	while ((got = stream_read(in, &r)) > 0)
		;
	if (got < 0)
		cli_die("%s", stream_path(in));
	printf("%" PRIu64 " streams, %" PRIu64 " records\n",
	    stream_streams(in), stream_records(in));
	stream_close(in);
	rec_free(&r);
	cli_flush();
	return CLI_DONE;
}
