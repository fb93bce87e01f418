/* SPDX-License-Identifier: MIT */
#include "loss/loss.h"

#include <inttypes.h>
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

static int
check_share(const struct loss_field *f, const float *share, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!(share[i] >= 0 && share[i] <= 1))
			return fail(FAIL_FORMAT, "%s: %g in row %zu, not a "
			    "share between 0 and 1", f->name,
			    (double)share[i], i);
	return 0;
}

static int
check_place(const struct loss_field *f, const int64_t *place, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (place[i] < 0 || (uint64_t)place[i] >= n)
			return fail(FAIL_FORMAT, "%s: %" PRId64 " in row %zu "
			    "is outside 0..%zu", f->name, place[i], i, n - 1);
	return 0;
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
	const int wrong = loss_defaults(l, &c->options);

	if (wrong < 0)
		return wrong;
	for (size_t i = 0; i < l->n_fields; i++) {
		const struct loss_field *f = &l->fields[i];
		int rc = 0;

		if (f->type == LOSS_SHARE && c->in[i].real != NULL)
			rc = check_share(f, c->in[i].real, c->n);
		else if (f->type == LOSS_PLACE && c->in[i].whole != NULL)
			rc = check_place(f, c->in[i].whole, c->n);
		if (rc < 0)
			return rc;
	}
	if (c->work != NULL)
		arena_reset(&c->work->host);
	return l->run(c);
}
