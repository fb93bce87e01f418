/* SPDX-License-Identifier: MIT */
#include "loss/check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* In alphabetical order. */
static const struct loss *const table[] = {
	&loss_byol,
	&loss_clsa,
	&loss_moco,
	&loss_npair,
	&loss_simclr,
	&loss_suncet,
	&loss_supcon,
};

static const size_t n_rows = sizeof(table) / sizeof(table[0]);

const struct loss *
loss_find(const char *name)
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
	fail(FAIL_USAGE, "no loss is called %s; there are:%s", name, names);
	return NULL;
}

const struct loss *
loss_row(size_t i)
{
	return i < n_rows ? table[i] : NULL;
}

int
loss_defaults(const struct loss *l, struct loss_options *o)
{
	if (o->temperature == 0)
		o->temperature = l->temperature;
	if (o->strong_temperature == 0)
		o->strong_temperature = o->temperature;
	if (l->temperature > 0 && !(o->temperature >= LOSS_COLDEST &&
	    o->strong_temperature >= LOSS_COLDEST))
		return fail(FAIL_USAGE, "a temperature of %g; %g is the least",
		    fmin(o->temperature, o->strong_temperature), LOSS_COLDEST);
	return 0;
}

int
loss_run(const struct loss *l, struct loss_call *c)
{
	int rc = loss_defaults(l, &c->options);

	if (rc < 0)
		return rc;
	if ((rc = check_fields(l, c)) < 0)
		return rc;
	if (c->work != NULL)
		arena_reset(&c->work->host);
	return l->run(c);
}
