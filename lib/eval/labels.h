/*
 * labels: one numbering of classes for streams that number theirs otherwise.
 *
 * A stream's header may name its classes in `classes`, label i being the ith;
 * another stream's list may have more, fewer or another order.  Labels are
 * compared by name where both streams have names that differ, by number
 * otherwise.  A list that names two classes alike keeps them apart only where
 * they have the same number in both.
 */
#ifndef SELF_EVAL_LABELS_H
#define SELF_EVAL_LABELS_H

#include "stream/stream.h"

#define LABELS_UNKNOWN (-2)	/* named, but by no other stream */

/* The names that the numbers stand for. All zeros: none known. */
struct labels {
	struct value names;	/* an array of texts, or nil */
	struct arena arena;
};

/* What becomes of one stream's numbers. All zeros: they stay. */
struct renumber {
	int64_t *to;		/* [n], LABELS_UNKNOWN and above; or NULL */
	size_t n;
};

/* How the numbers of a stream with this header become those of `all`, which
 * takes its names when it has none yet; names that it lacks are appended
 * where `add`, else unknown.  `out` was empty or holds an earlier answer. */
int labels_join(struct labels *all, const struct head *, bool add,
    struct renumber *out) FAIL_CHECKED;
void labels_free(struct labels *);

/* FAIL_FORMAT for a label that should have a name and has none. */
int renumber_label(const struct renumber *, int64_t label, int64_t *out)
    FAIL_CHECKED;
void renumber_free(struct renumber *);

#endif
