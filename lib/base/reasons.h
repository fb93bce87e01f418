/*
 * reasons: how often what went wrong, for one line at the end of a run.
 */
#ifndef SELF_BASE_REASONS_H
#define SELF_BASE_REASONS_H

#include <stdint.h>

#include "base/buf.h"

#define REASONS_MOST 6		/* that are kept apart */
#define REASONS_TEXT 80		/* bytes kept of one, with the NUL */

/* All zeros is empty. */
struct reasons {
	struct reason {
		char text[REASONS_TEXT];
		uint64_t n;
	} all[REASONS_MOST];
	int n;
	uint64_t others;
};

/* Counts one more case.  Texts that differ in their numbers only are one
 * reason, named by its first text. */
void reasons_add(struct reasons *, const char *text);

/* Appends "empty file (2); open: Permission denied (1)"; a NUL follows.
 * Reasons come in the order of their first case. */
int reasons_list(const struct reasons *, struct buf *to) FAIL_CHECKED;

#endif
