/*
 * eval: scores of features, one row for each way of scoring.
 *
 * A row names the score, its options and the function that reads the streams
 * and computes it.  A new score is one file eval_NAME.c and one row of
 * eval_table.c; bin/ssl-eval makes it a subcommand.
 */
#ifndef SELF_EVAL_EVAL_H
#define SELF_EVAL_EVAL_H

#include "base/buf.h"
#include "base/opt.h"
#include "base/pool.h"

#define EVAL_ARGS 512		/* bytes that any row's arguments may take */

struct eval {
	const char *name;	/* the subcommand: "knn" */
	const char *summary;	/* one line */
	const char *notes;	/* lines under the options in --help, or NULL */
	const struct opt *opts;	/* `at` counts from the row's own struct */
	size_t n_opts;
	size_t args_size;	/* of that struct; at most EVAL_ARGS */

	/* FAIL_USAGE when an option was given that the others make no use of;
	 * `said` tells of the rows of `opts`.  NULL: there are none. */
	int (*check)(const void *args, const struct opt_said *said);

	/* Appends lines "name<TAB>number" to `scores`; FAIL_USAGE for options
	 * that do not fit the data.  `args` is the row's struct, filled;
	 * every random draw follows from `seed`. */
	int (*run)(const void *args, uint64_t seed, struct pool *,
	    struct buf *scores);
};

size_t eval_count(void);
const struct eval *eval_at(size_t i);

/* The row of that name, or NULL and FAIL_USAGE with the nearest name. */
const struct eval *eval_find(const char *name);

extern const struct eval eval_knn;
extern const struct eval eval_linear;
extern const struct eval eval_stats;

#endif
