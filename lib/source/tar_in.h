/*
 * tar_in: the bytes of an archive file, decompressed, read once from its
 * beginning to its end.
 *
 * gzip's checksums are verified; so are those of zstd, xz and bzip2.  Several
 * compressed members or frames, one after the other, are one input.
 */
#ifndef SELF_SOURCE_TAR_IN_H
#define SELF_SOURCE_TAR_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

struct tar_in;

/* Compressed data may unfold to any number of bytes; to be called before there
 * are threads. */
void tar_in_believe(void);

/* Reads `fd`, a file that can be read at any offset, which stays the
 * caller's.  NULL and a failure. */
struct tar_in *tar_in_new(int fd);
void tar_in_free(struct tar_in *);		/* NULL is fine */

/* Whether a file that begins with these bytes is compressed: gzip, zstd, xz
 * or bzip2. */
bool tar_in_is_packed(const unsigned char *head, size_t size);

/* Whether the file is not compressed: offsets are those of the file. */
bool tar_in_is_plain(const struct tar_in *);

/* Whether something that is neither zeros nor compressed data follows the
 * compressed data.  Known at the end. */
bool tar_in_has_garbage(const struct tar_in *);

/* Bytes read or skipped so far. */
uint64_t tar_in_at(const struct tar_in *);

/* The next bytes, at least `size` (65536 at most) of them, fewer only at the
 * end: *to points to them, *got is their number.  They are not consumed.
 * *to holds until the next call. */
int tar_in_peek(struct tar_in *, size_t size, const unsigned char **to,
    size_t *got) FAIL_CHECKED;

/* Exactly `size` bytes; FAIL_FORMAT when the input ends before. */
int tar_in_read(struct tar_in *, void *to, size_t size) FAIL_CHECKED;
int tar_in_skip(struct tar_in *, uint64_t size) FAIL_CHECKED;

#endif
