/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "method/method.h"

/* In alphabetical order. */
static const struct method *const table[] = {
	&method_byol,
	&method_clsa,
	&method_moco,
	&method_npair,
	&method_simclr,
	&method_suncet,
	&method_supcon,
};

static const size_t n_rows = sizeof(table) / sizeof(table[0]);

const struct method *
method_find(const char *name)
{
	char names[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < n_rows; i++) {
		if (strcmp(table[i]->name, name) == 0)
			return table[i];
		if (used < sizeof(names))
			used += (size_t)snprintf(names + used,
			    sizeof(names) - used, " %s", table[i]->name);
	}
	fail(FAIL_USAGE, "no method is called %s; there are:%s", name, names);
	return NULL;
}

const struct method *
method_row(size_t i)
{
	return i < n_rows ? table[i] : NULL;
}
