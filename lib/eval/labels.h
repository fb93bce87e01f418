/*
 * labels: one numbering of classes for streams that number theirs otherwise.
 *
 * A stream's header may name its classes in `classes`, label i being the ith;
 * another stream's list may have more, fewer or another order.
 *
 *   both have names     classes are the same where their names are; a name
 *                       of digits is a number ("07" is "7")
 *   one has names, all  label 7 of the other is the class named 7
 *   of them numbers
 *   one has names       labels are compared by index, which must mean the
 *                       same class in all lists there are and have a name
 *   none has names      labels are compared as they are
 *
 * The second and the third are said in a remark.  Refused: a list that does
 * not tell which class is which (two of its classes are one class of another
 * list), and lists that differ next to labels without names.
 */
#ifndef SELF_EVAL_LABELS_H
#define SELF_EVAL_LABELS_H

#include "stream/stream.h"

/* The classes met so far. All zeros: none. */
struct labels {
	struct value names;	/* an array of texts: the names of 0, 1, …; or
				 * nil, and labels stand for themselves */
	size_t n_first;		/* names of the first list, of these */
	size_t n_numbers;	/* names of digits among them */
	int64_t *slots;		/* [n_slots] hash table of names, or NULL */
	size_t n_slots;
	bool differ;		/* lists were joined by name */
	bool by_index;		/* labels without names met names */
	bool *met;		/* [n_trained] names that a list had since
				 * labels_trained, or NULL */
	size_t n_trained;
	bool tested;		/* there was such a list */
	bool quiet;		/* no remarks */
	const char *named;	/* the stream with the first list, and */
	const char *bare;	/* with the first labels without; or NULL */
	int64_t max_bare;	/* of labels without names, from most_bare */
	const char *most_bare;	/* or NULL */
	struct arena arena;
};

/* What becomes of one stream's labels. All zeros is empty. */
struct renumber {
	struct labels *all;
	const char *origin;	/* for messages; in the arena of `all` */
	bool named;
	bool met;		/* a label, which `all` was told of */
	size_t n;		/* classes that the header names */
	int64_t *to;		/* [n] numbers of these; NULL: unchanged */
};

/*
 * How the labels of the stream that `in` is at become those of `all`, which
 * grows by the names that it lacks.  `out` was empty or holds an earlier
 * answer; it borrows `all`.  FAIL_FORMAT for lists that do not go together.
 */
int labels_join(struct labels *all, const struct stream_in *in,
    struct renumber *out) FAIL_CHECKED;
void labels_free(struct labels *);

/* What is joined from now on is the test's.  How many of the names that were
 * there no list of the test has; 0 when it has no list. */
int labels_trained(struct labels *) FAIL_CHECKED;
size_t labels_unmet(const struct labels *);

/* The name of a class, or its number; at most `room` bytes, each printable. */
void labels_name(const struct labels *, int64_t number, char *to, size_t room);

/* -1, unlabelled, stays -1.  FAIL_FORMAT for smaller labels, for a label that
 * should have a name and has none, and for one that cannot be compared. */
int renumber_label(struct renumber *, int64_t label, int64_t *out)
    FAIL_CHECKED;
void renumber_free(struct renumber *);

#endif
