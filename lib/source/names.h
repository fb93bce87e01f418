/*
 * names: many short texts in one block.
 *
 * A million file names cost their bytes and nine more each.  Texts hold no
 * NUL.  Owns its storage; all zeros is empty.
 */
#ifndef SELF_SOURCE_NAMES_H
#define SELF_SOURCE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define NAMES_NONE SIZE_MAX

struct names {
	struct buf texts;	/* a NUL behind each */
	size_t *starts;		/* of each text in `texts` */
	size_t n, room;
	size_t *table;		/* hash table of positions + 1, once needed */
	size_t table_size, in_table;
};

int names_add(struct names *, const char *text, size_t size) FAIL_CHECKED;
const char *names_get(const struct names *, size_t i);	/* until names_add */
void names_free(struct names *);

/* Sorts the texts from position `from` on bytewise. */
int names_sort(struct names *, size_t from) FAIL_CHECKED;

/* Position of the first such text, NAMES_NONE when there is none, in *at. */
int names_find(struct names *, const char *text, size_t *at) FAIL_CHECKED;

/* Frees what names_find keeps, for a list that is not searched any more. */
void names_drop_table(struct names *);
/* FAIL_FORMAT when a text comes twice: class lists that differ are joined by
 * name. */
int names_check_once(struct names *) FAIL_CHECKED;

/* Adds every line of a file, to an empty list.  A UTF-8 byte order mark, "\r"
 * before a line's end and empty lines at the file's end are dropped; UTF-16
 * and NUL bytes are FAIL_FORMAT.  "-" is standard input. */
int names_read_lines(struct names *, const char *path) FAIL_CHECKED;

/* The same, or nothing when there is no such file. */
int names_read_optional(struct names *, const char *path) FAIL_CHECKED;

/* The same from an open file, read from where it stands. */
int names_read_fd(struct names *, int fd) FAIL_CHECKED;

#endif
