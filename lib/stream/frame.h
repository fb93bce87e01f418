/*
 * frame: bytes in and out of zstd frames.
 *
 * Every frame has a content checksum, a window of at most 8 MiB and no
 * dictionary; others are refused.  The only file that knows zstd.
 */
#ifndef SELF_STREAM_FRAME_H
#define SELF_STREAM_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

#define FRAME_WINDOW_LOG 23
#define FRAME_TRUNCATED "truncated stream"

struct frame_in;

/* Reads from fd, which it closes when freed unless it is standard input. */
struct frame_in *frame_in_new(int fd);
struct frame_in *frame_in_bytes(const void *borrowed, size_t size);

/*
 * What comes next, at most `size` > 0 bytes, as soon as there is any.  *got
 * is 0 at the end of the input, which must not lie within a frame.
 */
int frame_read(struct frame_in *, void *to, size_t size, size_t *got)
    FAIL_CHECKED;

/* Whether bytes, or the end, are there without waiting: a hint. */
bool frame_ready(const struct frame_in *);
void frame_in_free(struct frame_in *);		/* NULL is fine */

struct frame_out;

/* Writes to fd, which stays the caller's, at a zstd level up to 19. */
struct frame_out *frame_out_new(int fd, int level);
int frame_write(struct frame_out *, const void *, size_t) FAIL_CHECKED;

/* Hands on all that was written so far, and ends the frame if asked to; the
 * next write begins another. */
int frame_flush(struct frame_out *, bool end) FAIL_CHECKED;
void frame_out_free(struct frame_out *);	/* NULL is fine */

#endif
