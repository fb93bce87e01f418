/* SPDX-License-Identifier: MIT */
#include "eval/eval.h"

#include <string.h>

static const struct eval *const rows[] = {
	&eval_knn,
	&eval_linear,
	&eval_stats,
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

size_t
eval_count(void)
{
	return N_ROWS;
}

const struct eval *
eval_at(size_t i)
{
	return rows[i];
}

const struct eval *
eval_find(const char *name)
{
	const char *names[N_ROWS], *near;

	for (size_t i = 0; i < N_ROWS; i++) {
		if (strcmp(rows[i]->name, name) == 0)
			return rows[i];
		names[i] = rows[i]->name;
	}
	near = opt_nearest(name, names, N_ROWS);
	if (near != NULL)
		fail(FAIL_USAGE, "no score '%s'; did you mean '%s'?", name,
		    near);
	else
		fail(FAIL_USAGE, "no score '%s'; --help lists them", name);
	return NULL;
}
