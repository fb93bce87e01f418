/* SPDX-License-Identifier: MIT */
#include "source/skips.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

#define TEXT_BYTES 512		/* of one reason with its first case */

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

const char *
skip_text(const struct skip *k, char *to, size_t room)
{
	size_t at;

	text_count(to, room, k->n, k->reason);
	at = strlen(to);
	snprintf(to + at, room - at, " (the first is %s)", k->first);
	return to;
}

static void
report(const struct skip *k, const char *where)
{
	char text[TEXT_BYTES];

	log_line(k->lost ? LOG_LOST : LOG_INFO, "%s: %s%s", where,
	    k->kept ? "" : "skipped ", skip_text(k, text, sizeof(text)));
}

int
skips_report_lost(const struct skips *s, const char *where, bool strict)
{
	char text[TEXT_BYTES];

	for (size_t i = 0; i < s->n; i++) {
		const struct skip *k = &s->all[i];

		if (k->lost && strict)
			return fail(FAIL_FORMAT, "%s: %s; mend this, or run "
			    "without --strict to go on", where,
			    skip_text(k, text, sizeof(text)));
		if (k->lost)
			report(k, where);
	}
	return 0;
}

void
skips_report_other(const struct skips *s, const char *where)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->all[i].lost)
			report(&s->all[i], where);
}

void
skips_free(struct skips *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->all[i].first);
	free(s->all);
	*s = (struct skips){ 0 };
}
