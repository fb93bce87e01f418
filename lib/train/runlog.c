/* SPDX-License-Identifier: MIT */
#include "train/runlog.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct runlog {
	FILE *file;
	char path[];
};

static int
begin(struct runlog *l, bool resume)
{
	l->file = fopen(l->path, resume ? "a" : "w");
	if (l->file == NULL)
		return fail_errno("%s", l->path);
	if (resume && (fseek(l->file, 0, SEEK_END) != 0 ||
	    ftell(l->file) > 0))
		return 0;
	if (fputs("step\tepoch\tloss\tlr\tema\tgrad_norm\tdeviation\trank\t"
	    "alignment\tuniformity\n", l->file) < 0 ||
	    fflush(l->file) != 0)
		return fail_errno("%s", l->path);
	return 0;
}

struct runlog *
runlog_new(const char *path, bool resume)
{
	const size_t size = strlen(path) + 1;
	struct runlog *l = malloc(sizeof(*l) + size);

	if (l == NULL) {
		fail_memory(sizeof(*l) + size);
		return NULL;
	}
	memcpy(l->path, path, size);
	if (begin(l, resume) == 0)
		return l;
	if (l->file != NULL)
		fclose(l->file);
	free(l);
	return NULL;
}

int
runlog_write(struct runlog *l, const struct runlog_row *r)
{
	const double *const rest[] = { &r->grad_norm, &r->deviation, &r->rank,
		&r->alignment, &r->uniformity };
	bool good = fprintf(l->file, "%" PRIu64 "\t%" PRIu64
	    "\t%.9g\t%.9g\t%.9g", r->step, r->epoch, r->loss, r->rate,
	    r->ema) >= 0;

	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
		good = good && (isnan(*rest[i]) ? fputs("\tnan", l->file) :
		    fprintf(l->file, "\t%.6g", *rest[i])) >= 0;
	if (!good || fputc('\n', l->file) == EOF || fflush(l->file) != 0)
		return fail_errno("%s", l->path);
	return 0;
}

int
runlog_finish(struct runlog *l)
{
	int rc = 0;

	if (l == NULL)
		return 0;
	if (fclose(l->file) != 0)
		rc = fail_errno("%s", l->path);
	free(l);
	return rc;
}
