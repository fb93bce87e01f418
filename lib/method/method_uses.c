/* SPDX-License-Identifier: MIT */
/* Which options a method uses: facts of its row and of its loss. */
#include <stdio.h>
#include <string.h>

#include "method/method.h"

static bool
has_target(const struct method *m)
{
	return m->target;
}

static bool
has_predictor(const struct method *m)
{
	return m->predictor;
}

static bool
has_queue(const struct method *m)
{
	return m->queue;
}

static bool
has_support(const struct method *m)
{
	return m->support;
}

static bool
has_one_direction(const struct method *m)
{
	return m->symmetric;
}

static const struct {
	const char *option;
	bool (*used)(const struct method *);
} facts[] = {
	{ "predictor", has_predictor },
	{ "predictor-hidden", has_predictor },
	{ "queue", has_queue },
	{ "symmetric", has_one_direction },
	{ "support", has_support },
	{ "support-epochs", has_support },
	{ "ema", has_target },
	{ "ema-schedule", has_target },
	{ "final-ema", has_target },
	{ "target-start", has_target },
	{ "target-buffers", has_target },
};

bool
method_uses(const struct method *m, const char *option)
{
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (strcmp(facts[i].option, option) == 0)
			return facts[i].used(m);
	return loss_uses(m->loss, option);
}

static bool
takes_mixed(const struct method *m, const char *unused)
{
	(void)unused;
	return loss_reads(m->loss, LOSS_PLACE);
}

/* " byol moco": the methods of which it is true. */
static void
list(char *names, size_t room,
    bool (*is)(const struct method *, const char *), const char *option)
{
	const struct method *m;
	size_t used = 0;

	names[0] = '\0';
	for (size_t i = 0; (m = method_row(i)) != NULL; i++)
		if (is(m, option) && used < room)
			used += (size_t)snprintf(names + used, room - used,
			    " %s", m->name);
}

int
method_check_option(const struct method *m, const char *option)
{
	char names[256];

	if (method_uses(m, option))
		return 0;
	list(names, sizeof(names), method_uses, option);
	return fail(FAIL_USAGE, "--%s: %s does not use it; methods that do:%s",
	    option, m->name, names);
}

int
method_check_mixed(const struct method *m)
{
	char names[256];

	if (takes_mixed(m, NULL))
		return 0;
	list(names, sizeof(names), takes_mixed, NULL);
	return fail(FAIL_USAGE, "the views are mixed (the record has "
	    "mix_index), which %s does not use; methods that do:%s", m->name,
	    names);
}
