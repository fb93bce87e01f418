/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "source/classes.h"
#include "source/doubles.h"
#include "source/kind.h"
#include "source/spill.h"
#include "source/tar_in.h"

struct source {
	struct src_part *parts;
	size_t n_parts, n;
	struct names classes;
	size_t n_text;		/* operands that look like lists */
	int spill;		/* of all parts, -1 until one needs it */
};

int
src_beside(const char *path, const char *name, struct buf *to)
{
	const char *slash = strrchr(path, '/');
	const size_t size = slash == NULL ? 0 : (size_t)(slash - path) + 1;

	return buf_printf(to, "%.*s%s", (int)size, path, name);
}

int
src_fail_open(void)
{
	const int error = errno;

	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case EACCES:
	case ELOOP:
	case ENAMETOOLONG:
	case ENXIO:	/* a socket, or a device that is not there */
		return fail(FAIL_FORMAT, "open: %s", strerror(error));
	default:
		return fail_errno("open");
	}
}

static uint64_t file_most = SOURCE_FILE;

void
source_max_file(uint64_t bytes)
{
	file_most = bytes < UINT32_MAX ? bytes : UINT32_MAX;
	tar_in_believe();
}

int
src_check_size(uint64_t bytes)
{
	return bytes <= file_most ? 0 : fail(FAIL_LIMIT, "a file of %" PRIu64
	    " bytes, limit %" PRIu64 " (--max-record SIZE sets another)",
	    bytes, file_most);
}

int
src_read_file(int fd, struct buf *to)
{
	struct stat st;
	size_t size;

	if (fstat(fd, &st) < 0)
		return fail_errno("stat");
	if (!S_ISREG(st.st_mode))
		return fail(FAIL_FORMAT, "not a file");
	size = (size_t)st.st_size;
	if (src_check_size(size) < 0)
		return fail_last();
	to->size = 0;
	if (buf_reserve(to, size + 1) < 0 ||
	    spill_read(fd, to->data, size, 0) < 0)
		return fail_last();
	to->size = size;
	return 0;
}

/* What cannot be read at an offset, a pipe, is put aside first. */
static int
make_seekable(struct src_probe *probe)
{
	int fd;

	if (lseek(probe->fd, 0, SEEK_CUR) >= 0)
		return 0;
	fd = spill_copy(probe->fd);
	if (fd < 0)
		return fail_last();
	close(probe->fd);
	probe->fd = fd;
	probe->is_only = true;
	return 0;
}

static int
probe_open(struct src_probe *probe, const char *path)
{
	const char *name = path[0] == '@' ? path + 1 : path;
	struct stat st;
	ssize_t got;

	*probe = (struct src_probe){ .path = path,
		.is_only = strcmp(name, "-") == 0 };
	probe->fd = strcmp(name, "-") == 0 ? dup(STDIN_FILENO) :
	    open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (probe->fd < 0)
		return fail_errno("open");
	if (fstat(probe->fd, &st) < 0)
		return fail_errno("stat");
	probe->is_folder = S_ISDIR(st.st_mode);
	if (probe->is_folder)
		return 0;
	if (make_seekable(probe) < 0)
		return fail_last();
	got = pread(probe->fd, probe->head, sizeof(probe->head), 0);
	if (got < 0)
		return fail_errno("read");
	probe->n_head = (size_t)got;
	return 0;
}

static void
part_close(struct src_part *p)
{
	if (p->kind != NULL)
		p->kind->close(p);
	names_free(&p->classes);
	skips_free(&p->skips);
	free(p->to_class);
	free(p->path);
	*p = (struct src_part){ 0 };
}

int
src_spill(struct src_part *p)
{
	if (*p->spill < 0)
		*p->spill = spill_new();
	return *p->spill;
}

/* Which kind the operand is; the last one knows everything. */
static int
find_kind(const struct src_probe *probe, const struct src_kind **kind)
{
	int knows = 0;

	for (size_t i = 0; knows == 0; i++) {
		*kind = src_table[i];
		knows = (*kind)->knows(probe);
	}
	return knows < 0 ? knows : 0;
}

static int
open_part(struct source *s, struct src_probe *probe,
    const struct src_kind *kind)
{
	struct src_part *p = &s->parts[s->n_parts++];

	p->path = strdup(probe->path);
	if (p->path == NULL)
		return fail_memory(strlen(probe->path));
	p->kind = kind;
	p->max_label = SOURCE_NO_LABEL;
	p->spill = &s->spill;
	return p->kind->open(p, probe);
}

static int
add_path(struct source *s, const char *path)
{
	struct src_probe probe = { .fd = -1 };
	struct src_part *last = s->n_parts > 0 ? &s->parts[s->n_parts - 1] :
	    NULL;
	const struct src_kind *kind = NULL;
	int rc = probe_open(&probe, path);

	if (rc == 0)
		rc = find_kind(&probe, &kind);
	s->n_text += rc == 0 && kind == &src_file && probe.n_head > 0 &&
	    !src_is_picture_name(path) && src_is_text(&probe);
	/* Files one after the other share a part. */
	if (rc == 0 && kind == &src_file && !probe.is_only && last != NULL &&
	    last->kind == kind)
		rc = src_file_add(last, path);
	else if (rc == 0)
		rc = open_part(s, &probe, kind);
	if (probe.fd >= 0)
		close(probe.fd);
	return rc < 0 ? fail_note("%s", strcmp(path, "-") == 0 ?
	    "standard input" : path) : 0;
}

/* The fields of streams, which only a stream alone in its source keeps. */
static int
note_fields(struct src_part *p)
{
	const size_t n = p->kind->n_fields == NULL ? 0 : p->kind->n_fields(p);

	for (size_t f = 0; f < n; f++)
		if (skips_add(&p->skips, true, "field{|s} that {is|are} kept only of "
		    "a stream that is the one source",
		    p->kind->field(p, f)->name) < 0)
			return fail_last();
	return 0;
}

static int
open_all(struct source *s, char *const *paths, size_t n, const char *classes)
{
	s->parts = calloc(n, sizeof(*s->parts));
	if (s->parts == NULL)
		return fail_memory(n * sizeof(*s->parts));
	if (doubles_operands(paths, n) < 0)
		return fail_last();
	for (size_t i = 0; i < n; i++)
		if (add_path(s, paths[i]) < 0)
			return fail_last();
	if (s->n_text == n)
		return fail(FAIL_FORMAT, "%s: a text file; write @%s for a "
		    "list of paths", paths[0], paths[0]);
	for (size_t i = 0; i < s->n_parts; i++) {
		struct src_part *p = &s->parts[i];

		if (p->kind->settle != NULL &&
		    p->kind->settle(p, s->parts, s->n_parts) < 0)
			return fail_note("%s", p->path);
		if (s->n_parts > 1 && note_fields(p) < 0)
			return fail_last();
		s->parts[i].first = s->n;
		s->n += s->parts[i].n;
	}
	return classes_join(&s->classes, s->parts, s->n_parts, classes);
}

struct source *
source_open(char *const *paths, size_t n, const char *classes)
{
	struct source *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		fail_memory(sizeof(*s));
		return NULL;
	}
	s->spill = -1;
	if (open_all(s, paths, n, classes) < 0) {
		source_close(s);
		return NULL;
	}
	return s;
}

void
source_close(struct source *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n_parts; i++)
		part_close(&s->parts[i]);
	free(s->parts);
	names_free(&s->classes);
	if (s->spill >= 0)
		close(s->spill);
	free(s);
}

size_t
source_count(const struct source *s)
{
	return s->n;
}

const struct names *
source_classes(const struct source *s)
{
	return &s->classes;
}

/* The part of sample *i, which becomes its number there. */
static const struct src_part *
part_of(const struct source *s, size_t *i)
{
	size_t low = 0, high = s->n_parts;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (s->parts[middle].first <= *i)
			low = middle;
		else
			high = middle;
	}
	*i -= s->parts[low].first;
	return &s->parts[low];
}

int64_t
source_label(const struct source *s, size_t i)
{
	const struct src_part *p = part_of(s, &i);
	const int64_t label = p->kind->label(p, i);

	return label < 0 || p->to_class == NULL ? label : p->to_class[label];
}

int
source_read(const struct source *s, size_t i, struct source_sample *sample)
{
	const struct src_part *p = part_of(s, &i);

	sample->height = sample->width = sample->channels = 0;
	return p->kind->read(p, i, sample);
}

/* A stream's own numbers mean something while it is alone. */
static const struct src_part *
lone_stream(const struct source *s)
{
	return s->n_parts == 1 && s->parts[0].kind->head != NULL ?
	    &s->parts[0] : NULL;
}

int
source_index(const struct source *s, size_t i, int64_t *index)
{
	const struct src_part *p = lone_stream(s);

	*index = (int64_t)i;
	return p == NULL || p->kind->index == NULL ? 0 :
	    p->kind->index(p, i, index);
}

/* Names of files are bytes; keys are text. */
static int
escape(struct buf *text)
{
	struct buf out = { 0 };
	int rc = 0;

	for (size_t at = 0; rc == 0 && at < text->size;) {
		const size_t n = text_utf8(text->data + at,
		    text->size - at);

		rc = n > 0 ? buf_append(&out, text->data + at, n) :
		    buf_printf(&out, "%%%02X", text->data[at]);
		at += n > 0 ? n : 1;
	}
	if (rc == 0) {
		text->size = 0;
		rc = buf_append(text, out.data, out.size);
	}
	buf_free(&out);
	return rc;
}

static int
finish_text(struct buf *to)
{
	if (!value_utf8((const char *)to->data, to->size) && escape(to) < 0)
		return fail_last();
	if (buf_reserve(to, 1) < 0)
		return fail_last();
	to->data[to->size] = '\0';
	return 0;
}

int
source_key(const struct source *s, size_t i, struct buf *to)
{
	const struct src_part *p = part_of(s, &i);

	to->size = 0;
	if (p->kind->key(p, i, to) < 0)
		return fail_last();
	return finish_text(to);
}

int
source_name(const struct source *s, size_t i, struct buf *to)
{
	const struct src_part *p = part_of(s, &i);

	to->size = 0;
	if (p->kind->where != NULL) {
		if (p->kind->where(p, i, to) < 0)
			return fail_last();
	} else if (buf_printf(to, "%s: ", p->path) < 0 ||
	    p->kind->key(p, i, to) < 0) {
		return fail_last();
	}
	return finish_text(to);
}

size_t
source_n_fields(const struct source *s)
{
	const struct src_part *p = lone_stream(s);

	return p == NULL ? 0 : p->kind->n_fields(p);
}

const struct source_field *
source_field(const struct source *s, size_t f)
{
	const struct src_part *p = lone_stream(s);

	return p->kind->field(p, f);
}

int
source_read_field(const struct source *s, size_t i, size_t f, void *to)
{
	const struct src_part *p = lone_stream(s);

	return p->kind->read_field(p, i, f, to);
}

/* A class as text: its name is a folder's, or bytes from somewhere else. */
static int
add_class(struct value *list, const char *name, struct buf *text,
    struct arena *a)
{
	const char *copy;

	text->size = 0;
	if (buf_append(text, name, strlen(name)) < 0 || finish_text(text) < 0)
		return fail_last();
	copy = arena_string(a, (const char *)text->data, text->size);
	return copy == NULL ? fail_last() : value_push(list, value_text(copy),
	    a);
}

static int
add_classes(const struct source *s, struct head *head)
{
	struct value list = value_array(NULL, 0);
	struct buf text = { 0 };
	int rc = 0;

	for (size_t i = 0; i < s->classes.n && rc == 0; i++)
		rc = add_class(&list, names_get(&s->classes, i), &text,
		    &head->arena);
	buf_free(&text);
	return rc < 0 || s->classes.n == 0 ? rc : value_set(&head->meta,
	    "classes", list, &head->arena);
}

int
source_describe(const struct source *s, struct head *head)
{
	bool begun = false;

	for (size_t i = 0; i < s->n_parts; i++) {
		const struct src_part *p = &s->parts[i];
		int rc;

		if (p->kind->head == NULL)
			continue;
		if (begun && head_agree_pixels(&head->meta,
		    &p->kind->head(p)->meta) < 0)
			return fail_note("%s", p->path);
		rc = begun ? head_join_history(head, p->kind->head(p)) :
		    head_copy(head, p->kind->head(p));
		if (rc < 0)
			return rc;
		begun = true;
	}
	if (!begun && head_init(head, "samples") < 0)
		return fail_last();
	return add_classes(s, head);
}

int
source_report_lost(const struct source *s, bool strict)
{
	for (size_t i = 0; i < s->n_parts; i++)
		if (skips_report_lost(&s->parts[i].skips, s->parts[i].path,
		    strict) < 0)
			return fail_last();
	return 0;
}

void
source_report_other(const struct source *s)
{
	for (size_t i = 0; i < s->n_parts; i++)
		skips_report_other(&s->parts[i].skips, s->parts[i].path);
}
