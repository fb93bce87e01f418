/*
 * lookup: places by name, found without comparing all names.
 */
#ifndef SELF_BASE_LOOKUP_H
#define SELF_BASE_LOOKUP_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

#define LOOKUP_NONE ((size_t)-1)

/* All zeros is empty.  Names are borrowed and must outlive it. */
struct lookup {
	struct lookup_slot *slots;
	size_t room, n;
};

/* The place kept for the name, or LOOKUP_NONE. */
size_t lookup_find(const struct lookup *, const char *name);

/* Keeps a place for a name that is not there yet; FAIL_MEMORY. */
int lookup_add(struct lookup *, const char *name, size_t place) FAIL_CHECKED;

void lookup_free(struct lookup *);

/* FNV-1a of the text, folded. */
uint64_t lookup_hash(const char *);

#endif
