/* SPDX-License-Identifier: MIT */
#include "source/tar_member.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"

#define BLOCK 512
#define MAX_TEXT ((uint64_t)1 << 20)	/* of a long name or a pax header */
#define MAX_NAME ((size_t)1 << 16)
#define MAX_SIZE ((uint64_t)1 << 56)

/* What headers before the member's own say of it. */
struct notes {
	struct buf name, link, real_name, map;
	bool has_name, has_link, has_size, has_real_size;
	uint64_t size, real_size;
	uint64_t sparse_major;
	bool has_sparse_major;
};

static void
notes_free(struct notes *n)
{
	buf_free(&n->name);
	buf_free(&n->link);
	buf_free(&n->real_name);
	buf_free(&n->map);
}

int
tar_number(const unsigned char *field, size_t size, uint64_t *out)
{
	uint64_t value = 0;
	size_t i = 0;

	if (field[0] & 0x80) {
		value = field[0] & 0x7F;
		for (i = 1; i < size && value < MAX_SIZE; i++)
			value = value << 8 | field[i];
	} else {
		while (i < size && field[i] == ' ')
			i++;
		for (; i < size && field[i] >= '0' && field[i] <= '7' &&
		    value < MAX_SIZE; i++)
			value = value << 3 | (uint64_t)(field[i] - '0');
		for (; i < size && (field[i] == ' ' || field[i] == '\0'); i++)
			;
	}
	if (i < size || value >= MAX_SIZE)
		return fail(FAIL_FORMAT, "damaged: a number in its header");
	*out = value;
	return 0;
}

bool
tar_is_header(const unsigned char *h)
{
	uint64_t want = 0;
	int64_t sum = 0, signed_sum = 0;

	for (size_t i = 0; i < BLOCK; i++) {
		const unsigned char c = i >= 148 && i < 156 ? ' ' : h[i];

		sum += c;
		signed_sum += (signed char)c;
	}
	return tar_number(h + 148, 8, &want) == 0 && want > 0 &&
	    ((int64_t)want == sum || (int64_t)want == signed_sum);
}

static bool
is_zeros(const unsigned char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (b[i] != 0)
			return false;
	return true;
}

static int
set_text(struct buf *to, const void *text, size_t size)
{
	to->size = 0;
	if (size > MAX_NAME)
		return fail(FAIL_LIMIT, "a name of %zu bytes, limit %zu",
		    size, MAX_NAME);
	if (memchr(text, '\0', size) != NULL)
		return fail(FAIL_FORMAT, "damaged: a name with a NUL");
	if (buf_append(to, text, size) < 0 || buf_append(to, "", 1) < 0)
		return fail_last();
	to->size--;
	return 0;
}

static int
set_number(uint64_t *to, bool *has, const char *text)
{
	int64_t value;

	if (num_int(text, 0, (int64_t)MAX_SIZE, &value) < 0)
		return fail(FAIL_FORMAT, "damaged: a number in its header");
	*to = (uint64_t)value;
	*has = true;
	return 0;
}

/* The content of a header's own data: a long name, or pax records. */
static int
read_text(struct tar_reader *r, uint64_t size, struct buf *to)
{
	to->size = 0;
	if (size > MAX_TEXT)
		return fail(FAIL_LIMIT, "a header of %llu bytes, limit %llu",
		    (unsigned long long)size, (unsigned long long)MAX_TEXT);
	if (buf_reserve(to, (size_t)size + 1) < 0 ||
	    tar_in_read(r->in, to->data, (size_t)size) < 0 ||
	    tar_in_skip(r->in, -size % BLOCK) < 0)
		return fail_last();
	to->size = (size_t)size;
	to->data[size] = '\0';
	return 0;
}

/* Sparse maps come as pairs of records, or as one list: "0,512,4096,512". */
static int
add_to_map(struct notes *n, const char *value)
{
	return buf_printf(&n->map, "%s%s", n->map.size > 0 ? "," : "", value);
}

static int
take_record(struct notes *n, const char *key, const char *value, size_t size)
{
	if (strcmp(key, "path") == 0) {
		n->has_name = true;
		return set_text(&n->name, value, size);
	}
	if (strcmp(key, "linkpath") == 0) {
		n->has_link = true;
		return set_text(&n->link, value, size);
	}
	if (strcmp(key, "size") == 0)
		return set_number(&n->size, &n->has_size, value);
	if (strcmp(key, "GNU.sparse.name") == 0)
		return set_text(&n->real_name, value, size);
	if (strcmp(key, "GNU.sparse.size") == 0 ||
	    strcmp(key, "GNU.sparse.realsize") == 0)
		return set_number(&n->real_size, &n->has_real_size, value);
	if (strcmp(key, "GNU.sparse.major") == 0)
		return set_number(&n->sparse_major, &n->has_sparse_major,
		    value);
	if (strcmp(key, "GNU.sparse.map") == 0 ||
	    strcmp(key, "GNU.sparse.offset") == 0 ||
	    strcmp(key, "GNU.sparse.numbytes") == 0)
		return add_to_map(n, value);
	return 0;
}

/* Records "LENGTH KEY=VALUE\n"; the length counts the whole record. */
static int
take_pax(struct notes *n, struct buf *text)
{
	char *at = (char *)text->data;
	char *const end = at + text->size;

	while (at < end) {
		char *blank = memchr(at, ' ', (size_t)(end - at)), *equals;
		int64_t length;

		if (blank == NULL)
			break;
		*blank = '\0';
		if (num_int(at, 1, end - at, &length) < 0 ||
		    at + length <= blank + 1 || at[length - 1] != '\n')
			break;
		equals = memchr(blank + 1, '=',
		    (size_t)(at + length - blank - 1));
		if (equals == NULL)
			break;
		*equals = at[length - 1] = '\0';
		if (take_record(n, blank + 1, equals + 1,
		    (size_t)(at + length - equals) - 2) < 0)
			return fail_last();
		at += length;
	}
	return at == end ? 0 : fail(FAIL_FORMAT, "damaged: a pax header");
}

/* A header that describes the next one: 1; 0 for a member's own header. */
static int
take_note(struct tar_reader *r, struct notes *n, const unsigned char *h)
{
	struct buf text = { 0 };
	uint64_t size;
	int rc = 0;

	if (strchr("LKxXgV", h[156]) == NULL || h[156] == '\0')
		return 0;
	if (tar_number(h + 124, 12, &size) < 0)
		return fail_last();
	if (h[156] == 'g' || h[156] == 'V')
		return tar_in_skip(r->in, size + -size % BLOCK) < 0 ?
		    fail_last() : 1;
	rc = read_text(r, size, &text);
	if (rc == 0 && h[156] == 'L')
		rc = set_text(&n->name, text.data, strlen((char *)text.data));
	else if (rc == 0 && h[156] == 'K')
		rc = set_text(&n->link, text.data, strlen((char *)text.data));
	else if (rc == 0)
		rc = take_pax(n, &text);
	n->has_name = n->has_name || h[156] == 'L';
	n->has_link = n->has_link || h[156] == 'K';
	buf_free(&text);
	return rc < 0 ? rc : 1;
}

static int
set_names(struct tar_member *m, const struct notes *n,
    const unsigned char *h)
{
	const char *const name = (const char *)h;
	const char *const prefix = name + 345;

	m->name.size = m->link.size = 0;
	if (n->real_name.size > 0) {
		if (buf_printf(&m->name, "%s", n->real_name.data) < 0)
			return fail_last();
	} else if (n->has_name) {
		if (buf_printf(&m->name, "%s", n->name.data) < 0)
			return fail_last();
	} else if (memcmp(h + 257, "ustar", 6) == 0 && *prefix != '\0') {
		if (buf_printf(&m->name, "%.155s/%.100s", prefix, name) < 0)
			return fail_last();
	} else if (buf_printf(&m->name, "%.100s", name) < 0) {
		return fail_last();
	}
	return n->has_link ? buf_printf(&m->link, "%s", n->link.data) :
	    buf_printf(&m->link, "%.100s", name + 157);
}

/* Hard links may come with the file's bytes, or with its size alone: then a
 * header or the end is next. */
static int
link_has_bytes(struct tar_reader *r, bool *has)
{
	const unsigned char *next;
	size_t got;

	if (tar_in_peek(r->in, BLOCK, &next, &got) < 0)
		return fail_last();
	*has = got >= BLOCK && !tar_is_header(next) && !is_zeros(next, BLOCK);
	return 0;
}

static int
set_type(struct tar_reader *r, struct tar_member *m, char flag)
{
	bool has_bytes = true;

	switch (flag) {
	case '1':
		m->type = TAR_HARD_LINK;
		if (m->stored > 0 && link_has_bytes(r, &has_bytes) < 0)
			return fail_last();
		if (m->stored > 0 && has_bytes)
			m->type = TAR_FILE;
		break;
	case '2':
		m->type = TAR_SYMBOLIC_LINK;
		break;
	case '3':
	case '4':
	case '6':
		m->type = TAR_OTHER;
		break;
	case '5':
	case 'D':
		m->type = TAR_FOLDER;
		break;
	case 'M':
		return fail(FAIL_FORMAT, "goes on from another volume; join "
		    "the volumes first");
	default:
		m->type = m->name.size > 0 &&
		    m->name.data[m->name.size - 1] == '/' ? TAR_FOLDER :
		    TAR_FILE;
		return 0;
	}
	/* Only folders of GNU's own kind have data besides files. */
	if (m->type != TAR_FILE && flag != 'D')
		m->size = m->stored = 0;
	return 0;
}

static int
set_pieces(struct tar_reader *r, struct tar_member *m, const struct notes *n,
    const unsigned char *h)
{
	int rc = 0;

	m->pieces.size = 0;
	m->is_sparse = false;
	if (h[156] == 'S')
		rc = tar_sparse_old(r, m, h);
	else if (n->has_sparse_major && n->sparse_major == 1)
		rc = tar_sparse_front(r, m);
	else if (n->map.size > 0)
		rc = tar_sparse_text(m, (const char *)n->map.data);
	if (rc < 0)
		return rc;
	if (m->is_sparse && n->has_real_size)
		m->size = n->real_size;
	return m->is_sparse ? tar_sparse_check(m) : 0;
}

static int
take_member(struct tar_reader *r, struct tar_member *m,
    const struct notes *n, const unsigned char *h)
{
	if (set_names(m, n, h) < 0 ||
	    tar_number(h + 124, 12, &m->stored) < 0)
		return fail_last();
	if (n->has_size)
		m->stored = n->size;
	m->size = m->stored;
	if (set_type(r, m, (char)h[156]) < 0)
		return fail_last();
	r->left = m->stored + -m->stored % BLOCK;
	r->n_members++;
	r->begun = true;
	return set_pieces(r, m, n, h);
}

/* The next header that is not all zeros; TAR_MARK and TAR_END as tar_next. */
static int
next_header(struct tar_reader *r, unsigned char *h)
{
	for (;;) {
		const unsigned char *block;
		size_t got;

		if (tar_in_peek(r->in, BLOCK, &block, &got) < 0)
			return fail_last();
		got = got < BLOCK ? got : BLOCK;
		if (is_zeros(block, got) && (got == BLOCK || r->zeros > 0)) {
			if (tar_in_skip(r->in, got) < 0)
				return fail_last();
			r->zeros += got == BLOCK;
			if (got > 0 && (r->zeros != 2 || !r->begun))
				continue;
			r->begun = false;
			return got > 0 ? TAR_MARK : TAR_END;
		}
		if (got == 0)
			return fail(FAIL_FORMAT, "cut short: no mark of its "
			    "end");
		memcpy(h, block, got);
		if (got == BLOCK && tar_is_header(h) && r->zeros != 1) {
			r->zeros = 0;
			return tar_in_skip(r->in, BLOCK);
		}
		if (r->zeros < 2)
			return fail(FAIL_FORMAT, r->n_members == 0 ?
			    "not a tar archive" : "damaged, or cut short: no "
			    "header at byte %llu",
			    (unsigned long long)tar_in_at(r->in));
		r->has_garbage = true;
		r->garbage_at = tar_in_at(r->in);
		return TAR_END;
	}
}

int
tar_next(struct tar_reader *r, struct tar_member *m)
{
	unsigned char h[BLOCK];
	struct notes notes = { 0 };
	int rc;

	if (tar_in_skip(r->in, r->left) < 0)
		return fail_note("%s", (const char *)m->name.data);
	r->left = 0;
	do {
		rc = next_header(r, h);
		if (rc == 0)
			rc = take_note(r, &notes, h);
		if (rc == 1)
			r->begun = true;
	} while (rc == 1);
	if (rc == 0 && take_member(r, m, &notes, h) < 0)
		rc = fail_note("%s", m->name.size > 0 ?
		    (const char *)m->name.data : "a member");
	notes_free(&notes);
	return rc == 0 ? TAR_MEMBER : rc;
}

int
tar_read(struct tar_reader *r, void *to, size_t size)
{
	if (size > r->left)
		return fail(FAIL_FORMAT, "ends %llu bytes early",
		    (unsigned long long)(size - r->left));
	r->left -= size;
	return tar_in_read(r->in, to, size);
}

void
tar_member_free(struct tar_member *m)
{
	buf_free(&m->name);
	buf_free(&m->link);
	buf_free(&m->pieces);
}
