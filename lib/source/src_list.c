/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "source/doubles.h"
#include "source/kind.h"

/* Paths, and labels once any line has one. */
struct list {
	struct names paths;
	size_t *lines;		/* number of each; NULL: no list */
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
	free(l->lines);
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

/* A line's path and label, as they stand in it. */
struct line {
	const char *path, *label;	/* label: NULL when there is none */
	size_t path_size, label_size;
};

static void
trim(const char **text, size_t *size)
{
	while (*size > 0 && strchr(" \t", (*text)[*size - 1]) != NULL)
		--*size;
	while (*size > 0 && strchr(" \t", **text) != NULL) {
		++*text;
		--*size;
	}
}

/* PATH or PATH, a tab, and a label.  Blanks around a label are ignored. */
static int
split(const char *text, struct line *line)
{
	const char *tab = strchr(text, '\t');

	*line = (struct line){ .path = text, .path_size = tab == NULL ?
	    strlen(text) : (size_t)(tab - text) };
	if (tab == NULL)
		return 0;
	line->label = tab + 1;
	line->label_size = strlen(tab + 1);
	trim(&line->label, &line->label_size);
	if (line->label_size == 0)
		line->label = NULL;
	else if (memchr(line->label, '\t', line->label_size) != NULL)
		return fail(FAIL_FORMAT, "more than two columns; a line is "
		    "PATH or PATH<TAB>LABEL");
	return 0;
}

static bool
is_blank(const char *text)
{
	return text[strspn(text, " \t")] == '\0';
}

/* Whether something is at a path, be it not for us to read. */
static bool
is_there(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* Blanks around a path are ignored too, unless a file is named so. */
static int
add_path(struct list *l, const struct line *line)
{
	const char *path = line->path;
	size_t size = line->path_size;

	if (names_add(&l->paths, path, size) < 0)
		return fail_last();
	trim(&path, &size);
	if (size == line->path_size ||
	    is_there(names_get(&l->paths, l->paths.n - 1)))
		return 0;
	l->paths.n--;
	return size == 0 ? fail(FAIL_FORMAT, "no path") :
	    names_add(&l->paths, path, size);
}

static int
take_paths(struct list *l, const struct names *lines)
{
	l->lines = malloc((lines->n + 1) * sizeof(*l->lines));
	if (l->lines == NULL)
		return fail_memory(lines->n * sizeof(*l->lines));
	for (size_t i = 0; i < lines->n; i++) {
		struct line line;

		if (is_blank(names_get(lines, i)))
			continue;
		if (split(names_get(lines, i), &line) < 0 ||
		    add_path(l, &line) < 0)
			return fail_note("line %zu", i + 1);
		l->lines[l->paths.n - 1] = i + 1;
	}
	return l->paths.n == 0 ? fail(FAIL_FORMAT, "an empty list") : 0;
}

/* Whether there is a file of the name that ends at a mark in `path`. */
static bool
is_there_before(const char *path, const char *mark)
{
	struct buf name = { 0 };
	const bool found = mark != NULL && buf_printf(&name, "%.*s",
	    (int)(mark - path), path) == 0 && is_there((char *)name.data);

	buf_free(&name);
	return found;
}

/* Quotes, as some programs write them into tables, are part of a path. */
static int
check_quotes(const char *path)
{
	const char *end = *path == '"' ? strchr(path + 1, '"') : NULL;

	return is_there_before(path + 1, end) ? fail(FAIL_FORMAT, "'%s': "
	    "quotes are taken as part of the path; write PATH<TAB>LABEL "
	    "without quotes", path) : 0;
}

/* A path that is not there, but would be without what another separator than
 * a tab splits off. */
static int
check_separator(const char *path)
{
	static const char marks[] = " ,;|";

	for (const char *mark = marks; *mark != '\0'; mark++)
		if (is_there_before(path, strrchr(path, *mark)) ||
		    is_there_before(path, strchr(path, *mark)))
			return fail(FAIL_FORMAT, "'%s': a tab, not '%c', "
			    "separates path and label; write PATH<TAB>LABEL",
			    path, *mark);
	return check_quotes(path);
}

static int
none_there(const struct src_part *p, const struct list *l)
{
	const char *first = names_get(&l->paths, 0);
	const char *list = p->path[0] == '@' ? p->path + 1 : p->path;
	const char *slash = strrchr(list, '/');
	struct buf beside = { 0 };
	int rc = src_beside(list, first, &beside);

	if (rc == 0 && slash != NULL && first[0] != '/' &&
	    is_there((const char *)beside.data))
		rc = fail(FAIL_FORMAT, "none of its %zu file%s is there; the "
		    "first, %s: No such file or directory; relative paths "
		    "start at the current folder, so cd %.*s first",
		    l->paths.n, text_plural(l->paths.n), first, (int)(slash - list), list);
	else if (rc == 0)
		rc = fail(FAIL_FORMAT, "none of its %zu file%s is there; the "
		    "first, %s: No such file or directory; relative paths "
		    "start at the current folder, a tab separates path and "
		    "label", l->paths.n, text_plural(l->paths.n), first);
	buf_free(&beside);
	return rc;
}

/* Names of columns: no file, and no name that a file would have. */
static bool
is_header(const struct names *lines, const char *path, bool others_there)
{
	static const char *const labels[] = { "label", "labels", "class",
		"class_id", "class_name", "classid", "category", "target" };
	struct line line;
	size_t i = 0;

	if (strpbrk(path, "./") == NULL && others_there)
		return true;
	if (src_name(path) == SRC_NAME_JPEG || src_name(path) == SRC_NAME_IMAGE)
		return false;
	while (is_blank(names_get(lines, i)))
		i++;
	if (split(names_get(lines, i), &line) < 0 || line.label == NULL)
		return false;
	for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (strlen(labels[i]) == line.label_size && strncasecmp(
		    line.label, labels[i], line.label_size) == 0)
			return true;
	return false;
}

/* Looks for files only up to the first that is there: in a good list, one. */
static int
check_paths(const struct src_part *p, const struct list *l,
    const struct names *lines)
{
	const char *path = names_get(&l->paths, 0);
	size_t there = 0;

	while (there < l->paths.n && !is_there(names_get(&l->paths, there)))
		there++;
	for (size_t i = 0; i < there && i < 2; i++)
		if (check_separator(names_get(&l->paths, i)) < 0)
			return fail_note("line %zu", l->lines[i]);
	if (there > 0 && is_header(lines, path, there < l->paths.n))
		return fail(FAIL_FORMAT, "the first line looks like a header "
		    "row, as there is no file '%s'; delete the line", path);
	return there < l->paths.n ? 0 : none_there(p, l);
}

/* Line numbers from 1, of the first with each kind of label; 0: none. */
struct kinds {
	size_t number, name;
};

static int
check_kind(struct kinds *k, const char *text, size_t line)
{
	const bool is_number = strspn(text, "+-0123456789") == strlen(text);
	size_t *first = is_number ? &k->number : &k->name;

	if (strcmp(text, "-1") == 0)
		return 0;
	*first += *first == 0 ? line : 0;
	return k->number == 0 || k->name == 0 ? 0 : fail(FAIL_FORMAT,
	    "label '%s' is a %s, that of line %zu is a %s; labels are all "
	    "numbers or all names", text, is_number ? "number" : "name",
	    is_number ? k->name : k->number, is_number ? "name" : "number");
}

static int
set_label(struct src_part *p, struct list *l, size_t i, const char *text)
{
	const size_t n = l->paths.n;

	if (l->labels == NULL) {
		l->labels = malloc(n * sizeof(*l->labels));
		if (l->labels == NULL)
			return fail_memory(n * sizeof(*l->labels));
		for (size_t k = 0; k < n; k++)
			l->labels[k] = SOURCE_NO_LABEL;
	}
	return src_label(p, text, true, &l->labels[i]);
}

static int
take_label(struct src_part *p, size_t i, const char *text, size_t number,
    struct kinds *kinds)
{
	struct buf label = { 0 };
	struct line line;
	int rc = split(text, &line);

	if (rc == 0 && line.label == NULL)
		return 0;
	if (rc == 0)
		rc = buf_printf(&label, "%.*s", (int)line.label_size,
		    line.label);
	if (rc == 0)
		rc = check_kind(kinds, (const char *)label.data, number);
	if (rc == 0)
		rc = set_label(p, p->state, i, (const char *)label.data);
	buf_free(&label);
	return rc;
}

/* Lines without a label among others that have one: -1 would say so. */
static int
count_unlabelled(struct src_part *p, const struct names *lines)
{
	const struct list *l = p->state;
	size_t at = 0;

	for (size_t i = 0; l->labels != NULL && i < lines->n; i++) {
		struct line line;

		if (is_blank(names_get(lines, i)))
			continue;
		if (split(names_get(lines, i), &line) < 0 ||
		    (line.label == NULL && skips_add_kept(&p->skips,
		    "image{|s} without a label", names_get(&l->paths, at)) < 0))
			return fail_last();
		at++;
	}
	return 0;
}

static int
take_labels(struct src_part *p, const struct names *lines)
{
	struct kinds kinds = { 0 };
	size_t at = 0;

	for (size_t i = 0; i < lines->n; i++) {
		const char *text = names_get(lines, i);

		if (is_blank(text))
			continue;
		if (take_label(p, at++, text, i + 1, &kinds) < 0)
			return fail_note("line %zu", i + 1);
	}
	/* Names of classes come in the order of their first use. */
	p->classes_sorted = p->classes.n > 0;
	return count_unlabelled(p, lines);
}

static int
take_lines(struct src_part *p, struct list *l, const struct names *lines)
{
	if (take_paths(l, lines) < 0 || check_paths(p, l, lines) < 0)
		return fail_last();
	p->n = l->paths.n;
	if (take_labels(p, lines) < 0)
		return fail_last();
	return doubles_list(&l->paths, l->labels, l->lines, p->path);
}

bool
src_is_text(const struct src_probe *probe)
{
	if (probe->n_head >= 2 && (memcmp(probe->head, "\xFF\xFE", 2) == 0 ||
	    memcmp(probe->head, "\xFE\xFF", 2) == 0))
		return true;
	return probe->n_head == 0 || ((probe->head[0] >= 0x20 ||
	    strchr("\t\r\n", probe->head[0]) != NULL) &&
	    probe->head[0] != 0xFF &&
	    memchr(probe->head, '\0', probe->n_head) == NULL &&
	    (probe->n_head < 4 || memcmp(probe->head, "(\xB5/\xFD", 4) != 0));
}

/* A list comes with "@", or as standard input that is nothing else. */
static int
list_knows(const struct src_probe *probe)
{
	if (probe->path[0] == '@')
		return 1;
	return strcmp(probe->path, "-") == 0 && src_is_text(probe);
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

static int
file_knows(const struct src_probe *probe)
{
	(void)probe;
	return 1;
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
