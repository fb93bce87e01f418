/* SPDX-License-Identifier: MIT */
/* Which options a loss uses: facts of its row. */
#include <stdio.h>
#include <string.h>

#include "loss/loss.h"

bool
loss_reads(const struct loss *l, enum loss_type type)
{
	for (size_t i = 0; i < l->n_fields; i++)
		if (l->fields[i].type == type)
			return true;
	return false;
}

static bool
has_temperature(const struct loss *l)
{
	return l->temperature > 0;
}

static bool
has_strong(const struct loss *l)
{
	return loss_reads(l, LOSS_STRONG);
}

static bool
has_anchors(const struct loss *l)
{
	return l->anchors;
}

static const struct {
	const char *option;
	bool (*used)(const struct loss *);
} facts[] = {
	{ "temperature", has_temperature },
	{ "strong-temperature", has_strong },
	{ "strong-weight", has_strong },
	{ "anchor-grad-only", has_anchors },
};

bool
loss_uses(const struct loss *l, const char *option)
{
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (strcmp(facts[i].option, option) == 0)
			return facts[i].used(l);
	return true;
}

int
loss_check_option(const struct loss *l, const char *option)
{
	const struct loss *row;
	char names[256] = "";
	size_t used = 0;

	if (loss_uses(l, option))
		return 0;
	for (size_t i = 0; (row = loss_row(i)) != NULL; i++)
		if (loss_uses(row, option) && used < sizeof(names))
			used += (size_t)snprintf(names + used,
			    sizeof(names) - used, " %s", row->name);
	return fail(FAIL_USAGE, "--%s: %s does not use it; methods that do:%s",
	    option, l->name, names);
}
