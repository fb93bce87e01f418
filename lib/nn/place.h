/*
 * place: where things with a lifetime lie in one block of memory.
 *
 * Plans take and give back pieces as a run would; what remains is how large
 * the block has to be.  Sizes and places are in floats.
 */
#ifndef SELF_NN_PLACE_H
#define SELF_NN_PLACE_H

#include <stddef.h>

#include "base/fail.h"

struct place_gap {
	size_t at, n;
};

/* All zeros is an empty block. */
struct place {
	struct place_gap *gaps;	/* free pieces below `end`, by place */
	size_t n_gaps, room;
	size_t end;		/* the block's size so far */
};

/* The lowest gap that holds n floats, or the end of the block. */
int place_take(struct place *, size_t n, size_t *at) FAIL_CHECKED;
int place_give(struct place *, size_t at, size_t n) FAIL_CHECKED;
void place_free(struct place *);

#endif
