/*
 * cli: what every tool does alike: options, messages, exit status.
 *
 * Only this folder and bin/ talk to the user or end the process.  Exit
 * status: 0 done, 1 the work failed, 2 wrong usage.
 */
#ifndef SELF_CLI_CLI_H
#define SELF_CLI_CLI_H

#include "base/opt.h"
#include "base/pool.h"
#include "stream/stream.h"

#define CLI_VERSION "0.1.0"
#define CLI_DONE 0
#define CLI_FAILED 1
#define CLI_USAGE 2

/* The options all tools share; a tool's struct begins with it. */
struct cli_common {
	const char *out;	/* -o, --output */
	int64_t threads;	/* --threads, resolved: at least 1 */
	int64_t seed;		/* -s, --seed */
	int64_t level;		/* --level, zstd's */
	const char *max_record;	/* --max-record */
	bool quiet;		/* -q */
	bool verbose;		/* -v */
};

/* The rows of cli_common; a tool puts CLI_COMMON at the end of its table. */
#define CLI_COMMON \
	{ "output", 'o', OPT_TEXT, offsetof(struct cli_common, out), "FILE", \
	    "-", 0, 0, "write to FILE instead of standard output", true }, \
	{ "threads", 'j', OPT_INT, offsetof(struct cli_common, threads), "T", \
	    "0", 0, 1024, "threads to use; 0: all cores this process has", \
	    true }, \
	{ "seed", 's', OPT_INT, offsetof(struct cli_common, seed), "S", "0", \
	    0, 9007199254740992.0, "every random draw follows from it", \
	    false }, \
	{ "level", 0, OPT_INT, offsetof(struct cli_common, level), "L", \
	    NULL, -7, 19, "zstd level; default 3 for files, fastest for " \
	    "pipes", true }, \
	{ "max-record", 0, OPT_TEXT, offsetof(struct cli_common, \
	    max_record), "SIZE", NULL, 0, 0, "most bytes of a record read " \
	    "(512M, 8G); default 4G or all memory, if it fits its file", \
	    true }, \
	{ "quiet", 'q', OPT_FLAG, offsetof(struct cli_common, quiet), NULL, \
	    NULL, 0, 0, "no progress, no remarks; only failures", true }, \
	{ "verbose", 'v', OPT_FLAG, offsetof(struct cli_common, verbose), \
	    NULL, NULL, 0, 0, "say more", true }

struct cli_tool {
	const char *name;		/* "ssl-decode" */
	const char *operands;		/* "[SOURCE...]" */
	const char *summary;		/* one line */
	const char *notes;		/* lines under the options, or NULL */
	const struct opt *opts;
	size_t n_opts;
};

/* A tool at work.  Lies in main's storage. */
struct cli {
	const struct cli_tool *tool;
	struct cli_common *common;	/* the tool's args */
	struct opt_said said;
	int argc;
	char **argv;
};

/*
 * Parses; answers --help, --version and --complete (exits 0) and wrong usage
 * (exits 2); installs the log sink and signal handling.  `args` begins with
 * a struct cli_common.
 */
void cli_start(struct cli *, const struct cli_tool *, void *args, int argc,
    char **argv);
bool cli_given(const struct cli *, const char *option);

/* The bytes of --max-record; 0: not given. */
uint64_t cli_max_record(const struct cli *);

/* The one input: operand 0, or "-" when there is none; more than one operand
 * is wrong usage, and so is a terminal as standard input. */
const char *cli_input(const struct cli *);

/* Opens, or dies. */
struct stream_in *cli_open(const struct cli *, const char *path);

/* For a tool that passes the header on before it has seen all of the input:
 * a warning when further streams followed, which its samples and steps do not
 * count. */
void cli_warn_streams(const struct stream_in *);

/* Adds this run to the history and begins the output; refuses to write a
 * stream to a terminal (exit 2).  Dies when it cannot. */
struct stream_out *cli_create(const struct cli *, struct head *);
struct stream_out *cli_create_at(const struct cli *, const char *path,
    struct head *);

/* For tools that work long before they write: refuses now (as cli_create
 * would) an output that is a terminal or in a place that cannot be written. */
void cli_check_output(const struct cli *);

/* The output as messages name it: the path, or "standard output". */
const char *cli_out(const struct cli *);

/* This run's entry for a history, as above without an output. */
int cli_add_history(const struct cli *, struct head *) FAIL_CHECKED;

struct pool *cli_pool(const struct cli *);

/* "tool: context: message" from the thread's failure; exits 1 (2 for
 * FAIL_USAGE).  Files begun are taken away.  The context may be "". */
void cli_die(const char *context, ...) FAIL_PRINTF(1, 2)
    __attribute__((noreturn));

/* For a tool that saves what it has done when a signal asks it to stop
 * (base/stop.h): the failure as a line, and then the signal, or as cli_die for
 * SIGUSR1 or none. */
void cli_die_stopped(void) __attribute__((noreturn));

/* Wrong usage with a message of its own, exits 2. */
void cli_usage(const char *format, ...) FAIL_PRINTF(1, 2)
    __attribute__((noreturn));

/* A line on standard error, "tool: …"; not with --quiet. */
void cli_say(const char *format, ...) FAIL_PRINTF(1, 2);

/* For tools that print text: sends standard output to -o FILE, if given;
 * writes to it; and in the end flushes, checks and closes it.  They die with
 * a failure that names the output. */
void cli_text(const struct cli *);
void cli_put(const void *text, size_t size);
void cli_flush(void);

/* Progress: a redrawn line at most twice a second on a terminal, a plain
 * line every 30 s elsewhere; nothing with --quiet. `total` 0: not known. */
struct progress;
struct progress *progress_new(const struct cli *, const char *unit,
    uint64_t total);
void progress_at(struct progress *, uint64_t done, const char *remark);
void progress_end(struct progress *);

#endif
