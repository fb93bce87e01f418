/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"

#define MIN_BLOCK ((size_t)1 << 16)
#define MOST_SPARE ((size_t)1 << 24)	/* of what may never be needed */

struct arena_block {
	_Alignas(ARENA_ALIGN) struct arena_block *next;
	size_t size, used;
	_Alignas(ARENA_ALIGN) unsigned char bytes[];
};

static struct arena_block *
block_new(size_t size)
{
	struct arena_block *b;
	size_t all;

	if (num_add(size, sizeof(*b) + ARENA_ALIGN - 1, &all) < 0)
		return NULL;
	all -= all % ARENA_ALIGN;
	b = aligned_alloc(ARENA_ALIGN, all);
	if (b == NULL) {
		fail_memory(all);
		return NULL;
	}
	b->next = NULL;
	b->size = size;
	b->used = 0;
	return b;
}

/* A block for so much and, beside it, for as much as all pieces before and a
 * few small ones: most often the next round's pieces fit it, so that a reset
 * need not ask for memory again, all of which would have to be paged in. */
static struct arena_block *
block_add(struct arena *a, size_t size)
{
	size_t spare = a->used < MOST_SPARE ? a->used : MOST_SPARE;
	struct arena_block *b;

	if (num_add(size, spare + MIN_BLOCK, &size) < 0)
		return NULL;
	b = block_new(size);
	if (b != NULL) {
		b->next = a->blocks;
		a->blocks = b;
	}
	return b;
}

static void
blocks_free(struct arena_block *b)
{
	while (b != NULL) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
}

void *
arena_get(struct arena *a, size_t size)
{
	const size_t align = size < ARENA_ALIGN ? ARENA_SMALL : ARENA_ALIGN;
	struct arena_block *b = a->blocks;
	size_t whole, gap;
	void *piece;

	/* With room for any gap, so that a reset's one block always does. */
	if (num_add(size, 2 * ARENA_ALIGN - 1, &whole) < 0)
		return NULL;
	whole -= whole % ARENA_ALIGN;
	if (b == NULL || b->size - b->used < whole) {
		b = block_add(a, whole);
		if (b == NULL)
			return NULL;
	}
	gap = (align - b->used % align) % align;
	piece = b->bytes + b->used + gap;
	b->used += gap + size;
	a->used += whole;
	return piece;
}

bool
arena_fits(const struct arena *a, size_t size)
{
	const struct arena_block *b = a->blocks;

	return b != NULL && b->size - b->used >= ARENA_ALIGN &&
	    size <= b->size - b->used - ARENA_ALIGN;
}

int
arena_reserve(struct arena *a, size_t size)
{
	if (arena_fits(a, size))
		return 0;
	if (num_add(size, ARENA_ALIGN, &size) < 0 || block_add(a, size) == NULL)
		return fail_last();
	return 0;
}

/* A piece alone in its block takes the block with it, so that nothing is
 * left behind of what grows step by step. */
static void *
grow_block(struct arena *a, size_t old, size_t size)
{
	struct arena_block *b = a->blocks, *larger;
	size_t room;

	if (num_add(size, MIN_BLOCK, &room) < 0
	    || (larger = block_new(room)) == NULL)
		return NULL;
	memcpy(larger->bytes, b->bytes, old);
	larger->used = size;
	larger->next = b->next;
	a->blocks = larger;
	free(b);
	return larger->bytes;
}

void *
arena_grow(struct arena *a, void *piece, size_t old, size_t size)
{
	struct arena_block *b = a->blocks;
	void *larger;

	if (b != NULL && (unsigned char *)piece + old == b->bytes + b->used) {
		if (size - old <= b->size - b->used) {
			b->used += size - old;
			a->used += size - old;
			return piece;
		}
		if (piece == b->bytes) {
			larger = grow_block(a, old, size);
			a->used += larger != NULL ? size - old : 0;
			return larger;
		}
	}
	larger = arena_get(a, size);
	if (larger != NULL)
		memcpy(larger, piece, old);
	return larger;
}

char *
arena_string(struct arena *a, const char *bytes, size_t size)
{
	char *copy;

	if (num_add(size, 1, &size) < 0 || (copy = arena_get(a, size)) == NULL)
		return NULL;
	memcpy(copy, bytes, size - 1);
	copy[size - 1] = '\0';
	return copy;
}

/* Of several blocks the newest stays if it would have held all pieces, or
 * else one takes their place that would have. */
void
arena_reset(struct arena *a)
{
	struct arena_block *b = a->blocks;

	if (b != NULL && b->next != NULL) {
		blocks_free(b->next);
		b->next = NULL;
		if (b->size < a->used) {
			blocks_free(b);
			a->blocks = block_new(a->used);
		}
	}
	if (a->blocks != NULL)
		a->blocks->used = 0;
	a->used = 0;
}

void
arena_free(struct arena *a)
{
	blocks_free(a->blocks);
	a->blocks = NULL;
	a->used = 0;
}
