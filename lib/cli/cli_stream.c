/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/outfile.h"
#include "cli/cli.h"

#define NUMBER_ROOM 32

/* The operand was the input, whose own history says what it is. */
static bool input_is_operand;

const char *
cli_input(const struct cli *cli)
{
	const char *path = cli->said.n_operands > 0 ? cli->said.operands[0]
						    : "-";

	if (cli->said.n_operands > 1)
		cli_usage("one input at most, not also '%s'",
		    cli->said.operands[1]);
	if (strcmp(path, "-") == 0 && isatty(STDIN_FILENO) == 1)
		cli_usage("standard input is a terminal; name a file or send "
		    "a stream: usage: %s [OPTION...] %s", cli->tool->name,
		    cli->tool->operands);
	input_is_operand = true;
	return path;
}

static const char *
readable(const char *path, const char *standard)
{
	return strcmp(path, "-") == 0 ? standard : path;
}

const char *
cli_out(const struct cli *cli)
{
	return readable(cli->common->out, "standard output");
}

struct stream_in *
cli_open(const struct cli *cli, const char *path)
{
	struct stream_in *in = stream_open(path);

	(void)cli;
	if (in == NULL)
		cli_die("%s", readable(path, "standard input"));
	return in;
}

void
cli_warn_streams(const struct stream_in *in)
{
	if (stream_streams(in) > 1)
		log_line(LOG_WARNING, "%s: %" PRIu64 " streams were read as "
		    "one; the history, samples and steps in the header are "
		    "those of the first", stream_path(in), stream_streams(in));
}

static bool
is_terminal(const char *path)
{
	struct stat st;
	bool yes;
	int fd;

	if (strcmp(path, "-") == 0)
		return isatty(STDOUT_FILENO) == 1;
	if (stat(path, &st) < 0 || !S_ISCHR(st.st_mode))
		return false;
	fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	yes = fd >= 0 && isatty(fd) == 1;
	if (fd >= 0)
		close(fd);
	return yes;
}

static void
refuse_terminal(const char *path)
{
	if (is_terminal(path))
		cli_usage("a stream is not for terminals; use -o FILE or a "
		    "pipe (ssl-show makes it readable)");
}

void
cli_check_output(const struct cli *cli)
{
	const char *path = cli->common->out;
	struct outfile *probe;
	struct stat st;

	refuse_terminal(path);
	/* Opening a pipe or a device would be more than a question. */
	if (strcmp(path, "-") == 0 ||
	    (stat(path, &st) == 0 && !S_ISREG(st.st_mode)))
		return;
	probe = outfile_new(path);
	if (probe == NULL)
		cli_die("%s", path);
	outfile_discard(probe);
}

struct stream_out *
cli_create_at(const struct cli *cli, const char *path, struct head *head)
{
	struct stream_out *out;

	refuse_terminal(path);
	if (cli_add_history(cli, head) < 0)
		cli_die("%s", "history");
	out = stream_create(path, (int)cli->common->level, head);
	if (out == NULL)
		cli_die("%s", readable(path, "standard output"));
	return out;
}

struct stream_out *
cli_create(const struct cli *cli, struct head *head)
{
	return cli_create_at(cli, cli->common->out, head);
}

/* The value of a row as text that reads back as the same value; `number` has
 * NUMBER_ROOM bytes. */
static const char *
value_of(const struct opt *row, const void *args, char *number)
{
	const void *at = (const char *)args + row->at;
	double real;

	switch (row->type) {
	case OPT_FLAG:
		return NULL;
	case OPT_TEXT:
	case OPT_CHOICE:
		return *(const char *const *)at;
	case OPT_INT:
		snprintf(number, NUMBER_ROOM, "%" PRId64, *(const int64_t *)at);
		return number;
	case OPT_FLOAT:
		break;
	}
	real = *(const double *)at;
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(number, NUMBER_ROOM, "%.*g", digits, real);
		if (strtod(number, NULL) == real)
			break;
	}
	return number;
}

/*
 * What was asked for, in the order of the table and in whole names: the same
 * wish leaves the same history however it was spelt.
 */
static size_t
arguments(const struct cli *cli, const char **list, char *numbers)
{
	const struct cli_tool *tool = cli->tool;
	bool dash = false;
	size_t n = 0;

	for (size_t i = 0; i < tool->n_opts; i++) {
		const struct opt *row = &tool->opts[i];
		char *name = numbers + 3 * NUMBER_ROOM * i;
		const char *value;

		if (!cli->said.given[i] || row->aside)
			continue;
		snprintf(name, 2 * NUMBER_ROOM, "--%s", row->name);
		list[n++] = name;
		value = value_of(row, cli->common, name + 2 * NUMBER_ROOM);
		if (value != NULL)
			list[n++] = value;
	}
	if (input_is_operand)
		return n;
	for (int i = 0; i < cli->said.n_operands; i++)
		dash = dash || (cli->said.operands[i][0] == '-' &&
		    cli->said.operands[i][1] != '\0');
	if (dash)
		list[n++] = "--";
	for (int i = 0; i < cli->said.n_operands; i++)
		list[n++] = cli->said.operands[i];
	return n;
}

int
cli_add_history(const struct cli *cli, struct head *head)
{
	const struct cli_tool *tool = cli->tool;
	const size_t most = 2 * tool->n_opts + 1 +
	    (size_t)cli->said.n_operands;
	const char **list = calloc(most, sizeof(*list));
	char *numbers = calloc(tool->n_opts + 1, 3 * NUMBER_ROOM);
	int rc;

	if (list != NULL && numbers != NULL)
		rc = head_add_history(head, tool->name, CLI_VERSION, list,
		    arguments(cli, list, numbers), cli->common->seed);
	else
		rc = fail_memory(most * sizeof(*list));
	free(numbers);
	free(list);
	return rc;
}
