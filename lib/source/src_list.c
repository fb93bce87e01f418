/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/kind.h"

/* Paths, and labels once any line has one. */
struct list {
	struct names paths;
	int64_t *labels;	/* NULL: none has */
	int first;		/* descriptor of the first picture, or -1 */
};

static struct list *
list_new(struct src_part *p)
{
	struct list *l = calloc(1, sizeof(*l));

	if (l == NULL)
		fail_memory(sizeof(*l));
	else
		l->first = -1;
	p->state = l;
	return l;
}

static void
list_close(struct src_part *p)
{
	struct list *l = p->state;

	if (l == NULL)
		return;
	if (l->first >= 0)
		close(l->first);
	names_free(&l->paths);
	free(l->labels);
	free(l);
}

static int64_t
list_label(const struct src_part *p, size_t i)
{
	const struct list *l = p->state;

	return l->labels == NULL ? SOURCE_NO_LABEL : l->labels[i];
}

static int
list_key(const struct src_part *p, size_t i, struct buf *to)
{
	const struct list *l = p->state;

	return buf_printf(to, "%s", names_get(&l->paths, i));
}

static int
list_read(const struct src_part *p, size_t i, struct source_sample *s)
{
	const struct list *l = p->state;
	int fd, rc;

	if (l->first >= 0 && i == 0)
		return src_read_file(l->first, &s->bytes);
	/* A pipe must not make us wait; it is no file anyway. */
	fd = open(names_get(&l->paths, i), O_RDONLY | O_CLOEXEC | O_NOCTTY |
	    O_NONBLOCK);
	if (fd < 0)
		return src_fail_open();
	rc = src_read_file(fd, &s->bytes);
	close(fd);
	return rc;
}

static int
set_label(struct src_part *p, struct list *l, size_t i, size_t n,
    const char *text)
{
	if (l->labels == NULL) {
		l->labels = malloc(n * sizeof(*l->labels));
		if (l->labels == NULL)
			return fail_memory(n * sizeof(*l->labels));
		for (size_t k = 0; k < n; k++)
			l->labels[k] = SOURCE_NO_LABEL;
	}
	return src_label(p, text, true, &l->labels[i]);
}

/* PATH or PATH, a tab, and a label. */
static int
take_line(struct src_part *p, struct list *l, const struct names *lines,
    size_t i)
{
	const char *line = names_get(lines, i);
	const char *tab = strchr(line, '\t');
	const size_t size = tab != NULL ? (size_t)(tab - line) : strlen(line);

	if (size == 0)
		return fail(FAIL_FORMAT, "no path");
	if (names_add(&l->paths, line, size) < 0)
		return fail_last();
	return tab == NULL ? 0 : set_label(p, l, i, lines->n, tab + 1);
}

static int
take_lines(struct src_part *p, struct list *l, const struct names *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		if (take_line(p, l, lines, i) < 0)
			return fail_note("line %zu", i + 1);
	p->n = lines->n;
	/* Names of classes come in the order of their first use. */
	p->classes_sorted = p->classes.n > 0;
	return p->n == 0 ? fail(FAIL_FORMAT, "an empty list") : 0;
}

/* No JPEG, no compressed stream, no archive. */
static bool
is_text(const struct src_probe *probe)
{
	return probe->n_head == 0 || (probe->head[0] >= 0x20 &&
	    probe->head[0] != 0xFF &&
	    memchr(probe->head, '\0', probe->n_head) == NULL &&
	    (probe->n_head < 4 || memcmp(probe->head, "(\xB5/\xFD", 4) != 0));
}

/* A list comes with "@", or as standard input that is nothing else. */
static bool
list_knows(const struct src_probe *probe)
{
	if (probe->path[0] == '@')
		return true;
	return strcmp(probe->path, "-") == 0 && is_text(probe);
}

static int
list_open(struct src_part *p, struct src_probe *probe)
{
	struct list *l = list_new(p);
	struct names lines = { 0 };
	int rc;

	if (l == NULL)
		return fail_last();
	rc = lseek(probe->fd, 0, SEEK_SET) < 0 ? fail_errno("seek") :
	    names_read_fd(&lines, probe->fd);
	if (rc == 0)
		rc = take_lines(p, l, &lines);
	names_free(&lines);
	return rc;
}

static bool
file_knows(const struct src_probe *probe)
{
	(void)probe;
	return true;
}

int
src_file_add(struct src_part *p, const char *path)
{
	struct list *l = p->state;

	if (names_add(&l->paths, path, strlen(path)) < 0)
		return fail_last();
	p->n++;
	return 0;
}

static int
file_open(struct src_part *p, struct src_probe *probe)
{
	struct list *l = list_new(p);

	if (l == NULL)
		return fail_last();
	if (probe->is_only) {
		l->first = probe->fd;
		probe->fd = -1;
	}
	return src_file_add(p, probe->path);
}

const struct src_kind src_list = {
	.name = "list",
	.help = "@FILE or standard input: PATH or PATH<TAB>LABEL on each line",
	.knows = list_knows,
	.open = list_open,
	.close = list_close,
	.label = list_label,
	.key = list_key,
	.where = list_key,
	.read = list_read,
};

const struct src_kind src_file = {
	.name = "file",
	.help = "a JPEG file",
	.knows = file_knows,
	.open = file_open,
	.close = list_close,
	.label = list_label,
	.key = list_key,
	.where = list_key,
	.read = list_read,
};
