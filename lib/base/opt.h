/*
 * opt: one table describes a tool's options.
 *
 * The parser, --help, completion and the check of the man page all read the
 * same rows.  Nothing here prints or exits.
 */
#ifndef SELF_BASE_OPT_H
#define SELF_BASE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fail.h"

enum opt_type {
	OPT_FLAG,	/* bool: --name sets it; no value */
	OPT_INT,	/* int64_t in [min,max] */
	OPT_FLOAT,	/* double in [min,max] */
	OPT_TEXT,	/* const char *, borrowed from argv or the row */
	OPT_CHOICE	/* the same, one of the words in `word`: "sgd|lars" */
};

struct opt {
	const char *name;	/* long name without dashes; NULL: a heading */
	char letter;		/* one-letter twin, or 0 */
	enum opt_type type;
	size_t at;		/* offset of the value in the tool's struct */
	const char *word;	/* what the value is called in help: "N"; of a
				 * text "[N]": "" before another option */
	const char *preset;	/* default as text; NULL: 0, 0.0, NULL, false */
	double min, max;	/* of numbers */
	const char *help;	/* one line, no full stop; headings too */
	bool aside;		/* says how, not what: not kept in histories */
};

#define OPT_MOST 96		/* rows in one table */

/* What a command line said, beyond the values themselves. */
struct opt_said {
	bool given[OPT_MOST];	/* by row */
	int n_operands;
	char **operands;	/* borrowed: argv, reordered */
	bool help, version, complete;
};

/*
 * Fills every value of `into` from its preset, then from argv (argv[0] is
 * skipped).  Knows --name VALUE, --name=VALUE, -x VALUE, -xVALUE, joined
 * flags -qv, "--" and "-" (an operand).  FAIL_USAGE with a "did you mean"
 * for a name it does not know; a name cut short is one.
 */
int opt_parse(const struct opt *rows, size_t n, void *into, int argc,
    char **argv, struct opt_said *) FAIL_CHECKED;

/* True when an OPT_CHOICE row has this word. */
bool opt_has_choice(const struct opt *, const char *text);

/* True when the option `name` stood on the command line. */
bool opt_given(const struct opt *rows, size_t n, const struct opt_said *,
    const char *name);

/* Two columns of options for --help, at most 79 wide. */
int opt_help(const struct opt *rows, size_t n, struct buf *) FAIL_CHECKED;

/* "name<TAB>letter<TAB>word<TAB>help" lines for completion scripts and the
 * man page check; flags have an empty word, choices theirs joined by "|". */
int opt_list(const struct opt *rows, size_t n, struct buf *) FAIL_CHECKED;

/* The row nearest to `word` among n names, or NULL when none is near. */
const char *opt_nearest(const char *word, const char *const *names, size_t n);

#endif
