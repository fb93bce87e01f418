/* SPDX-License-Identifier: MIT */
#include "source/skips.h"

#include <stdlib.h>
#include <string.h>

static int
begin(struct skips *s, bool lost, const char *reason, const char *name)
{
	struct skip *all = realloc(s->all, (s->n + 1) * sizeof(*all));
	char *first;

	if (all == NULL)
		return fail_memory((s->n + 1) * sizeof(*all));
	s->all = all;
	first = strdup(name);
	if (first == NULL)
		return fail_memory(strlen(name) + 1);
	s->all[s->n++] = (struct skip){ reason, lost, false, 1, first };
	return 0;
}

int
skips_add(struct skips *s, bool lost, const char *reason, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].lost == lost &&
		    strcmp(s->all[i].reason, reason) == 0) {
			s->all[i].n++;
			return 0;
		}
	return begin(s, lost, reason, name);
}

int
skips_add_kept(struct skips *s, const char *reason, const char *name)
{
	if (skips_add(s, true, reason, name) < 0)
		return fail_last();
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->all[i].reason, reason) == 0)
			s->all[i].kept = true;
	return 0;
}

void
skips_free(struct skips *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->all[i].first);
	free(s->all);
	*s = (struct skips){ 0 };
}
