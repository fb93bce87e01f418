/*
 * skips: what was found in a source and did not become a sample, or became
 * one without its label.
 *
 * A skip has a reason, a count and the name of the first case.  Lost data
 * (images that are not read, labels without an image) are reported at the end
 * of a run, also with --quiet, and fail under --strict.  Other skips (a
 * README beside the images) are reported once and harm nothing.
 */
#ifndef SELF_SOURCE_SKIPS_H
#define SELF_SOURCE_SKIPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

struct skip {
	const char *reason;	/* for text_count: "image{|s} beside the class
				 * folders"; static storage */
	bool lost;
	bool kept;		/* a sample all the same, without its label */
	uint64_t n;
	char *first;		/* name of the first case; owned */
};

/* All zeros is empty. */
struct skips {
	struct skip *all;
	size_t n;
};

/* Counts one more case; reasons are compared as texts. */
int skips_add(struct skips *, bool lost, const char *reason,
    const char *name) FAIL_CHECKED;

/* The same for a sample that lost its label: lost, but not skipped. */
int skips_add_kept(struct skips *, const char *reason, const char *name)
    FAIL_CHECKED;

/* With `strict`, the first lost case is FAIL_FORMAT and named; otherwise each
 * lost one is logged as LOG_LOST.  `where`: path of the source. */
int skips_report_lost(const struct skips *, const char *where, bool strict)
    FAIL_CHECKED;

/* "2 images beside the class folders (the first is a.jpg)", cut to `room`
 * bytes.  Returns to. */
const char *skip_text(const struct skip *, char *to, size_t room);

/* Logs the others as LOG_INFO. */
void skips_report_other(const struct skips *, const char *where);
void skips_free(struct skips *);

#endif
