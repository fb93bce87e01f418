/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "base/outfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lookup.h"

#define AT_WORK 128		/* files begun at the same time, at most */
#define TRIES 1000

/*
 * Temporary names lie in slots that are never freed, so that a signal handler
 * may look at them at any moment.
 */
static struct slot {
	atomic_int state;		/* 0 free, 1 being filled, 2 to remove */
	char name[PATH_MAX];
} slots[AT_WORK];

struct outfile {
	int fd;
	int lock;			/* the same file, open until the rename; or -1 */
	struct slot *slot;		/* NULL: written straight */
	char *path;			/* the final name, links resolved */
};

static struct slot *
slot_take(void)
{
	for (size_t i = 0; i < AT_WORK; i++) {
		int empty = 0;

		if (atomic_compare_exchange_strong(&slots[i].state, &empty, 1))
			return &slots[i];
	}
	fail(FAIL_LIMIT, "more than %d files begun at once", AT_WORK);
	return NULL;
}

/* Length of the folder's part of a path, with its slash. */
static int
folder_size(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? (int)(slash - path) + 1 : 0;
}

/* The folder itself, as a path; `folder` has PATH_MAX bytes. */
static void
folder_of(const char *path, char *folder)
{
	snprintf(folder, PATH_MAX, "%.*s",
	    folder_size(path) > 0 ? folder_size(path) : 1,
	    folder_size(path) > 0 ? path : ".");
}

/*
 * Temporary files of `path` are called .self-HASH-PID-COUNT.tmp, with a hash
 * of its name in the folder, so that they are known for its own.  Who writes
 * one holds a lock on it, which goes with the process.
 */
static uint64_t
hash_of(const char *path)
{
	return lookup_hash(path + folder_size(path));
}

/* The text after the digits that it begins with; NULL without any. */
static const char *
after_digits(const char *text)
{
	const size_t n = text == NULL ? 0 : strspn(text, "0123456789");

	return n > 0 ? text + n : NULL;
}

/* Is it a name that a temporary file of `path` has? */
static bool
is_temporary(const char *name, const char *path)
{
	char begin[40];
	const int n = snprintf(begin, sizeof(begin), ".self-%016" PRIx64 "-",
	    hash_of(path));

	if (strncmp(name, begin, (size_t)n) != 0)
		return false;
	name = after_digits(name + n);
	if (name == NULL || *name != '-')
		return false;
	name = after_digits(name + 1);
	return name != NULL && strcmp(name, ".tmp") == 0;
}

/* Removes a temporary file that nobody holds a lock on. */
static void
clear_one(const char *name)
{
	const int flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = open(name, O_WRONLY | flags);
	struct stat st;

	if (fd < 0 && errno == EACCES)
		fd = open(name, O_RDONLY | flags);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlink(name);
	close(fd);
}

/* Removes what killed processes left beside `path`; a folder that cannot be
 * read keeps it. */
static void
clear(const char *path)
{
	char name[PATH_MAX];
	const struct dirent *e;
	DIR *folder;

	folder_of(path, name);
	folder = opendir(name);
	while (folder != NULL && (e = readdir(folder)) != NULL)
		if (is_temporary(e->d_name, path) && snprintf(name,
		    sizeof(name), "%.*s%s", folder_size(path), path,
		    e->d_name) < (int)sizeof(name))
			clear_one(name);
	if (folder != NULL)
		closedir(folder);
}

/* Locks a file just made; false if another process has taken it for a dead
 * one's meanwhile.  Where there are no locks, nobody clears either. */
static bool
is_ours(int fd)
{
	struct stat st;

	while (flock(fd, LOCK_EX) < 0 && errno == EINTR)
		;
	return fstat(fd, &st) < 0 || st.st_nlink > 0;
}

/* Opens a new file beside `path` and leaves its name in the slot. */
static int
open_beside(struct slot *slot, const char *path)
{
	static atomic_uint count;

	for (int i = 0; i < TRIES; i++) {
		const int size = snprintf(slot->name, sizeof(slot->name),
		    "%.*s.self-%016" PRIx64 "-%ld-%u.tmp", folder_size(path),
		    path, hash_of(path), (long)getpid(),
		    atomic_fetch_add(&count, 1));
		int fd;

		if (size < 0 || (size_t)size >= sizeof(slot->name))
			return fail(FAIL_LIMIT, "a path longer than %d bytes",
			    PATH_MAX);
		/* Before the file is there: a signal just behind open() must
		 * find it in the slot. */
		atomic_store(&slot->state, 2);
		fd = open(slot->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    0666);
		if (fd >= 0 && is_ours(fd))
			return fd;
		atomic_store(&slot->state, 1);
		if (fd >= 0)
			close(fd);
		else if (errno != EEXIST)
			return fail_errno("cannot write into '%.*s'",
			    folder_size(path) > 0 ? folder_size(path) : 1,
			    folder_size(path) > 0 ? path : ".");
	}
	return fail(FAIL_IO, "temporary files of others stand in the way");
}

static int
begin_beside(struct outfile *o, const struct stat *old)
{
	struct slot *slot = slot_take();

	if (slot == NULL)
		return fail_last();
	clear(o->path);
	o->fd = open_beside(slot, o->path);
	if (o->fd < 0) {
		atomic_store(&slot->state, 0);
		return fail_last();
	}
	o->slot = slot;
	o->lock = fcntl(o->fd, F_DUPFD_CLOEXEC, 0);
	if (o->lock < 0)
		return fail_errno("cannot write");
	if (old != NULL && fchmod(o->fd, old->st_mode & 0777) < 0)
		return fail_errno("cannot set the mode of '%s'", o->path);
	return 0;
}

/* A name that leads through links (/dev/stdout) is followed to its end: a
 * rename must never replace the link. */
static int
begin(struct outfile *o, const char *path)
{
	struct stat st;
	const bool exists = stat(path, &st) == 0;

	/* What cannot be seen might be a device: it is not replaced. */
	if (!exists && errno != ENOENT)
		return fail_errno("cannot write");
	if (exists && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return fail_errno("cannot write");
	}
	if (!exists || S_ISREG(st.st_mode)) {
		o->path = exists ? realpath(path, NULL) : strdup(path);
		return o->path == NULL ? fail_errno("cannot write") :
		    begin_beside(o, exists ? &st : NULL);
	}
	o->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return o->fd < 0 ? fail_errno("cannot write") : 0;
}

struct outfile *
outfile_new(const char *path)
{
	struct outfile *o = calloc(1, sizeof(*o));

	if (o == NULL) {
		fail_memory(sizeof(*o));
		return NULL;
	}
	o->fd = o->lock = -1;
	if (begin(o, path) < 0) {
		outfile_discard(o);
		return NULL;
	}
	return o;
}

void
outfile_clear(const char *path)
{
	char *real = realpath(path, NULL);

	clear(real != NULL ? real : path);
	free(real);
}

int
outfile_fd(const struct outfile *o)
{
	return o->fd;
}

/* A folder that cannot be synced is no failure: the file itself was. */
static void
sync_folder(const char *path)
{
	char folder[PATH_MAX];
	int fd;

	folder_of(path, folder);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

int
outfile_commit(struct outfile *o)
{
	int rc = 0;

	/* EINVAL: a device or pipe, which has nothing to sync. */
	if (fsync(o->fd) < 0 && errno != EINVAL && errno != EROFS)
		rc = fail_errno("cannot write");
	if (close(o->fd) < 0 && rc == 0)
		rc = fail_errno("cannot write");
	o->fd = -1;
	if (rc == 0 && o->slot != NULL) {
		if (rename(o->slot->name, o->path) < 0) {
			rc = fail_errno("cannot rename to '%s'", o->path);
		} else {
			atomic_store(&o->slot->state, 0);
			o->slot = NULL;
			sync_folder(o->path);
		}
	}
	outfile_discard(o);
	return rc;
}

void
outfile_discard(struct outfile *o)
{
	if (o == NULL)
		return;
	if (o->fd >= 0)
		close(o->fd);
	if (o->slot != NULL) {
		unlink(o->slot->name);
		atomic_store(&o->slot->state, 0);
	}
	if (o->lock >= 0)
		close(o->lock);
	free(o->path);
	free(o);
}

void
outfile_discard_all(void)
{
	for (size_t i = 0; i < AT_WORK; i++)
		if (atomic_load(&slots[i].state) == 2)
			unlink(slots[i].name);
}
