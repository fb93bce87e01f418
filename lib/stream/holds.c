/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "stream/stream.h"

/* What a record holds, by the fields that show it, and who makes it; the
 * first row with a field in the record is the one. */
static const struct {
	const char *field, *what, *tool;
} rows[] = {
	{ "view0", "views", "ssl-augment" },
	{ "feature", "features", "ssl-encode" },
	{ "image", "samples", "ssl-decode" },
	{ "jpeg", "JPEG files", "ssl-decode without --keep-jpeg" },
	{ "x", "samples without images", "ssl-decode" },
};

#define ROWS (int)(sizeof(rows) / sizeof(rows[0]))

static int
row_of_record(const struct rec *r)
{
	int i = 0;

	while (i < ROWS && rec_find(r, rows[i].field) == NULL)
		i++;
	return i;
}

/* The row of a field by that name, or of any view. */
static int
row_of_field(const char *field)
{
	int i = 0;

	if (strncmp(field, "view", 4) == 0)
		return 0;
	while (i < ROWS && strcmp(rows[i].field, field) != 0)
		i++;
	return i;
}

int
rec_lacks(const struct rec *r, const char *field)
{
	const int is = row_of_record(r), wanted = row_of_field(field);

	if (wanted == ROWS || is == wanted)
		return fail(FAIL_FORMAT, "no field %s in this record; ssl-show "
		    "lists the fields", field);
	if (is == ROWS)
		return fail(FAIL_FORMAT, "no field %s in this record; %s "
		    "writes %s", field, rows[wanted].tool, rows[wanted].what);
	return fail(FAIL_FORMAT, "no field %s: these are %s, not %s, which %s "
	    "writes", field, rows[is].what, rows[wanted].what,
	    rows[wanted].tool);
}

int
head_refuse_checkpoint(const struct head *h)
{
	return head_is(h, "checkpoint") ? fail(FAIL_FORMAT, "a checkpoint, not "
	    "a stream of samples or views; --model, --init and --resume take "
	    "checkpoints") : 0;
}
