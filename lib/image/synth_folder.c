/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "image/synth_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/jpeg.h"
#include "image/synth.h"
#include "image/synth_set.h"

/* What one thread draws and packs with. */
struct desk {
	struct picture picture;
	struct buf canvas, bytes;
};

struct synth_folder {
	const struct synth_plan *plan;
	struct pool *pool;
	struct desk *desks;	/* [threads] */
	uint64_t done;
	bool made;		/* part is there, and ours */
	char path[PATH_MAX], part[PATH_MAX], old[PATH_MAX];
};

static int set_path(char to[PATH_MAX], const char *format, ...)
    FAIL_PRINTF(2, 3) FAIL_CHECKED;

static int
set_path(char to[PATH_MAX], const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(to, PATH_MAX, format, args);
	va_end(args);
	if (n < 0 || n >= PATH_MAX)
		return fail(FAIL_LIMIT, "%s: path too long", to);
	return 0;
}

static bool
exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static int
make_folder(const char *path)
{
	return mkdir(path, 0777) < 0 ? fail_errno("%s", path) : 0;
}

/* What is written, or was, is said before and after. */
static int
mark(const struct synth_folder *f, const char *path, enum synth_state state)
{
	const struct synth_set s = { state, { f->plan->n[0], f->plan->n[1] },
		f->plan->classes };

	return synth_set_mark(path, &s);
}

static int
mark_obsolete(const char *path)
{
	struct synth_set s;

	if (synth_set_read(path, &s) < 0)
		return fail_last();
	s.state = SYNTH_OBSOLETE;
	return synth_set_mark(path, &s);
}

/* Removes what a run that was killed left under one of its own names; a
 * complete set there is somebody's. */
static int
clear(const char *path, enum synth_state left)
{
	struct synth_set s;

	if (!exists(path))
		return 0;
	if (synth_set_read(path, &s) < 0)
		return fail_last();
	if (s.state != left)
		return fail(FAIL_IO, "%s: a set of images; move it away",
		    path);
	return synth_set_sweep(path, true);
}

/* A set that is not wanted, after a failure.  What cannot be removed now is
 * removed by the next run. */
static void
remove_set(const char *path)
{
	struct fail_state why;

	fail_save(&why);
	(void)!synth_set_sweep(path, true);
	fail_restore(&why);
}

/* The folder of the set to come, which never has its name without a marker:
 * a folder that somebody else made is not taken for ours. */
static int
make_marked(struct synth_folder *f)
{
	char fresh[PATH_MAX];
	int rc;

	if (set_path(fresh, "%s.%ld", f->part, (long)getpid()) < 0 ||
	    make_folder(fresh) < 0)
		return fail_last();
	rc = mark(f, fresh, SYNTH_INCOMPLETE);
	if (rc < 0)
		(void)rmdir(fresh);
	else if (rename(fresh, f->part) < 0) {
		rc = fail_errno("%s", f->part);
		remove_set(fresh);
	}
	f->made = rc == 0;
	return rc;
}

static int
make_folders(struct synth_folder *f)
{
	char path[PATH_MAX], name[SYNTH_NAME];

	if (make_marked(f) < 0)
		return fail_last();
	for (int part = 0; part < 2; part++) {
		if (set_path(path, "%s/%s", f->part, synth_parts[part]) < 0 ||
		    make_folder(path) < 0)
			return fail_last();
		for (int c = 0; c < f->plan->classes &&
		    (uint64_t)c < f->plan->n[part]; c++) {
			synth_name(c, name);
			if (set_path(path, "%s/%s/%s", f->part,
			    synth_parts[part], name) < 0 || make_folder(path) < 0)
				return fail_last();
		}
	}
	return 0;
}

/* The three names: the folder's, and those it has before and after. */
static int
set_paths(struct synth_folder *f)
{
	size_t n;

	if (set_path(f->path, "%s", f->plan->path) < 0)
		return fail_last();
	for (n = strlen(f->path); n > 1 && f->path[n - 1] == '/'; n--)
		f->path[n - 1] = '\0';
	if (set_path(f->part, "%s.part", f->path) < 0 ||
	    set_path(f->old, "%s.old", f->path) < 0)
		return fail_last();
	if (exists(f->path) && !f->plan->replace)
		return fail(FAIL_IO, "%s: already there; --force replaces "
		    "it if ssl-synth made it", f->path);
	if (exists(f->path) && synth_set_sweep(f->path, false) < 0)
		return fail_last();
	return clear(f->part, SYNTH_INCOMPLETE) < 0 ? fail_last() :
	    clear(f->old, SYNTH_OBSOLETE);
}

static void
folder_free(struct synth_folder *f)
{
	for (int i = 0; f->desks != NULL && i < pool_threads(f->pool); i++) {
		picture_free(&f->desks[i].picture);
		buf_free(&f->desks[i].canvas);
		buf_free(&f->desks[i].bytes);
	}
	free(f->desks);
	free(f);
}

struct synth_folder *
synth_folder_new(const struct synth_plan *plan, struct pool *pool)
{
	struct synth_folder *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		fail_memory(sizeof(*f));
		return NULL;
	}
	f->plan = plan;
	f->pool = pool;
	f->desks = calloc((size_t)pool_threads(pool), sizeof(*f->desks));
	if (f->desks == NULL)
		fail_memory((size_t)pool_threads(pool) * sizeof(*f->desks));
	else if (set_paths(f) == 0 && make_folders(f) == 0)
		return f;
	synth_folder_discard(f);
	return NULL;
}

static int
write_file(const char *path, const struct buf *bytes)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
	int rc = 0;

	if (fd < 0)
		return fail_errno("%s", path);
	for (size_t at = 0; rc == 0 && at < bytes->size;) {
		const ssize_t n = write(fd, bytes->data + at,
		    bytes->size - at);

		if (n < 0 && errno != EINTR)
			rc = fail_errno("%s: write", path);
		at += n > 0 ? (size_t)n : 0;
	}
	if (close(fd) < 0 && rc == 0)
		rc = fail_errno("%s: close", path);
	return rc;
}

/* The i-th picture from here on: train first, classes by turns. */
static int
write_picture(void *arg, size_t i, int worker)
{
	struct synth_folder *f = arg;
	struct desk *desk = &f->desks[worker];
	const struct synth_plan *plan = f->plan;
	const uint64_t at = f->done + i;
	const uint32_t part = at >= plan->n[0];
	const uint64_t of_part = at - (part > 0 ? plan->n[0] : 0);
	const uint64_t classes = (uint64_t)plan->classes;
	const struct synth what = { plan->seed, part,
		(int)(of_part % classes), of_part / classes };
	char path[PATH_MAX], name[SYNTH_NAME];

	synth_name(what.class, name);
	if (set_path(path, "%s/%s/%s/%05" PRIu64 ".jpg", f->part,
	    synth_parts[part], name, what.index) < 0)
		return fail_last();
	desk->bytes.size = 0;
	if (synth_draw(&desk->picture, &desk->canvas, &what,
	    plan->size) < 0 ||
	    jpeg_write(&desk->bytes, &desk->picture.image,
	    plan->quality) < 0)
		return fail_note("%s", path);
	return write_file(path, &desk->bytes);
}

int
synth_folder_write(struct synth_folder *f, int most)
{
	const uint64_t left = f->plan->n[0] + f->plan->n[1] - f->done;
	const int n = left < (uint64_t)most ? (int)left : most;

	if (pool_run(f->pool, (size_t)n, write_picture, f) < 0)
		return fail_last();
	f->done += (uint64_t)n;
	return n;
}

/* The finished folder gets its name and then the marker of a complete set. */
static int
give_name(const struct synth_folder *f)
{
	if (rename(f->part, f->path) < 0)
		return fail_errno("%s", f->path);
	if (mark(f, f->path, SYNTH_COMPLETE) == 0)
		return 0;
	if (rename(f->path, f->part) < 0)
		return fail_note("an incomplete set is now %s", f->path);
	return fail_last();
}

int
synth_folder_finish(struct synth_folder *f)
{
	const bool replace = exists(f->path);
	int rc = 0;

	if (replace && (rc = mark_obsolete(f->path)) == 0 &&
	    rename(f->path, f->old) < 0)
		rc = fail_errno("%s", f->path);
	if (rc == 0 && (rc = give_name(f)) < 0 && replace &&
	    rename(f->old, f->path) < 0)
		rc = fail_note("the old folder is now %s", f->old);
	f->made = rc < 0;
	if (rc == 0 && replace)
		rc = synth_set_sweep(f->old, true);
	synth_folder_discard(f);
	return rc;
}

void
synth_folder_discard(struct synth_folder *f)
{
	if (f == NULL)
		return;
	if (f->made)
		remove_set(f->part);
	folder_free(f);
}
