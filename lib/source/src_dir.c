/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/kind.h"

#define MAX_DEPTH 64

/* A folder below the root with the pictures that lie in it. */
struct folder {
	size_t parent;		/* folder, or NONE */
	size_t start, n;	/* in `files` */
	size_t first;		/* sample */
	int64_t class;
	dev_t device;
	ino_t inode;
};

#define NONE SIZE_MAX

struct tree {
	int root;		/* descriptor */
	struct names paths;	/* of the folders, relative; "" the root */
	struct names files;	/* without their folder; sorted in each */
	struct folder *folders;	/* as many as paths */
	size_t room;
	struct skips *skips;	/* of the part */
};

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

/* Type of an entry, looked up only where the folder does not tell. */
static int
type_of(int fd, const struct dirent *e, unsigned char *type)
{
	struct stat st;

	*type = e->d_type;
	if (*type != DT_LNK && *type != DT_UNKNOWN)
		return 0;
	if (fstatat(fd, e->d_name, &st, 0) < 0)
		return fail_errno("%s", e->d_name);
	*type = S_ISDIR(st.st_mode) ? DT_DIR : S_ISREG(st.st_mode) ? DT_REG :
	    DT_SOCK;
	return 0;
}

static int
add_entry(struct tree *t, int fd, const struct dirent *e, struct names *subs)
{
	const bool picture = src_is_picture_name(e->d_name);
	unsigned char type;

	if (e->d_name[0] == '.')
		return 0;
	if (type_of(fd, e, &type) < 0) {
		/* A dangling link to a picture is that picture's trouble. */
		if (!picture)
			return fail_last();
		type = DT_REG;
	}
	if (type == DT_DIR)
		return names_add(subs, e->d_name, strlen(e->d_name));
	if (type == DT_REG && picture)
		return names_add(&t->files, e->d_name, strlen(e->d_name));
	return skips_add(t->skips, false, "other files", e->d_name);
}

static int
list_folder(struct tree *t, DIR *dir, struct names *subs)
{
	const struct dirent *e;

	for (errno = 0; (e = readdir(dir)) != NULL; errno = 0)
		if (add_entry(t, dirfd(dir), e, subs) < 0)
			return fail_last();
	return errno != 0 ? fail_errno("reading the folder") : 0;
}

/* Links may lead back up; without this the walk would not end. */
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
	for (size_t up = f->parent; up != NONE; up = t->folders[up].parent) {
		if (t->folders[up].device == f->device &&
		    t->folders[up].inode == f->inode)
			return fail(FAIL_FORMAT, "a link that leads back to a "
			    "folder above it");
		if (++depth > MAX_DEPTH)
			return fail(FAIL_LIMIT, "more than %d folders deep",
			    MAX_DEPTH);
	}
	return 0;
}

/* Reads folder `at`: its pictures, sorted, and the names of folders in it. */
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
		rc = list_folder(t, dir, subs);
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
	/* Classes come sorted already, one behind the other. */
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

static int
drop_files(struct tree *t)
{
	for (size_t i = 0; i < t->files.n; i++)
		if (skips_add(t->skips, true, "images beside the class "
		    "folders", names_get(&t->files, i)) < 0)
			return fail_last();
	names_free(&t->files);
	t->folders[0].n = 0;
	return 0;
}

static int
walk(struct src_part *p, struct tree *t)
{
	if (push_folder(t, "", NONE, SOURCE_NO_LABEL) < 0 ||
	    scan_folder(t, 0, &p->classes) < 0 ||
	    names_sort(&p->classes, 0) < 0)
		return fail_last();
	p->classes_sorted = true;
	if (p->classes.n > 0 && drop_files(t) < 0)
		return fail_last();
	for (size_t c = 0; c < p->classes.n; c++) {
		if (walk_class(t, names_get(&p->classes, c), (int64_t)c) < 0)
			return fail_last();
		p->max_label = (int64_t)c;
	}
	if (t->files.n == 0)
		return fail(FAIL_FORMAT, "no .jpg or .jpeg file in this folder"
		    "%s", p->classes.n > 0 ? "'s sub-folders" : "");
	p->n = t->files.n;
	return number_samples(t);
}

static bool
dir_knows(const struct src_probe *probe)
{
	return probe->is_folder && probe->path[0] != '@';
}

static int
dir_open(struct src_part *p, struct src_probe *probe)
{
	struct tree *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return fail_memory(sizeof(*t));
	p->state = t;
	t->skips = &p->skips;
	t->root = probe->fd;
	probe->fd = -1;
	return walk(p, t);
}

static void
dir_close(struct src_part *p)
{
	struct tree *t = p->state;

	if (t == NULL)
		return;
	close(t->root);
	names_free(&t->paths);
	names_free(&t->files);
	free(t->folders);
	free(t);
}

/* The folder that holds sample i: the last that begins at i or before. */
static size_t
folder_of(const struct tree *t, size_t i)
{
	size_t low = 0, high = t->paths.n;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (t->folders[middle].first <= i)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static int64_t
dir_label(const struct src_part *p, size_t i)
{
	const struct tree *t = p->state;

	return t->folders[folder_of(t, i)].class;
}

static int
dir_key(const struct src_part *p, size_t i, struct buf *to)
{
	const struct tree *t = p->state;
	const size_t at = folder_of(t, i);
	const struct folder *f = &t->folders[at];
	const char *path = names_get(&t->paths, at);

	return buf_printf(to, "%s%s%s", path, *path == '\0' ? "" : "/",
	    names_get(&t->files, f->start + (i - f->first)));
}

static int
dir_where(const struct src_part *p, size_t i, struct buf *to)
{
	const size_t size = strlen(p->path);

	if (buf_printf(to, "%s%s", p->path,
	    size > 0 && p->path[size - 1] == '/' ? "" : "/") < 0)
		return fail_last();
	return dir_key(p, i, to);
}

static int
dir_read(const struct src_part *p, size_t i, struct source_sample *s)
{
	const struct tree *t = p->state;
	struct buf path = { 0 };
	int fd, rc = dir_key(p, i, &path);

	if (rc == 0) {
		fd = openat(t->root, (const char *)path.data,
		    O_RDONLY | O_CLOEXEC);
		rc = fd < 0 ? src_fail_open() :
		    src_read_file(fd, &s->bytes);
		if (fd >= 0)
			close(fd);
	}
	buf_free(&path);
	return rc;
}

const struct src_kind src_dir = {
	.name = "folder",
	.help = "a folder for each class, or one folder without labels",
	.knows = dir_knows,
	.open = dir_open,
	.close = dir_close,
	.label = dir_label,
	.key = dir_key,
	.where = dir_where,
	.read = dir_read,
};
