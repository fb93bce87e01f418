/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>

#include "base/lookup.h"
#include "tap.h"

#define N 5000

int
main(void)
{
	static char names[N][16];
	struct lookup l = { 0 };
	size_t wrong = 0;

	is_int((int64_t)lookup_find(&l, "a"), (int64_t)LOOKUP_NONE,
	    "an empty one has no name");
	for (size_t i = 0; i < N; i++) {
		snprintf(names[i], sizeof(names[i]), "name%zu", i);
		wrong += lookup_find(&l, names[i]) != LOOKUP_NONE;
		wrong += lookup_add(&l, names[i], 2 * i) != 0;
	}
	for (size_t i = 0; i < N; i++)
		wrong += lookup_find(&l, names[i]) != 2 * i;
	is_int((int64_t)wrong, 0, "each name has its place");
	is_int((int64_t)lookup_find(&l, ""), (int64_t)LOOKUP_NONE,
	    "another has none");
	ok(lookup_add(&l, "", 7) == 0 && lookup_find(&l, "") == 7,
	    "not even the empty one, before it is added");
	lookup_free(&l);
	is_int((int64_t)lookup_find(&l, names[3]), (int64_t)LOOKUP_NONE,
	    "nothing is left");
	return tap_done();
}
