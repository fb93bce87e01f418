/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "source/names.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"

#define READ_STEP 65536

int
names_add(struct names *l, const char *text, size_t size)
{
	const size_t start = l->texts.size;

	if (l->n == l->room) {
		const size_t room = l->room < 8 ? 16 : 2 * l->room;
		size_t *starts = realloc(l->starts, room * sizeof(*starts));

		if (starts == NULL)
			return fail_memory(room * sizeof(*starts));
		l->starts = starts;
		l->room = room;
	}
	if (buf_append(&l->texts, text, size) < 0 ||
	    buf_append(&l->texts, "", 1) < 0) {
		l->texts.size = start;
		return fail_last();
	}
	l->starts[l->n++] = start;
	return 0;
}

const char *
names_get(const struct names *l, size_t i)
{
	return (const char *)l->texts.data + l->starts[i];
}

void
names_free(struct names *l)
{
	buf_free(&l->texts);
	free(l->starts);
	free(l->table);
	*l = (struct names){ 0 };
}

static int
compare(const void *a, const void *b, void *texts)
{
	const char *const base = texts;

	return strcmp(base + *(const size_t *)a, base + *(const size_t *)b);
}

void
names_drop_table(struct names *l)
{
	free(l->table);
	l->table = NULL;
	l->table_size = l->in_table = 0;
}

int
names_sort(struct names *l, size_t from)
{
	names_drop_table(l);
	if (l->n - from > 1)
		qsort_r(l->starts + from, l->n - from, sizeof(*l->starts),
		    compare, l->texts.data);
	return 0;
}

/* FNV-1a, 64 bits. */
static size_t
hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3u;
	return (size_t)(h ^ h >> 29);
}

/* The slot where `text` is or would be. */
static size_t
slot_of(const struct names *l, const char *text)
{
	size_t slot = hash(text) & (l->table_size - 1);

	while (l->table[slot] != 0 &&
	    strcmp(names_get(l, l->table[slot] - 1), text) != 0)
		slot = (slot + 1) & (l->table_size - 1);
	return slot;
}

static int
grow_table(struct names *l)
{
	size_t size = 64;

	while (size < 2 * l->n)
		size *= 2;
	free(l->table);
	l->table = calloc(size, sizeof(*l->table));
	if (l->table == NULL)
		return fail_memory(size * sizeof(*l->table));
	l->table_size = size;
	l->in_table = 0;
	return 0;
}

int
names_find(struct names *l, const char *text, size_t *at)
{
	if ((l->table == NULL || 3 * l->n > 2 * l->table_size) &&
	    grow_table(l) < 0)
		return fail_last();
	for (; l->in_table < l->n; l->in_table++) {
		const size_t slot = slot_of(l, names_get(l, l->in_table));

		if (l->table[slot] == 0)
			l->table[slot] = l->in_table + 1;
	}
	*at = l->table[slot_of(l, text)] - 1;
	return 0;
}

int
names_check_once(struct names *l)
{
	for (size_t i = 0; i < l->n; i++) {
		size_t at;

		if (names_find(l, names_get(l, i), &at) < 0)
			return fail_last();
		if (at != i)
			return fail(FAIL_FORMAT, "classes %zu and %zu are "
			    "both named '%s', and cannot be joined by name "
			    "with other classes", at, i, names_get(l, i));
	}
	return 0;
}

/* A text may begin with a byte order mark: UTF-8's is dropped. */
static int
drop_mark(const char **line, size_t *size)
{
	if (*size >= 2 && (memcmp(*line, "\xFF\xFE", 2) == 0 ||
	    memcmp(*line, "\xFE\xFF", 2) == 0))
		return fail(FAIL_FORMAT, "UTF-16 text; convert it: "
		    "iconv -f UTF-16 -t UTF-8");
	if (*size >= 3 && memcmp(*line, "\xEF\xBB\xBF", 3) == 0) {
		*line += 3;
		*size -= 3;
	}
	return 0;
}

static int
add_line(struct names *l, const char *line, size_t size)
{
	if (l->n == 0 && drop_mark(&line, &size) < 0)
		return fail_last();
	if (size > 0 && line[size - 1] == '\r')
		size--;
	if (memchr(line, '\0', size) != NULL)
		return fail(FAIL_FORMAT, "line %zu: a NUL byte; not UTF-8 "
		    "text (UTF-16? iconv converts it)", l->n + 1);
	return names_add(l, line, size);
}

/* Adds the complete lines in `text` and keeps what is behind the last. */
static int
add_lines(struct names *l, struct buf *text)
{
	char *line = (char *)text->data;
	char *const end = line + text->size;
	char *stop;

	while (line < end &&
	    (stop = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		if (add_line(l, line, (size_t)(stop - line)) < 0)
			return fail_last();
		line = stop + 1;
	}
	text->size = (size_t)(end - line);
	if (text->size > 0)
		memmove(text->data, line, text->size);
	return 0;
}

static int
read_lines(struct names *l, int fd, struct buf *text)
{
	for (;;) {
		ssize_t got;

		if (buf_reserve(text, READ_STEP) < 0)
			return fail_last();
		do
			got = read(fd, text->data + text->size, READ_STEP);
		while (got < 0 && errno == EINTR);
		if (got < 0)
			return fail_errno("reading lines");
		if (got == 0)
			break;
		text->size += (size_t)got;
		if (add_lines(l, text) < 0)
			return fail_last();
	}
	return text->size == 0 ? 0 : add_line(l, (char *)text->data,
	    text->size);
}

int
names_read_fd(struct names *l, int fd)
{
	struct buf text = { .max = (size_t)1 << 20 };
	const int rc = read_lines(l, fd, &text);

	buf_free(&text);
	while (l->n > 0 && *names_get(l, l->n - 1) == '\0')
		l->n--;
	return rc;
}

int
names_read_lines(struct names *l, const char *path)
{
	const bool standard = strcmp(path, "-") == 0;
	const int fd = standard ? STDIN_FILENO :
	    open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return fail_errno("%s", path);
	rc = names_read_fd(l, fd);
	if (!standard)
		close(fd);
	return rc < 0 ? fail_note("%s", path) : 0;
}

int
names_read_optional(struct names *l, const char *path)
{
	if (access(path, F_OK) == 0)
		return names_read_lines(l, path);
	return errno == ENOENT ? 0 : fail_errno("%s", path);
}
