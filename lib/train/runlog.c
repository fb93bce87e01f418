/* SPDX-License-Identifier: MIT */
#include "train/runlog.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

struct runlog {
	FILE *file;
	char path[];
};

static const char names[] = "step\tepoch\tloss\tlr\tema\tgrad_norm\t"
    "deviation\trank\talignment\tuniformity\tknn\tlinear\n";

/* Where the rows of steps before `step` end, the first line's names being
 * right; or a failure. */
static int
find_end(struct runlog *l, uint64_t step, off_t *end)
{
	char line[512];

	if (fgets(line, sizeof(line), l->file) == NULL)
		*line = '\0';
	if (strcmp(line, names) != 0)
		return fail(FAIL_FORMAT, "%s is not a log of such a run; name "
		    "another file", l->path);
	*end = ftello(l->file);
	while (fgets(line, sizeof(line), l->file) != NULL &&
	    strchr(line, '\n') != NULL && strtoull(line, NULL, 10) < step)
		*end = ftello(l->file);
	return ferror(l->file) || *end < 0 ? fail_errno("%s", l->path) : 0;
}

/* Goes on behind the last row before `step`: what a killed run wrote behind
 * its last checkpoint is cut off. */
static int
go_on(struct runlog *l, uint64_t step)
{
	off_t end = 0;
	int rc = find_end(l, step, &end);

	if (rc < 0)
		return rc;
	if (ftruncate(fileno(l->file), end) != 0 ||
	    fseeko(l->file, end, SEEK_SET) != 0)
		return fail_errno("%s", l->path);
	return 0;
}

static int
begin(struct runlog *l, uint64_t step)
{
	if (step > 0 && (l->file = fopen(l->path, "r+")) != NULL)
		return go_on(l, step);
	l->file = step > 0 && errno != ENOENT ? NULL : fopen(l->path, "w");
	if (l->file == NULL || fputs(names, l->file) < 0 ||
	    fflush(l->file) != 0)
		return fail_errno("%s", l->path);
	return 0;
}

struct runlog *
runlog_new(const char *path, uint64_t step)
{
	const size_t size = strlen(path) + 1;
	struct runlog *l = malloc(sizeof(*l) + size);

	if (l == NULL) {
		fail_memory(sizeof(*l) + size);
		return NULL;
	}
	l->file = NULL;
	memcpy(l->path, path, size);
	if (begin(l, step) == 0)
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
		&r->alignment, &r->uniformity, &r->knn, &r->linear };
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
