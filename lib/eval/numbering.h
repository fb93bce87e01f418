/*
 * numbering: the classes that rows have, as 0..n-1.
 *
 * Labels may be any numbers; what fits weights to classes wants none without
 * a row.
 */
#ifndef SELF_EVAL_NUMBERING_H
#define SELF_EVAL_NUMBERING_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

/* All zeros is empty. */
struct numbering {
	int64_t *known;		/* [n] labels, rising */
	size_t n;
};

/* The different ones of n >= 1 labels. */
int numbering_init(struct numbering *, const int64_t *label, size_t n)
    FAIL_CHECKED;

/* The place of a label among the known, or -1. */
int32_t numbering_place(const struct numbering *, int64_t label);
void numbering_free(struct numbering *);

#endif
