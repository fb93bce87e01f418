/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "source/tar_member.h"

#define BLOCK 512
#define MAX_PIECES ((size_t)1 << 20)

static int
add_piece(struct tar_member *m, uint64_t offset, uint64_t size)
{
	const struct tar_piece p = { offset, size };

	if (m->pieces.size >= MAX_PIECES * sizeof(p))
		return fail(FAIL_LIMIT, "a sparse file of more than %zu "
		    "pieces", MAX_PIECES);
	m->is_sparse = true;
	return buf_append(&m->pieces, &p, sizeof(p));
}

static int
damaged(void)
{
	return fail(FAIL_FORMAT, "damaged: the map of a sparse file");
}

/* Pairs of 12 bytes each, up to an empty one. */
static int
add_pairs(struct tar_member *m, const unsigned char *at, size_t n)
{
	for (size_t i = 0; i < n && at[0] != '\0'; i++, at += 24) {
		uint64_t offset, size;

		if (tar_number(at, 12, &offset) < 0 ||
		    tar_number(at + 12, 12, &size) < 0 ||
		    add_piece(m, offset, size) < 0)
			return fail_last();
	}
	return 0;
}

int
tar_sparse_old(struct tar_reader *r, struct tar_member *m,
    const unsigned char *header)
{
	unsigned char more[BLOCK];
	bool goes_on = header[482] != 0;

	m->is_sparse = true;
	if (add_pairs(m, header + 386, 4) < 0 ||
	    tar_number(header + 483, 12, &m->size) < 0)
		return fail_last();
	while (goes_on) {
		if (tar_in_read(r->in, more, sizeof(more)) < 0 ||
		    add_pairs(m, more, 21) < 0)
			return fail_last();
		goes_on = more[504] != 0;
	}
	return 0;
}

int
tar_sparse_text(struct tar_member *m, const char *map)
{
	while (*map != '\0') {
		char *end;
		unsigned long long offset, size;

		offset = strtoull(map, &end, 10);
		if (end == map || *end != ',')
			return damaged();
		map = end + 1;
		size = strtoull(map, &end, 10);
		if (end == map || (*end != ',' && *end != '\0'))
			return damaged();
		map = *end == ',' ? end + 1 : end;
		if (add_piece(m, offset, size) < 0)
			return fail_last();
	}
	return 0;
}

/* A line with a number from the member's bytes. */
static int
read_line(struct tar_reader *r, uint64_t *read, uint64_t *out)
{
	char line[24];
	int64_t value;
	size_t n = 0;

	for (;; n++) {
		if (n == sizeof(line))
			return damaged();
		if (tar_read(r, line + n, 1) < 0)
			return fail_last();
		if (line[n] == '\n')
			break;
	}
	line[n] = '\0';
	*read += n + 1;
	if (num_int(line, 0, INT64_MAX, &value) < 0)
		return damaged();
	*out = (uint64_t)value;
	return 0;
}

int
tar_sparse_front(struct tar_reader *r, struct tar_member *m)
{
	unsigned char rest[BLOCK];
	uint64_t read = 0, n;

	m->is_sparse = true;
	if (read_line(r, &read, &n) < 0)
		return fail_last();
	for (uint64_t i = 0; i < n; i++) {
		uint64_t offset, size;

		if (read_line(r, &read, &offset) < 0 ||
		    read_line(r, &read, &size) < 0 ||
		    add_piece(m, offset, size) < 0)
			return fail_last();
	}
	if (tar_read(r, rest, -read % BLOCK) < 0)
		return fail_last();
	read += -read % BLOCK;
	if (read > m->stored)
		return damaged();
	m->stored -= read;
	return 0;
}

/* Pieces follow each other, lie in the file and are what is stored. */
int
tar_sparse_check(const struct tar_member *m)
{
	const struct tar_piece *p = (const struct tar_piece *)m->pieces.data;
	uint64_t end = 0, stored = 0;

	for (size_t i = 0; i < m->pieces.size / sizeof(*p); i++) {
		if (p[i].offset < end || p[i].offset > m->size ||
		    p[i].size > m->size - p[i].offset)
			return damaged();
		end = p[i].offset + p[i].size;
		stored += p[i].size;
	}
	return stored == m->stored ? 0 : damaged();
}
