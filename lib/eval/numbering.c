/* SPDX-License-Identifier: MIT */
#include "eval/numbering.h"

#include <stdlib.h>
#include <string.h>

static int
by_number(const void *a, const void *b)
{
	const int64_t p = *(const int64_t *)a, q = *(const int64_t *)b;

	return (p > q) - (p < q);
}

int
numbering_init(struct numbering *o, const int64_t *label, size_t n)
{
	o->n = 0;
	o->known = malloc(n * sizeof(*o->known));
	if (o->known == NULL)
		return fail_memory(n * sizeof(*o->known));
	memcpy(o->known, label, n * sizeof(*o->known));
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
