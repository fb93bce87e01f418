/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "source/kind.h"
#include "source/level.h"
#include "source/spill.h"
#include "source/tar_index.h"
#include "source/tar_member.h"

#define BLOCK ((size_t)1 << 16)
#define MAX_LABEL_BYTES 512
#define MAX_HOLES ((uint64_t)1 << 22)	/* take memory, but no archive */

/* A plain archive is read in place; of a compressed one, the images are
 * put aside in the source's spill, and so are sparse files. */
struct tar {
	int fd;			/* -1: opened again for each image */
	struct stat st;		/* of the file when it was indexed */
	int spill;		/* the source's; -1: nothing put aside */
	struct tar_index index;
	bool has_list;		/* of classes, in classes.txt */
	char *first_number, *first_name;	/* members with such labels */
	struct buf bytes;
};

/* Whether the name, or a folder in it, is junk of an operating system. */
static bool
is_hidden(const char *name)
{
	char part[256];

	for (size_t n; *name != '\0'; name += n + (name[n] == '/')) {
		n = strcspn(name, "/");
		snprintf(part, sizeof(part), "%.*s", (int)n, name);
		if (strcmp(part, ".") != 0 && strcmp(part, "..") != 0 &&
		    src_is_junk_name(part))
			return true;
	}
	return false;
}

static enum src_name
name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return src_name(slash == NULL ? path : slash + 1);
}

/* A file whose name does not say what it is: it may be a JPEG. */
static int
take_unknown(struct src_part *p, struct tar_reader *r,
    const struct tar_member *m, const char *name)
{
	unsigned char first[3] = { 0 };

	if (m->type == TAR_FILE && m->stored >= sizeof(first) &&
	    name_of(name) != SRC_NAME_OTHER &&
	    tar_read(r, first, sizeof(first)) < 0)
		return fail_last();
	if (memcmp(first, "\xff\xd8\xff", sizeof(first)) == 0)
		return skips_add(&p->skips, true, "JPEG file{|s} of another name "
		    "(rename to .jpg)", name);
	return skips_add(&p->skips, false, "other file{|s}", name);
}

/* The member's bytes to the end of the spill, in pieces of a block. */
static int
spill_bytes(struct tar *t, struct tar_reader *r, uint64_t size)
{
	if (buf_reserve(&t->bytes, BLOCK) < 0)
		return fail_last();
	while (size > 0) {
		const size_t step = size < BLOCK ? (size_t)size : BLOCK;

		if (tar_read(r, t->bytes.data, step) < 0 ||
		    spill_write(t->spill, t->bytes.data, step) < 0)
			return fail_last();
		size -= step;
	}
	return 0;
}

static int
spill_member(struct tar *t, struct tar_reader *r, const struct tar_member *m)
{
	const struct tar_piece *p = (const struct tar_piece *)m->pieces.data;
	uint64_t at = 0;

	if (!m->is_sparse)
		return spill_bytes(t, r, m->size);
	for (size_t i = 0; i < m->pieces.size / sizeof(*p); i++) {
		if (spill_hole(t->spill, p[i].offset - at) < 0 ||
		    spill_bytes(t, r, p[i].size) < 0)
			return fail_last();
		at = p[i].offset + p[i].size;
	}
	return spill_hole(t->spill, m->size - at);
}

/* Bytes of a sparse file that the archive does not have. */
static uint64_t
holes_of(const struct tar_member *m)
{
	const struct tar_piece *p = (const struct tar_piece *)m->pieces.data;
	uint64_t left = m->size;

	for (size_t i = 0; i < m->pieces.size / sizeof(*p); i++)
		left -= p[i].size < left ? p[i].size : left;
	return left;
}

static int
take_image(struct src_part *p, struct tar_reader *r,
    const struct tar_member *m, const char *name)
{
	struct tar *t = p->state;
	struct tar_place place = { .size = (uint32_t)m->size };
	uint64_t end;

	if (m->is_sparse && holes_of(m) > MAX_HOLES)
		return skips_add(&p->skips, true, "sparse image{|s} with holes "
		    "of more than 4 MiB", name);
	if (src_check_size(m->size) < 0)
		return skips_add(&p->skips, true, "image{|s} of more bytes "
		    "than a file may have (--max-record allows more)", name);
	if (tar_in_is_plain(r->in) && !m->is_sparse) {
		place.offset = tar_in_at(r->in) & (((uint64_t)1 << 56) - 1);
		return tar_index_image(&t->index, name, place, &p->skips);
	}
	if (t->spill < 0)
		t->spill = p->spill != NULL ? src_spill(p) : spill_new();
	if (t->spill < 0 || spill_end(t->spill, &end) < 0 ||
	    spill_member(t, r, m) < 0)
		return fail_last();
	place.offset = end & (((uint64_t)1 << 56) - 1);
	place.is_spilled = true;
	return tar_index_image(&t->index, name, place, &p->skips);
}

/* The text of a label file without blanks around it and byte order mark. */
static int
read_label(struct tar *t, struct tar_reader *r, const struct tar_member *m,
    char **text)
{
	const size_t size = (size_t)m->size;
	char *at, *end;

	if (m->size > MAX_LABEL_BYTES || m->is_sparse)
		return fail(FAIL_LIMIT, "%llu bytes are no label, limit %d",
		    (unsigned long long)m->size, MAX_LABEL_BYTES);
	t->bytes.size = 0;
	if (buf_reserve(&t->bytes, size + 1) < 0 ||
	    tar_read(r, t->bytes.data, size) < 0)
		return fail_last();
	at = (char *)t->bytes.data;
	end = at + size;
	if (memchr(at, '\0', size) != NULL)
		return fail(FAIL_FORMAT, "not a text with a label");
	*end = '\0';
	if (size >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0)
		at += 3;
	while (end > at && strchr(" \t\r\n", end[-1]) != NULL)
		*--end = '\0';
	*text = at + strspn(at, " \t\r\n");
	return **text == '\0' ? fail(FAIL_FORMAT, "no label in it; write -1 "
	    "for an image without a label") : 0;
}

/* Without a list, names are numbered when all are known; numbers beside them
 * would mean something else. */
static int
keep_first(struct tar *t, const char *name, bool is_number)
{
	char **first = is_number ? &t->first_number : &t->first_name;

	if (*first == NULL)
		*first = strdup(name);
	if (*first == NULL)
		return fail_memory(strlen(name));
	if (t->first_number != NULL && t->first_name != NULL && !t->has_list)
		return fail(FAIL_FORMAT, "labels are numbers (%s) and names "
		    "(%s); list the classes in classes.txt beside the "
		    "archive", t->first_number, t->first_name);
	return 0;
}

static int
parse_label(struct src_part *p, const char *name, const char *text,
    int64_t *label)
{
	struct tar *t = p->state;
	const bool is_number = strspn(text, "+-0123456789") == strlen(text);

	if (src_label(p, text, !t->has_list, label) < 0)
		return fail_last();
	return *label < 0 ? 0 : keep_first(t, name, is_number);
}

static int
take_label(struct src_part *p, struct tar_reader *r,
    const struct tar_member *m, const char *name)
{
	struct tar *t = p->state;
	int64_t label;
	char *text = NULL;

	if (read_label(t, r, m, &text) < 0 ||
	    parse_label(p, name, text, &label) < 0)
		return fail_last();
	return tar_index_label(&t->index, name, label);
}

static int
take_member(struct src_part *p, struct tar_reader *r,
    const struct tar_member *m)
{
	struct tar *t = p->state;
	const char *name = tar_name((const char *)m->name.data);
	const bool image = src_is_picture_name(name);
	const bool label = tar_is_label_name(name);

	if (m->type == TAR_FOLDER)
		return 0;
	if (is_hidden(name))
		return skips_add(&p->skips, false, "hidden file{|s}", name);
	if (name_of(name) == SRC_NAME_IMAGE && m->type != TAR_OTHER)
		return skips_add(&p->skips, true, "image{|s} that {is|are} not "
		    "JPEG",
		    name);
	if (m->type == TAR_HARD_LINK || m->type == TAR_SYMBOLIC_LINK)
		return tar_index_link(&t->index, name,
		    (const char *)m->link.data,
		    m->type == TAR_SYMBOLIC_LINK, &p->skips);
	if (m->type == TAR_FILE && image)
		return take_image(p, r, m, name);
	if (m->type == TAR_FILE && label)
		return take_label(p, r, m, name);
	return take_unknown(p, r, m, name);
}

static int
note_garbage(struct src_part *p, const struct tar_reader *r)
{
	char where[64] = "after the compressed data";

	if (!r->has_garbage && !tar_in_has_garbage(r->in))
		return 0;
	if (r->has_garbage)
		snprintf(where, sizeof(where), "at byte %llu",
		    (unsigned long long)r->garbage_at);
	return skips_add(&p->skips, true, "part{|s} after the archive's end that "
	    "{is|are} no archive", where);
}

static int
take_all(struct src_part *p, struct tar_reader *r)
{
	struct tar *t = p->state;
	struct tar_member m = { 0 };
	int got;

	while ((got = tar_next(r, &m)) > 0) {
		if (got == TAR_MEMBER && take_member(p, r, &m) < 0) {
			got = fail_note("%s", (const char *)m.name.data);
			break;
		}
		if (got == TAR_MEMBER)
			continue;
		if (tar_index_join(&t->index, &p->skips) < 0)
			got = fail_last();
		if (got < 0 || got == TAR_END)
			break;
	}
	tar_member_free(&m);
	return got < 0 ? got : note_garbage(p, r);
}

/* classes.txt beside the archive, where there is one. */
static int
read_classes(struct src_part *p)
{
	struct tar *t = p->state;
	struct buf path = { 0 };
	int rc = src_beside(p->path, "classes.txt", &path);

	if (rc == 0)
		rc = names_read_optional(&p->classes, (const char *)path.data);
	buf_free(&path);
	t->has_list = p->classes.n > 0;
	return rc;
}

static int
no_image(const struct src_part *p)
{
	const struct skip *k = p->skips.all;
	char text[512];

	for (size_t i = 1; i < p->skips.n && !k->lost; i++)
		k = &p->skips.all[i];
	return k == NULL ? fail(FAIL_FORMAT, "no .jpg in this archive") :
	    fail(FAIL_FORMAT, "no .jpg in this archive, but %s",
	    skip_text(k, text, sizeof(text)));
}

/* After labels were given. */
static void
count_samples(struct src_part *p)
{
	const struct tar *t = p->state;

	p->n = t->index.images.n;
	p->classes_sorted = p->classes.n > 0 && !t->has_list;
	p->max_label = SOURCE_NO_LABEL;
	for (size_t i = 0; i < p->n; i++)
		if (t->index.places[i].label > p->max_label)
			p->max_label = t->index.places[i].label;
}

/* An archive without labels may follow one that has them, in one file. */
static void
warn_unlabelled(const struct src_part *p)
{
	const struct tar *t = p->state;
	const size_t n = tar_index_unlabelled(&t->index);

	if (n > 0)
		log_line(LOG_WARNING, "%s: %zu of %zu images have no label: "
		    "of the archives in this file, theirs has no .cls",
		    p->path, n, p->n);
}

/* Archives of one data set may have different folders, some a single one. */
static int
tar_settle(struct src_part *p, const struct src_part *all, size_t n)
{
	struct tar *t = p->state;
	const char *first = names_get(&t->index.images, 0);
	bool others = false;

	if (t->index.has_labels) {
		warn_unlabelled(p);
		return tar_folders_lost(&t->index, &p->skips);
	}
	for (size_t i = 0; i < n; i++) {
		const struct tar *other = all[i].state;

		if (all[i].kind != &src_tar)
			continue;
		others = others || other->index.has_labels ||
		    tar_folders_any(&other->index);
		if (tar_folders_adopt(&t->index, &other->index) < 0)
			return fail_last();
	}
	if (tar_folders_any(&t->index)) {
		if (tar_folders_apply(&t->index, p) < 0)
			return fail_last();
		count_samples(p);
		return t->has_list ? 0 : level_remark(&p->classes, p->path,
		    false, false);
	} else if (others) {
		return tar_folders_lost(&t->index, &p->skips);
	} else if (strchr(first, '/') != NULL) {
		log_line(LOG_INFO, "%s: images have no labels: the archive "
		    "has no .cls and no two folders that could be classes "
		    "(the first image is %s)", p->path, first);
	}
	return 0;
}

static int
index_all(struct src_part *p, int fd)
{
	struct tar *t = p->state;
	struct tar_reader r = { .in = tar_in_new(fd) };
	int rc;

	if (r.in == NULL)
		return fail_last();
	rc = take_all(p, &r);
	tar_in_free(r.in);
	buf_free(&t->bytes);
	if (rc == 0)
		rc = tar_folders_find(&t->index);
	if (rc < 0)
		return rc;
	if (t->index.images.n == 0)
		return no_image(p);
	count_samples(p);
	return 0;
}

/* A thousand archives are more than a process may have open: those after the
 * first half of its descriptors are opened again when they are read. */
static bool
may_stay_open(const struct src_probe *probe)
{
	struct rlimit most;

	return probe->is_only || getrlimit(RLIMIT_NOFILE, &most) < 0 ||
	    (rlim_t)probe->fd < most.rlim_cur / 2;
}

static int
tar_open(struct src_part *p, struct src_probe *probe)
{
	struct tar *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return fail_memory(sizeof(*t));
	t->fd = t->spill = -1;
	p->state = t;
	if (strcmp(p->path, "-") != 0 && read_classes(p) < 0)
		return fail_last();
	if (fstat(probe->fd, &t->st) < 0)
		return fail_errno("stat");
	if (index_all(p, probe->fd) < 0)
		return fail_last();
	if (may_stay_open(probe)) {
		t->fd = probe->fd;
		probe->fd = -1;
	}
	return 0;
}

static void
tar_close(struct src_part *p)
{
	struct tar *t = p->state;

	if (t == NULL)
		return;
	if (t->fd >= 0)
		close(t->fd);
	if (p->spill == NULL && t->spill >= 0)
		close(t->spill);
	tar_index_free(&t->index);
	buf_free(&t->bytes);
	free(t->first_number);
	free(t->first_name);
	free(t);
}

static bool
ends_in(const char *path, const char *end)
{
	const size_t n = strlen(path), k = strlen(end);

	return n >= k && strcasecmp(path + n - k, end) == 0;
}

/* A zstd file may as well be a tensor stream: only its content tells. */
static int
holds_tar(int fd)
{
	struct tar_reader r = { .in = tar_in_new(fd) };
	struct tar_member m = { 0 };
	const int got = r.in == NULL ? fail_last() : tar_next(&r, &m);

	tar_member_free(&m);
	tar_in_free(r.in);
	return got < 0 && !fail_is_data(got) ? got : got == TAR_MEMBER;
}

static int
tar_knows(const struct src_probe *probe)
{
	static const char *const ends[] = { ".tar", ".tar.zst", ".tar.gz",
		".tgz", ".tzst", ".tar.xz", ".txz", ".tar.bz2", ".tbz2" };

	if (src_is_picture_name(probe->path) || ends_in(probe->path, ".tz"))
		return 0;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends_in(probe->path, ends[i]))
			return 1;
	if (probe->n_head == sizeof(probe->head) &&
	    tar_is_header(probe->head))
		return 1;
	return tar_in_is_packed(probe->head, probe->n_head) ?
	    holds_tar(probe->fd) : 0;
}

static int64_t
tar_label(const struct src_part *p, size_t i)
{
	const struct tar *t = p->state;

	return t->index.places[i].label;
}

static int
tar_key(const struct src_part *p, size_t i, struct buf *to)
{
	const struct tar *t = p->state;
	const char *name = names_get(&t->index.images, i);

	return buf_printf(to, "%.*s", (int)(strlen(name) -
	    t->index.places[i].extension), name);
}

/* The file as it was indexed; *close_it when it was opened for this. */
static int
open_again(const struct src_part *p, bool *close_it)
{
	const struct tar *t = p->state;
	const int fd = t->fd >= 0 ? t->fd :
	    open(p->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	*close_it = fd >= 0 && t->fd < 0;
	if (fd < 0)
		return fail_errno("open");
	if (fstat(fd, &st) == 0 && st.st_dev == t->st.st_dev &&
	    st.st_ino == t->st.st_ino && st.st_size == t->st.st_size &&
	    st.st_mtim.tv_sec == t->st.st_mtim.tv_sec &&
	    st.st_mtim.tv_nsec == t->st.st_mtim.tv_nsec)
		return fd;
	if (*close_it)
		close(fd);
	return fail(FAIL_IO, "the archive changed while it was read; run "
	    "again");
}

static int
tar_read_image(const struct src_part *p, size_t i, struct source_sample *s)
{
	const struct tar *t = p->state;
	const struct tar_place *m = &t->index.places[i];
	bool close_it = false;
	int fd = t->spill, rc;

	s->bytes.size = 0;
	if (buf_reserve(&s->bytes, (size_t)m->size + 1) < 0)
		return fail_last();
	if (!m->is_spilled)
		fd = open_again(p, &close_it);
	if (fd < 0)
		return fail_last();
	rc = spill_read(fd, s->bytes.data, m->size, m->offset);
	if (close_it)
		close(fd);
	if (rc == 0)
		s->bytes.size = m->size;
	return rc;
}

const struct src_kind src_tar = {
	.name = "tar",
	.help = "an archive of KEY.jpg and KEY.cls, or of class folders",
	.knows = tar_knows,
	.open = tar_open,
	.close = tar_close,
	.settle = tar_settle,
	.label = tar_label,
	.key = tar_key,
	.read = tar_read_image,
};
