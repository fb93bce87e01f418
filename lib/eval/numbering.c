/* SPDX-License-Identifier: MIT */
#include "eval/numbering.h"

#include <stdlib.h>

static int
by_number(const void *a, const void *b)
{
	const int64_t p = *(const int64_t *)a, q = *(const int64_t *)b;

	return (p > q) - (p < q);
}

#define RECENT ((size_t)256)

/* known = label [n] without most of what repeats; how many are left. */
static size_t
leave_out_repeats(int64_t *known, const int64_t *label, size_t n)
{
	size_t at[RECENT], left = 0;	/* where one such label lies */

	for (size_t i = 0; i < RECENT; i++)
		at[i] = SIZE_MAX;
	for (size_t i = 0; i < n; i++) {
		size_t *const seen = &at[(uint64_t)label[i] % RECENT];

		if (*seen != SIZE_MAX && known[*seen] == label[i])
			continue;
		*seen = left;
		known[left++] = label[i];
	}
	return left;
}

int
numbering_init(struct numbering *o, const int64_t *label, size_t n)
{
	o->n = 0;
	o->known = malloc(n * sizeof(*o->known));
	if (o->known == NULL)
		return fail_memory(n * sizeof(*o->known));
	n = leave_out_repeats(o->known, label, n);
	qsort(o->known, n, sizeof(*o->known), by_number);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || o->known[i] != o->known[o->n - 1])
			o->known[o->n++] = o->known[i];
	if (o->n > INT32_MAX / 2)
		return fail(FAIL_LIMIT, "%zu classes", o->n);
	return 0;
}

int32_t
numbering_place(const struct numbering *o, int64_t label)
{
	const int64_t *at = bsearch(&label, o->known, o->n, sizeof(label),
	    by_number);

	return at == NULL ? -1 : (int32_t)(at - o->known);
}

void
numbering_free(struct numbering *o)
{
	free(o->known);
	*o = (struct numbering){ 0 };
}
