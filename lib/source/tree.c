/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "source/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/format.h"
#include "source/level.h"

#define MAX_DEPTH 64
#define HEAD_BYTES 64		/* of a file that decide on its format */

static int
push_folder(struct tree *t, const char *path, size_t parent, int64_t class)
{
	if (t->paths.n == t->room) {
		const size_t room = t->room == 0 ? 16 : 2 * t->room;
		struct folder *f = realloc(t->folders, room * sizeof(*f));

		if (f == NULL)
			return fail_memory(room * sizeof(*f));
		t->folders = f;
		t->room = room;
	}
	t->folders[t->paths.n] = (struct folder){ .parent = parent,
		.class = class };
	return names_add(&t->paths, path, strlen(path));
}

/* Counts what is skipped; `name` lies in folder `at`. */
static int
skip(struct tree *t, bool lost, const char *reason, size_t at,
    const char *name)
{
	const char *folder = names_get(&t->paths, at);
	struct buf path = { 0 };
	int rc = buf_printf(&path, "%s%s%s", folder,
	    *folder == '\0' ? "" : "/", name);

	if (rc == 0)
		rc = skips_add(t->skips, lost, reason,
		    (const char *)path.data);
	buf_free(&path);
	t->lost += lost;
	return rc;
}

/* What becomes of an entry. */
enum entry_type { IS_FOLDER, IS_FILE, IS_DEAD, IS_CLOSED, IS_STRANGE };

/* Type of an entry, looked up only where the folder does not say it. */
static int
type_of(int fd, const struct dirent *e, enum entry_type *type)
{
	unsigned char kind = e->d_type;
	struct stat st;

	if (kind == DT_LNK || kind == DT_UNKNOWN) {
		if (fstatat(fd, e->d_name, &st, 0) < 0) {
			*type = errno == EACCES ? IS_CLOSED : IS_DEAD;
			return errno == EACCES || errno == ENOENT ||
			    errno == ELOOP || errno == ENOTDIR ? 0 :
			    fail_errno("%s", e->d_name);
		}
		kind = S_ISDIR(st.st_mode) ? DT_DIR :
		    S_ISREG(st.st_mode) ? DT_REG : DT_SOCK;
	}
	*type = kind == DT_DIR ? IS_FOLDER : kind == DT_REG ? IS_FILE :
	    IS_STRANGE;
	return 0;
}

/* The format of a file's content in *format, NULL for no image.  1 when it
 * may not be read. */
static int
format_of(int folder, const char *name, const char **format)
{
	unsigned char head[HEAD_BYTES];
	const struct format *f;
	const int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOCTTY |
	    O_NONBLOCK);
	ssize_t got;

	*format = NULL;
	if (fd < 0)
		return errno == EACCES || errno == EPERM ? 1 :
		    fail_errno("%s", name);
	got = pread(fd, head, sizeof(head), 0);
	close(fd);
	if (got < 0)
		return fail_errno("%s", name);
	f = format_find(head, (size_t)got);
	if (f != NULL && strstr(f->what, "image") != NULL)
		*format = f->name;
	return 0;
}

/* A file whose name is not that of a JPEG file; it may still be one. */
static int
add_unnamed(struct tree *t, size_t at, int fd, const char *name)
{
	const enum src_name kind = src_name(name);
	const char *format = NULL;
	bool is_jpeg;
	int rc = 0;

	if (kind != SRC_NAME_OTHER)
		rc = format_of(fd, name, &format);
	if (rc < 0)
		return rc;
	if (rc > 0)
		return skip(t, true, "file{|s} that may not be read", at, name);
	is_jpeg = format != NULL && strcmp(format, "JPEG") == 0;
	if (is_jpeg && kind != SRC_NAME_UNKNOWN)
		return names_add(&t->files, name, strlen(name));
	if (is_jpeg)
		return skip(t, true, "JPEG file{|s} of another name "
		    "(rename to .jpg)", at, name);
	if (format != NULL || kind == SRC_NAME_IMAGE)
		return skip(t, true, "image{|s} that {is|are} not JPEG", at, name);
	return skip(t, false, "other file{|s}", at, name);
}

static int
add_entry(struct tree *t, size_t at, int fd, const struct dirent *e,
    struct names *subs)
{
	const char *name = e->d_name;
	const bool is_named = src_name(name) == SRC_NAME_JPEG;
	enum entry_type type;

	if (src_is_junk_name(name))
		return 0;
	if (type_of(fd, e, &type) < 0)
		return fail_last();
	if (type == IS_FOLDER)
		return names_add(subs, name, strlen(name));
	if (type == IS_DEAD)
		return skip(t, true, "dead link{|s}", at, name);
	if (type == IS_CLOSED)
		return skip(t, true, "file{|s} that may not be read", at, name);
	if (type == IS_STRANGE)
		return is_named ? skip(t, true, "image{|s} that {is|are} not a file",
		    at, name) : skip(t, false, "other file{|s}", at, name);
	return is_named ? names_add(&t->files, name, strlen(name)) :
	    add_unnamed(t, at, fd, name);
}

static int
list_folder(struct tree *t, size_t at, DIR *dir, struct names *subs)
{
	const struct dirent *e;

	for (errno = 0; (e = readdir(dir)) != NULL; errno = 0)
		if (add_entry(t, at, dirfd(dir), e, subs) < 0)
			return fail_last();
	return errno != 0 ? fail_errno("reading the folder") : 0;
}

/* Links may lead back up; without this the walk would not end.  1 for those
 * that do. */
static int
check_loop(struct tree *t, size_t at, int fd)
{
	struct folder *f = &t->folders[at];
	struct stat st;
	int depth = 0;

	if (fstat(fd, &st) < 0)
		return fail_errno("stat");
	f->device = st.st_dev;
	f->inode = st.st_ino;
	for (size_t up = f->parent; up != SIZE_MAX; up = t->folders[up].parent) {
		if (t->folders[up].device == f->device &&
		    t->folders[up].inode == f->inode)
			return 1;
		if (++depth > MAX_DEPTH)
			return fail(FAIL_LIMIT, "more than %d folders deep",
			    MAX_DEPTH);
	}
	return 0;
}

/* Reads folder `at`: its images, sorted, and the names of folders in it. */
static int
scan_folder(struct tree *t, size_t at, struct names *subs)
{
	const char *path = names_get(&t->paths, at);
	const int fd = openat(t->root, *path == '\0' ? "." : path,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct folder *f = &t->folders[at];
	int rc;

	if (dir == NULL) {
		rc = fail_errno("%s", path);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	f->start = t->files.n;
	rc = check_loop(t, at, fd);
	if (rc == 0)
		rc = list_folder(t, at, dir, subs);
	else if (rc > 0)
		rc = skips_add(t->skips, true, "link{|s} that lead{s|} back to a "
		    "folder above", path);
	closedir(dir);
	if (rc < 0)
		return *path == '\0' ? rc : fail_note("%s", path);
	f->n = t->files.n - f->start;
	return names_sort(&t->files, f->start);
}

/* Adds the folders `subs` of `parent`, in any order. */
static int
push_subs(struct tree *t, size_t parent, const struct names *subs)
{
	struct buf path = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < subs->n; i++) {
		path.size = 0;
		rc = buf_printf(&path, "%s/%s", names_get(&t->paths, parent),
		    names_get(subs, i));
		if (rc == 0)
			rc = push_folder(t, (const char *)path.data, parent,
			    t->folders[parent].class);
	}
	buf_free(&path);
	return rc;
}

/* A place in the walk and its path, for sorting. */
struct entry {
	const char *path;
	struct folder folder;
};

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path,
	    ((const struct entry *)b)->path);
}

/* Numbers the samples: classes, then folders by path, then file names.  The
 * paths themselves stay where they are, so only folders' order is kept. */
static int
number_samples(struct tree *t)
{
	const size_t n = t->paths.n;
	struct entry *order = calloc(n, sizeof(*order));
	struct names sorted = { 0 };
	size_t first = 0;
	int rc = 0;

	if (order == NULL)
		return fail_memory(n * sizeof(*order));
	for (size_t i = 0; i < n; i++)
		order[i] = (struct entry){ names_get(&t->paths, i),
			t->folders[i] };
	/* Classes come sorted already, one after the other. */
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n &&
		    order[end].folder.class == order[i].folder.class; end++)
			;
		qsort(order + i, end - i, sizeof(*order), compare);
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = names_add(&sorted, order[i].path, strlen(order[i].path));
		t->folders[i] = order[i].folder;
		t->folders[i].first = first;
		first += t->folders[i].n;
	}
	free(order);
	names_free(&t->paths);
	t->paths = sorted;
	return rc;
}

static int
walk_class(struct tree *t, const char *name, int64_t class)
{
	struct names subs = { 0 };
	size_t at = t->paths.n;
	int rc = push_folder(t, name, 0, class);

	for (; rc == 0 && at < t->paths.n; at++) {
		rc = scan_folder(t, at, &subs);
		if (rc == 0)
			rc = push_subs(t, at, &subs);
		names_free(&subs);
	}
	return rc;
}

/* The classes are the folders that hold an image, be it one that is not
 * read; without a JPEG file in any of them, there are none. */
static int
walk_classes(struct tree *t, const struct names *subs, struct names *classes)
{
	const size_t loose = t->files.n;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < subs->n; i++) {
		const char *name = names_get(subs, i);
		const size_t folders = t->paths.n, files = t->files.n;
		const size_t lost = t->lost;

		rc = walk_class(t, name, (int64_t)classes->n);
		if (rc == 0 && (t->files.n > files || t->lost > lost)) {
			rc = names_add(classes, name, strlen(name));
		} else if (rc == 0) {
			t->paths.n = folders;
			rc = skips_add(t->skips, false, "folder{|s} without an "
			    "image", name);
		}
	}
	if (rc == 0 && t->files.n == loose) {
		names_free(classes);
		t->paths.n = 1;
	}
	return rc;
}

/* With classes, images that lie in none would be of no class. */
static int
lose_loose(struct tree *t)
{
	struct folder *root = &t->folders[0];

	for (; root->n > 0; root->n--, root->start++)
		if (skips_add(t->skips, true, "image{|s} beside the class "
		    "folders", names_get(&t->files, root->start)) < 0)
			return fail_last();
	return 0;
}

/* Says what is there instead: lost images, or else other files. */
static int
nothing_found(const struct skips *s)
{
	const struct skip *k = s->all;
	char text[512];

	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].lost && !k->lost)
			k = &s->all[i];
	return s->n == 0 ?
	    fail(FAIL_FORMAT, "no .jpg or .jpeg file in this folder") :
	    fail(FAIL_FORMAT, "no .jpg or .jpeg file in this folder, but %s",
	    skip_text(k, text, sizeof(text)));
}

int
tree_walk(struct tree *t, struct src_part *p)
{
	struct names subs = { 0 };
	int rc = push_folder(t, "", SIZE_MAX, SOURCE_NO_LABEL);

	t->skips = &p->skips;
	if (rc == 0)
		rc = scan_folder(t, 0, &subs);
	if (rc == 0)
		rc = names_sort(&subs, 0);
	if (rc == 0)
		rc = walk_classes(t, &subs, &p->classes);
	names_free(&subs);
	if (rc < 0)
		return rc;
	if (t->files.n == 0)
		return nothing_found(t->skips);
	p->n = t->files.n;
	if (p->classes.n > 0) {
		p->n -= t->folders[0].n;
		p->max_label = (int64_t)p->classes.n - 1;
		if (lose_loose(t) < 0 || level_remark(&p->classes, p->path,
		    p->classes.n == 1 && t->folders[1].n == 0, true) < 0)
			return fail_last();
	}
	p->classes_sorted = true;
	return number_samples(t);
}
