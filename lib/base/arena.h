/*
 * arena: storage that is taken piece by piece and given back all at once.
 *
 * Pieces never move.  A reset keeps the memory: after the first round an
 * arena is one block and taking from it allocates nothing.
 */
#ifndef SELF_BASE_ARENA_H
#define SELF_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

#define ARENA_ALIGN 64	/* a cache line, a widest vector */
#define ARENA_SMALL 16	/* for pieces under ARENA_ALIGN bytes */

struct arena_block;

/* All zeros is an empty arena. */
struct arena {
	struct arena_block *blocks;	/* newest first */
	size_t used;		/* bytes a single block would need, about */
};

/* `size` bytes, not cleared, aligned as above; NULL (and a failure)
 * when there is no memory.  A size of 0 gives a valid pointer. */
void *arena_get(struct arena *, size_t size);

/* A copy of `size` bytes with a NUL behind them, or NULL. */
char *arena_string(struct arena *, const char *bytes, size_t size);

/* Makes a piece of `old` bytes larger, in place where it is the newest;
 * contents kept, the piece may move. NULL and a failure leave it as it was. */
void *arena_grow(struct arena *, void *piece, size_t old, size_t size);

/* Sees to it that pieces of `size` bytes in all fit one block, which a reset
 * then keeps. */
int arena_reserve(struct arena *, size_t size) FAIL_CHECKED;

/* True when `size` bytes can be had without asking for memory. */
bool arena_fits(const struct arena *, size_t size);

/* Takes everything back and keeps the memory. */
void arena_reset(struct arena *);

/* Takes everything back and frees the memory. */
void arena_free(struct arena *);

#endif
