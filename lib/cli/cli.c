/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"
#include "base/outfile.h"
#include "base/stop.h"
#include "cli/line.h"

/* How talkative this process is; set once, by cli_start. */
static bool is_quiet, is_verbose;
static struct outfile *text_file;	/* standard output, when -o names it */
static const char *text_name = "standard output";

static void
sink(enum log_level level, const char *line)
{
	if ((is_quiet && level != LOG_LOST) ||
	    (level == LOG_DETAIL && !is_verbose))
		return;
	line_write("%s", line);
}

/* Leaves nothing half-written, and dies as if it had not been caught. */
static void
on_signal(int number)
{
	outfile_discard_all();
	signal(number, SIG_DFL);
	raise(number);
}

static void
catch_signals(void)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
		SIGXCPU };

	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
		struct sigaction act;

		/* nohup and background jobs ignore some; so do we then. */
		if (sigaction(caught[i], NULL, &act) < 0 ||
		    act.sa_handler == SIG_IGN)
			continue;
		memset(&act, 0, sizeof(act));
		act.sa_handler = on_signal;
		act.sa_flags = (int)SA_RESETHAND;
		sigemptyset(&act.sa_mask);
		sigaction(caught[i], &act, NULL);
	}
	signal(SIGPIPE, SIG_DFL);
	/* A write over the limit of a file's size fails instead, and the
	 * failure names the file. */
	signal(SIGXFSZ, SIG_IGN);
	/* Schedulers send it to all of a pipe: ssl-train saves and ends, and
	 * the others go on until their reader is gone. */
	signal(SIGUSR1, SIG_IGN);
}

/*
 * A closed standard stream must not become the first file that is opened:
 * its place is taken by something that answers every use with an error.
 */
static void
fill_standard_streams(void)
{
	static const int modes[] = { O_WRONLY, O_RDONLY, O_RDWR };

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", modes[fd]) != fd) {
			fail_errno("cannot open");
			cli_die("/dev/null, for a closed standard stream");
		}
}

static _Noreturn void
quit(int status)
{
	outfile_discard_all();
	fflush(stdout);
	/* Other threads may be at work: no destructors. */
	_exit(status);
}

/* Prints an answer and ends; nobody listening to it any more is fine. */
static void
answer(const struct buf *b)
{
	signal(SIGPIPE, SIG_IGN);
	if ((fwrite(b->data, 1, b->size, stdout) < b->size ||
	    fflush(stdout) != 0) && errno != EPIPE) {
		fail_errno("standard output");
		cli_die("%s", "");
	}
	_exit(CLI_DONE);
}

static void
show_help(const struct cli_tool *tool)
{
	struct buf b = { 0 };

	if (buf_printf(&b, "usage: %s [OPTION...]%s%s\n%s\n\n", tool->name,
	    *tool->operands != '\0' ? " " : "", tool->operands,
	    tool->summary) < 0 ||
	    opt_help(tool->opts, tool->n_opts, &b) < 0 ||
	    (tool->notes != NULL && buf_printf(&b, "\n%s\n", tool->notes) < 0))
		cli_die("%s", "");
	answer(&b);
}

static void
show_list(const struct cli_tool *tool)
{
	struct buf b = { 0 };

	if (opt_list(tool->opts, tool->n_opts, &b) < 0)
		cli_die("%s", "");
	answer(&b);
}

static void
show_version(const struct cli_tool *tool)
{
	struct buf b = { 0 };

	if (buf_printf(&b, "%s %s\n", tool->name, CLI_VERSION) < 0)
		cli_die("%s", "");
	answer(&b);
}

uint64_t
cli_max_record(const struct cli *cli)
{
	uint64_t bytes = 0;

	if (cli->common->max_record != NULL &&
	    num_bytes(cli->common->max_record, &bytes) < 0)
		cli_die("--max-record");
	return bytes;
}

/* A record larger than the memory would not be read, but what else is at work
 * would be killed. */
static void
limit_records(const struct cli *cli)
{
	const uint64_t said = cli_max_record(cli);
	const uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) *
	    (uint64_t)sysconf(_SC_PAGESIZE);

	if (said > 0)
		stream_max_record(said, true);
	else if (memory > 0 && memory < STREAM_RECORD)
		stream_max_record(memory, false);
}

void
cli_start(struct cli *cli, const struct cli_tool *tool, void *args, int argc,
    char **argv)
{
	*cli = (struct cli){ .tool = tool, .common = args, .argc = argc,
		.argv = argv };
	line_name(tool->name);
	log_to(sink);
	fill_standard_streams();
	catch_signals();
	if (opt_parse(tool->opts, tool->n_opts, args, argc, argv,
	    &cli->said) < 0)
		cli_die("%s", "");
	if (cli->said.help)
		show_help(tool);
	if (cli->said.version)
		show_version(tool);
	if (cli->said.complete)
		show_list(tool);
	limit_records(cli);
	is_quiet = cli->common->quiet;
	is_verbose = cli->common->verbose;
	if (cli->common->threads == 0)
		cli->common->threads = pool_default_threads();
	if (!cli_given(cli, "level"))
		cli->common->level = STREAM_LEVEL_AUTO;
}

bool
cli_given(const struct cli *cli, const char *option)
{
	return opt_given(cli->tool->opts, cli->tool->n_opts, &cli->said,
	    option);
}

struct pool *
cli_pool(const struct cli *cli)
{
	struct pool *pool = pool_new((int)cli->common->threads);

	if (pool == NULL)
		cli_die("--threads %d", (int)cli->common->threads);
	return pool;
}

void
cli_die(const char *context, ...)
{
	char text[512];
	va_list args;

	va_start(args, context);
	vsnprintf(text, sizeof(text), context, args);
	va_end(args);
	line_write("%s%s%s", text, *text != '\0' ? ": " : "", fail_text());
	quit(fail_last() == FAIL_USAGE ? CLI_USAGE : CLI_FAILED);
}

void
cli_die_stopped(void)
{
	const int number = stop_signal();

	if (number == 0 || number == SIGUSR1)
		cli_die("%s", "");
	line_write("%s", fail_text());
	stop_raise(number);
}

void
cli_usage(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	line_write("%s", text);
	quit(CLI_USAGE);
}

void
cli_say(const char *format, ...)
{
	char text[1024];
	va_list args;

	if (is_quiet)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	line_write("%s", text);
}

void
cli_text(const struct cli *cli)
{
	const char *path = cli->common->out;

	if (strcmp(path, "-") == 0)
		return;
	text_file = outfile_new(path);
	if (text_file == NULL)
		cli_die("%s", path);
	text_name = path;
	if (dup2(outfile_fd(text_file), STDOUT_FILENO) < 0) {
		fail_errno("cannot write");
		cli_die("%s", path);
	}
}

void
cli_put(const void *text, size_t size)
{
	if (fwrite(text, 1, size, stdout) < size) {
		fail_errno("cannot write");
		cli_die("%s", text_name);
	}
}

void
cli_flush(void)
{
	if (ferror(stdout) || fflush(stdout) != 0 || fclose(stdout) != 0) {
		fail_errno("cannot write");
		cli_die("%s", text_name);
	}
	if (text_file != NULL && outfile_commit(text_file) < 0)
		cli_die("%s", text_name);
	text_file = NULL;
}
