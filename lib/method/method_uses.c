/* SPDX-License-Identifier: MIT */
/* Which options a method uses: facts of its row and of its loss. */
#include <stdio.h>
#include <string.h>

#include "method/method.h"

#define FACT(member) offsetof(struct method, member)

/* Options that a method uses when a member of its row, a bool, is true. */
static const struct {
	const char *option;
	size_t fact;
} facts[] = {
	{ "predictor", FACT(predictor) },
	{ "predictor-hidden", FACT(predictor) },
	{ "queue", FACT(queue) },
	{ "symmetric", FACT(symmetric) },
	{ "support", FACT(support) },
	{ "support-epochs", FACT(support) },
	{ "ema", FACT(target) },
	{ "ema-schedule", FACT(target) },
	{ "final-ema", FACT(target) },
	{ "target-start", FACT(target) },
	{ "target-buffers", FACT(target) },
};

bool
method_uses(const struct method *m, const char *option)
{
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (strcmp(facts[i].option, option) == 0)
			return *(const bool *)((const char *)m +
			    facts[i].fact);
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
