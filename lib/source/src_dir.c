/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/tree.h"

static int
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
	t->root = probe->fd;
	probe->fd = -1;
	return tree_walk(t, p);
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
