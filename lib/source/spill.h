/*
 * spill: bytes put aside in a file without a name, and reading at an offset.
 *
 * The file lies in TMPDIR (or /tmp) and is gone with the process.
 */
#ifndef SELF_SOURCE_SPILL_H
#define SELF_SOURCE_SPILL_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

/* A new empty file, open for reading and writing; or a failure. */
int spill_new(void) FAIL_CHECKED;

/* All of `bytes` at the end of what was written so far. */
int spill_write(int fd, const void *bytes, size_t size) FAIL_CHECKED;

/* `size` zeros at the end, which take no place on the disk. */
int spill_hole(int fd, uint64_t size) FAIL_CHECKED;

/* Bytes written so far: where the next will lie. */
int spill_end(int fd, uint64_t *end) FAIL_CHECKED;

/* A spill with everything that is left in `from`; or a failure. */
int spill_copy(int from) FAIL_CHECKED;

/* Exactly `size` bytes from `offset` on; any thread. */
int spill_read(int fd, void *to, size_t size, uint64_t offset) FAIL_CHECKED;

#endif
