/*
 * buf: bytes that grow, up to a stated maximum.
 *
 * A buf lies in the caller's storage and owns its bytes.  A buf of all zeros
 * but for `max` is empty and ready.
 */
#ifndef SELF_BASE_BUF_H
#define SELF_BASE_BUF_H

#include <stddef.h>

#include "base/fail.h"

struct buf {
	unsigned char *data;
	size_t size;		/* bytes in use */
	size_t room;		/* bytes owned */
	size_t max;		/* never grows beyond; 0 means SIZE_MAX / 2 */
};

/* Makes room for `more` bytes behind the `size` in use. */
int buf_reserve(struct buf *, size_t more) FAIL_CHECKED;
int buf_append(struct buf *, const void *, size_t) FAIL_CHECKED;

/* Appends text; a NUL stands behind the last byte, not counted in size. */
int buf_printf(struct buf *, const char *format, ...) FAIL_PRINTF(2, 3)
    FAIL_CHECKED;

/* Frees the bytes; the buf is empty and ready again. */
void buf_free(struct buf *);

#endif
