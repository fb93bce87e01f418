/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "encoder/encoder.h"

static const struct encoder *const table[] = {
	&enc_resnet18,
	&enc_resnet34,
	&enc_resnet50,
	&enc_resnet101,
	&enc_resnet152,
};

size_t
enc_count(void)
{
	return sizeof(table) / sizeof(table[0]);
}

const struct encoder *
enc_at(size_t i)
{
	return table[i];
}

const struct encoder *
enc_find(const char *name)
{
	char names[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < enc_count(); i++) {
		if (strcmp(table[i]->name, name) == 0)
			return table[i];
		if (used < sizeof(names))
			used += (size_t)snprintf(names + used,
			    sizeof(names) - used, " %s", table[i]->name);
	}
	fail(FAIL_USAGE, "no encoder is called %s; there are:%s", name,
	    names);
	return NULL;
}
