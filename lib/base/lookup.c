/* SPDX-License-Identifier: MIT */
#include "base/lookup.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

struct lookup_slot {
	const char *name;	/* NULL: free */
	size_t place;
};

uint64_t
lookup_hash(const char *name)
{
	const uint64_t h = hash_bytes(HASH_NONE, name, strlen(name));

	return h ^ h >> 32;
}

/* The name's slot, or the free one that it would get; there is one. */
static struct lookup_slot *
slot_of(const struct lookup *l, const char *name)
{
	size_t at = (size_t)lookup_hash(name) & (l->room - 1);

	while (l->slots[at].name != NULL &&
	    strcmp(l->slots[at].name, name) != 0)
		at = (at + 1) & (l->room - 1);
	return &l->slots[at];
}

size_t
lookup_find(const struct lookup *l, const char *name)
{
	const struct lookup_slot *s = l->room > 0 ? slot_of(l, name) : NULL;

	return s == NULL || s->name == NULL ? LOOKUP_NONE : s->place;
}

/* At most half of the slots are taken. */
static int
grow(struct lookup *l)
{
	struct lookup old = *l;
	const size_t room = old.room == 0 ? 64 : 2 * old.room;

	l->slots = calloc(room, sizeof(*l->slots));
	if (l->slots == NULL) {
		*l = old;
		return fail_memory(room * sizeof(*l->slots));
	}
	l->room = room;
	for (size_t i = 0; i < old.room; i++)
		if (old.slots[i].name != NULL)
			*slot_of(l, old.slots[i].name) = old.slots[i];
	free(old.slots);
	return 0;
}

int
lookup_add(struct lookup *l, const char *name, size_t place)
{
	if (2 * l->n >= l->room && grow(l) < 0)
		return fail_last();
	*slot_of(l, name) = (struct lookup_slot){ name, place };
	l->n++;
	return 0;
}

void
lookup_free(struct lookup *l)
{
	free(l->slots);
	*l = (struct lookup){ 0 };
}
