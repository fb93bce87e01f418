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

static const size_t n_rows = sizeof(table) / sizeof(table[0]);

const struct encoder *
enc_find(const char *name)
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
	fail(FAIL_USAGE, "no encoder is called %s; there are:%s", name,
	    names);
	return NULL;
}
