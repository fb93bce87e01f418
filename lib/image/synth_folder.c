/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "image/synth_folder.h"

#include <dirent.h>
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

#define DEPTH 2			/* of the folders that hold pictures */

static const char *const parts[] = { "train", "test" };

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
is_picture(const char *name)
{
	const size_t n = strlen(name);

	return n > 4 && strcmp(name + n - 4, ".jpg") == 0;
}

static int sweep(const char *path, int depth, bool away);

/* One entry of a folder at `depth`. */
static int
sweep_entry(const char *folder, const char *name, int depth, bool away)
{
	char path[PATH_MAX];

	if (set_path(path, "%s/%s", folder, name) < 0)
		return fail_last();
	if (depth < DEPTH)
		return sweep(path, depth + 1, away);
	if (!is_picture(name))
		return fail(FAIL_IO, "%s: not written here; move it away",
		    path);
	return away && unlink(path) < 0 ? fail_errno("%s", path) : 0;
}

/*
 * Walks a set of pictures, and takes it away if `away`.  Anything that such a
 * set does not have is a failure, and stays: folders down to DEPTH, *.jpg in
 * the deepest.
 */
static int
sweep(const char *path, int depth, bool away)
{
	DIR *d = opendir(path);
	const struct dirent *e;
	int rc = 0;

	if (d == NULL && errno == ENOTDIR)
		return fail(FAIL_IO, "%s: not written here; move it away",
		    path);
	if (d == NULL)
		return fail_errno("%s", path);
	while (rc == 0 && (errno = 0, e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = sweep_entry(path, e->d_name, depth, away);
	if (rc == 0 && errno != 0)
		rc = fail_errno("%s", path);
	closedir(d);
	if (rc == 0 && away && rmdir(path) < 0)
		rc = fail_errno("%s", path);
	return rc;
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

static int
make_folders(const struct synth_folder *f)
{
	char path[PATH_MAX], name[SYNTH_NAME];

	if (exists(f->part) && sweep(f->part, 0, true) < 0)
		return fail_note("left by an earlier run");
	if (make_folder(f->part) < 0)
		return fail_last();
	for (int part = 0; part < 2; part++) {
		if (set_path(path, "%s/%s", f->part, parts[part]) < 0 ||
		    make_folder(path) < 0)
			return fail_last();
		for (int c = 0; c < f->plan->classes; c++) {
			synth_name(c, name);
			if (set_path(path, "%s/%s/%s", f->part, parts[part],
			    name) < 0 || make_folder(path) < 0)
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
	if (!exists(f->path))
		return 0;
	if (!f->plan->replace)
		return fail(FAIL_IO, "%s: already there; --force replaces "
		    "it", f->path);
	if (exists(f->old))
		return fail(FAIL_IO, "%s: already there; move it away",
		    f->old);
	return sweep(f->path, 0, false);
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
	folder_free(f);
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
	if (set_path(path, "%s/%s/%s/%05" PRIu64 ".jpg", f->part, parts[part],
	    name, what.index) < 0)
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

int
synth_folder_finish(struct synth_folder *f)
{
	const bool replace = exists(f->path);
	int rc = 0;

	if (replace && rename(f->path, f->old) < 0)
		rc = fail_errno("%s", f->path);
	if (rc == 0 && rename(f->part, f->path) < 0) {
		rc = fail_errno("%s", f->path);
		if (replace && rename(f->old, f->path) < 0)
			rc = fail_note("the old folder is now %s", f->old);
	}
	if (rc == 0 && replace)
		rc = sweep(f->old, 0, true);
	if (rc < 0)
		return rc;
	folder_free(f);
	return 0;
}

void
synth_folder_discard(struct synth_folder *f)
{
	struct fail_state why;

	if (f == NULL)
		return;
	fail_save(&why);
	/* What cannot be taken away now is by the next run. */
	(void)!sweep(f->part, 0, true);
	fail_restore(&why);
	folder_free(f);
}
