/* SPDX-License-Identifier: MIT */
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "source/kind.h"
#include "source/spill.h"

#define BLOCK ((size_t)1 << 16)
#define MAX_LABEL_BYTES 512

/* Where a picture lies in the file that is read at random. */
struct place {
	uint64_t offset;
	uint32_t size;
	int32_t label;
};

/* An archive's pictures.  A plain archive is read where it lies; of a
 * compressed one, the pictures are put aside in a spill. */
struct tar {
	int fd;
	bool is_plain;
	struct names keys;
	struct place *places;
	size_t room;
	char *label_key;	/* of a label that came before its picture */
	int64_t label;
	struct buf bytes;
};

static int
archive_fail(struct archive *a)
{
	const char *why = archive_error_string(a);

	return fail(FAIL_FORMAT, "%s", why != NULL ? why : "not a tar archive");
}

/* An archive reader for tar alone, plain or compressed. */
static struct archive *
begin(int fd)
{
	struct archive *a = archive_read_new();

	if (a == NULL) {
		fail_memory(sizeof(a));
		return NULL;
	}
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_format_tar(a);
	if (lseek(fd, 0, SEEK_SET) < 0) {
		fail_errno("seek");
	} else if (archive_read_open_fd(a, fd, BLOCK) == ARCHIVE_OK) {
		return a;
	} else {
		archive_fail(a);
	}
	archive_read_free(a);
	return NULL;
}

/* KEY.ext: where ".ext" begins, or NULL. */
static const char *
extension(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot == NULL || strchr(dot, '/') != NULL ? NULL : dot;
}

/* The name as key: without "./" in front, up to `end`. */
static const char *
key_start(const char *name)
{
	while (strncmp(name, "./", 2) == 0)
		name += 2;
	return name;
}

static int
add_place(struct tar *t, const char *name, struct place m)
{
	const char *key = key_start(name);

	if (t->keys.n == t->room) {
		const size_t room = t->room == 0 ? 256 : 2 * t->room;
		struct place *all = realloc(t->places, room * sizeof(*all));

		if (all == NULL)
			return fail_memory(room * sizeof(*all));
		t->places = all;
		t->room = room;
	}
	t->places[t->keys.n] = m;
	return names_add(&t->keys, key, (size_t)(extension(name) - key));
}

/* The content of the entry under the archive's head, at most `size`. */
static int
read_entry(struct archive *a, struct buf *to, size_t size)
{
	to->size = 0;
	while (to->size < size) {
		size_t step = size - to->size;
		la_ssize_t got;

		step = step > BLOCK ? BLOCK : step;
		if (buf_reserve(to, step + 1) < 0)
			return fail_last();
		got = archive_read_data(a, to->data + to->size, step);
		if (got < 0)
			return archive_fail(a);
		if (got == 0)
			return fail(FAIL_FORMAT, "ends %zu bytes early",
			    size - to->size);
		to->size += (size_t)got;
	}
	return 0;
}

static bool
has_label(const struct tar *t, const char *key, size_t size)
{
	return t->label_key != NULL && strlen(t->label_key) == size &&
	    memcmp(t->label_key, key, size) == 0;
}

static int
take_picture(struct tar *t, struct archive *a, const char *name, size_t size)
{
	const char *key = key_start(name);
	struct place m = { .size = (uint32_t)size, .label = SOURCE_NO_LABEL };
	off_t end;

	if (size > SOURCE_MAX_FILE)
		return fail(FAIL_LIMIT, "%zu bytes, limit %zu", size,
		    SOURCE_MAX_FILE);
	if (has_label(t, key, (size_t)(extension(name) - key)))
		m.label = (int32_t)t->label;
	if (t->is_plain) {
		m.offset = (uint64_t)archive_filter_bytes(a, 0);
		return add_place(t, name, m);
	}
	end = lseek(t->fd, 0, SEEK_CUR);
	if (end < 0)
		return fail_errno("seek");
	m.offset = (uint64_t)end;
	if (read_entry(a, &t->bytes, size) < 0 ||
	    spill_write(t->fd, t->bytes.data, size) < 0)
		return fail_last();
	return add_place(t, name, m);
}

/* A label belongs to the picture just before or just behind it. */
static int
take_label(struct src_part *p, struct archive *a, const char *name,
    size_t size)
{
	struct tar *t = p->state;
	const char *key = key_start(name);
	const size_t key_size = (size_t)(extension(name) - key);
	int64_t label;

	if (size > MAX_LABEL_BYTES)
		return fail(FAIL_LIMIT, "a label of %zu bytes", size);
	if (read_entry(a, &t->bytes, size) < 0 ||
	    buf_reserve(&t->bytes, 1) < 0)
		return fail_last();
	while (size > 0 && strchr(" \t\r\n", t->bytes.data[size - 1]) != NULL)
		size--;
	t->bytes.data[size] = '\0';
	if (src_label(p, (const char *)t->bytes.data, false, &label) < 0)
		return fail_last();
	if (t->keys.n > 0 && strlen(names_get(&t->keys, t->keys.n - 1)) ==
	    key_size && memcmp(names_get(&t->keys, t->keys.n - 1), key,
	    key_size) == 0) {
		t->places[t->keys.n - 1].label = (int32_t)label;
		return 0;
	}
	free(t->label_key);
	t->label_key = strndup(key, key_size);
	t->label = label;
	return t->label_key == NULL ? fail_memory(key_size) : 0;
}

static int
take_entry(struct src_part *p, struct archive *a, struct archive_entry *e)
{
	struct tar *t = p->state;
	const char *name = archive_entry_pathname(e);
	const int64_t size = archive_entry_size(e);
	const char *dot;

	if (archive_entry_filetype(e) == AE_IFDIR)
		return 0;
	dot = name == NULL ? NULL : extension(name);
	if (dot == NULL || archive_entry_filetype(e) != AE_IFREG ||
	    archive_entry_hardlink(e) != NULL || size < 0 ||
	    archive_entry_sparse_count(e) > 0)
		return skips_add(&p->skips, false,
		    "members that are neither .jpg nor .cls",
		    name == NULL ? "?" : name);
	if (src_is_picture_name(name))
		return take_picture(t, a, name, (size_t)size);
	if (strcmp(dot, ".cls") == 0)
		return take_label(p, a, name, (size_t)size);
	return skips_add(&p->skips, false, "members that are neither .jpg "
	    "nor .cls", name);
}

static int
take_all(struct src_part *p, struct archive *a)
{
	for (;;) {
		struct archive_entry *e;
		const int got = archive_read_next_header(a, &e);

		if (got == ARCHIVE_EOF)
			return 0;
		if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
			return archive_fail(a);
		if (take_entry(p, a, e) < 0) {
			const char *name = archive_entry_pathname(e);

			return fail_note("%s", name == NULL ? "?" : name);
		}
	}
}

/* A plain archive that was cut shows nothing of it to a reader that skips. */
static int
check_end(const struct tar *t)
{
	const struct place *last = &t->places[t->keys.n - 1];
	struct stat st;

	if (fstat(t->fd, &st) < 0)
		return fail_errno("stat");
	if (last->offset + last->size > (uint64_t)st.st_size)
		return fail(FAIL_FORMAT, "cut short: %s ends %llu bytes early",
		    names_get(&t->keys, t->keys.n - 1), (unsigned long long)
		    (last->offset + last->size - (uint64_t)st.st_size));
	return 0;
}

/* classes.txt beside the archive, where there is one. */
static int
read_classes(struct src_part *p)
{
	struct buf path = { 0 };
	int rc = src_beside(p->path, "classes.txt", &path);

	if (rc == 0)
		rc = names_read_optional(&p->classes, (const char *)path.data);
	buf_free(&path);
	return rc;
}

static int
index_all(struct src_part *p, struct archive *a, int fd)
{
	struct tar *t = p->state;

	t->is_plain = archive_filter_count(a) <= 1;
	t->fd = t->is_plain ? dup(fd) : spill_new();
	if (t->fd < 0)
		return t->is_plain ? fail_errno("dup") : fail_last();
	if (take_all(p, a) < 0)
		return fail_last();
	if (t->keys.n == 0)
		return fail(FAIL_FORMAT, "no .jpg in this archive");
	p->n = t->keys.n;
	for (size_t i = 0; i < p->n; i++)
		if (t->places[i].label > p->max_label)
			p->max_label = t->places[i].label;
	return t->is_plain ? check_end(t) : 0;
}

static int
tar_open(struct src_part *p, struct src_probe *probe)
{
	struct tar *t = calloc(1, sizeof(*t));
	struct archive *a;
	int rc;

	if (t == NULL)
		return fail_memory(sizeof(*t));
	t->fd = -1;
	p->state = t;
	if (strcmp(p->path, "-") != 0 && read_classes(p) < 0)
		return fail_last();
	a = begin(probe->fd);
	if (a == NULL)
		return fail_last();
	rc = index_all(p, a, probe->fd);
	archive_read_free(a);
	return rc;
}

static void
tar_close(struct src_part *p)
{
	struct tar *t = p->state;

	if (t == NULL)
		return;
	if (t->fd >= 0)
		close(t->fd);
	names_free(&t->keys);
	buf_free(&t->bytes);
	free(t->places);
	free(t->label_key);
	free(t);
}

static bool
ends_in(const char *path, const char *end)
{
	const size_t n = strlen(path), k = strlen(end);

	return n >= k && strcasecmp(path + n - k, end) == 0;
}

/* A zstd file may as well be a tensor stream: only its content tells. */
static bool
holds_tar(int fd)
{
	struct archive *a = begin(fd);
	struct archive_entry *e;
	const bool yes = a != NULL &&
	    archive_read_next_header(a, &e) >= ARCHIVE_WARN;

	archive_read_free(a);
	return yes;
}

static bool
tar_knows(const struct src_probe *probe)
{
	static const char *const ends[] = { ".tar", ".tar.zst", ".tar.gz",
		".tgz", ".tzst", ".tar.xz", ".tar.bz2" };

	if (src_is_picture_name(probe->path) || ends_in(probe->path, ".tz"))
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends_in(probe->path, ends[i]))
			return true;
	if (probe->n_head > 262 &&
	    memcmp(probe->head + 257, "ustar", 5) == 0)
		return true;
	return probe->n_head >= 4 &&
	    (memcmp(probe->head, "\x1F\x8B", 2) == 0 ||
	    memcmp(probe->head, "(\xB5/\xFD", 4) == 0) &&
	    holds_tar(probe->fd);
}

static int64_t
tar_label(const struct src_part *p, size_t i)
{
	const struct tar *t = p->state;

	return t->places[i].label;
}

static int
tar_key(const struct src_part *p, size_t i, struct buf *to)
{
	const struct tar *t = p->state;

	return buf_printf(to, "%s", names_get(&t->keys, i));
}

static int
tar_read(const struct src_part *p, size_t i, struct source_sample *s)
{
	const struct tar *t = p->state;
	const struct place *m = &t->places[i];

	s->bytes.size = 0;
	if (buf_reserve(&s->bytes, (size_t)m->size + 1) < 0 ||
	    spill_read(t->fd, s->bytes.data, m->size, m->offset) < 0)
		return fail_last();
	s->bytes.size = m->size;
	return 0;
}

const struct src_kind src_tar = {
	.name = "tar",
	.help = "an archive of KEY.jpg and KEY.cls, plain or compressed",
	.knows = tar_knows,
	.open = tar_open,
	.close = tar_close,
	.label = tar_label,
	.key = tar_key,
	.read = tar_read,
};
