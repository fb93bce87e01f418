/*
 * choice: part of a source's samples, in the order of the source.
 */
#ifndef SELF_SOURCE_CHOICE_H
#define SELF_SOURCE_CHOICE_H

#include "source/skips.h"
#include "source/source.h"

struct choice {
	size_t *samples;	/* ascending; owned */
	size_t n;
};

/* All samples. */
int choice_all(struct choice *, const struct source *) FAIL_CHECKED;

/*
 * Keeps what the lines of a file name: a sample's key; or the last part of
 * it, with or without its extension; or else its number, counted from 0.
 * A line names all samples that it fits best; a part of a key that fits more
 * than one is remarked on.  Lines that name nothing are lost data; FAIL_FORMAT when no line names any.
 * Empty lines mean nothing, and a sample named twice comes once.
 */
int choice_keep_subset(struct choice *, const struct source *,
    const char *path, struct skips *) FAIL_CHECKED;

/* Keeps k random samples of each class and none without a label.  Those for
 * k are among those for k + 1.  Where a class has fewer, all of them, with a
 * remark in the log. */
int choice_keep_per_class(struct choice *, const struct source *, size_t k,
    uint64_t seed) FAIL_CHECKED;

void choice_free(struct choice *);

/* Samples by class: those of group g are members[starts[g]] and on, up to
 * starts[g + 1]; positions in the choice, ascending; none without a label. */
struct groups {
	size_t *members, *starts;
	int64_t *labels;	/* ascending */
	size_t n;
};
int groups_make(struct groups *, const struct choice *,
    const struct source *) FAIL_CHECKED;
void groups_free(struct groups *);

#endif
