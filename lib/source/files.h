/*
 * files: JPEG files as they are, gathered for one record.
 *
 * They become `jpeg` u1 [N,L], each row a file and zeros behind it, L the
 * longest file's size, and `jpeg_size` i8 [N].
 */
#ifndef SELF_SOURCE_FILES_H
#define SELF_SOURCE_FILES_H

#include <stdbool.h>

#include "base/buf.h"
#include "stream/rec.h"

/* All zeros is empty.  Storage is reused. */
struct files {
	struct buf bytes;		/* one file behind the other */
	struct buf sizes;		/* size_t [n] */
	size_t n, longest;
};

void files_clear(struct files *);

/* Whether a file of that size may join: padding stays below what the files
 * themselves take (or a megabyte), and all of it below most_bytes. */
bool files_fit(const struct files *, size_t size, size_t most_bytes);
int files_add(struct files *, const struct buf *file) FAIL_CHECKED;

/* Adds the fields to a record. */
int files_give(const struct files *, struct rec *) FAIL_CHECKED;
void files_free(struct files *);

#endif
