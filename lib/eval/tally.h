/*
 * tally: how many test samples were classified rightly, and what must be said
 * beside the accuracy.
 */
#ifndef SELF_EVAL_TALLY_H
#define SELF_EVAL_TALLY_H

#include "base/buf.h"
#include "eval/features.h"
#include "eval/numbering.h"

/* A training sample by its key. */
struct tally_key {
	uint64_t hash;
	size_t row;
};

/* All zeros is empty. */
struct tally {
	const struct features *train;
	const char *train_path, *test_path;	/* for messages; borrowed */
	struct numbering classes;	/* those that training has */
	size_t n, top1, top5;		/* test samples; right ones */
	int64_t *unknown;		/* [n_unknown] labels of test samples
					 * whose class training lacks */
	size_t n_unknown, room;
	bool apart;			/* test and training are two files */
	struct tally_key *keys;		/* [n_keys] by hash; NULL: no search
					 * yet */
	size_t n_keys, shared;		/* test samples found among them */
};

/* Training is loaded, and it and the paths stay until tally_free.  Says how
 * many of its samples have no label, and when it is the test's file. */
int tally_begin(struct tally *, const struct features *train,
    const char *train_path, const char *test_path) FAIL_CHECKED;

/* Counts a test sample with this label; `rank` is its class's (rank.h). */
int tally_add(struct tally *, int64_t label, size_t rank) FAIL_CHECKED;

/* Looks for a test sample x [dim], whose key has this hash (0: none), among
 * training's, which are scaled as x is and keep their places from the first
 * call on: same key and same numbers. */
int tally_compare(struct tally *, const float *x, uint64_t key) FAIL_CHECKED;

/* After the last sample: says what was skipped, what counts as wrong, what is
 * in training too, and when there are few classes.  FAIL_FORMAT when all are
 * of classes that training lacks. */
int tally_end(const struct tally *, size_t skipped) FAIL_CHECKED;

/* Appends the lines top1 and top5. */
int tally_write(const struct tally *, struct buf *scores) FAIL_CHECKED;
void tally_free(struct tally *);

#endif
