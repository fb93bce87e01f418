/*
 * frame: bytes in and out of zstd frames.
 *
 * Every frame has a content checksum, a window of at most 8 MiB and no
 * dictionary; others are refused.  Only frame_in.c and frame_out.c know zstd.
 */
#ifndef SELF_STREAM_FRAME_H
#define SELF_STREAM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

#define FRAME_WINDOW_LOG 23
#define FRAME_TRUNCATED "truncated stream"

/* Bytes in a frame of ours: so many frames of a file are unpacked side by
 * side, and hardly any is lost by beginning anew. */
#define FRAME_CONTENT ((size_t)512 << 10)

/* Contents of more than FRAME_BELIEVED bytes must be at most FRAME_EXPANSION
 * times as large as the compressed input. */
#define FRAME_BELIEVED ((size_t)64 << 20)
#define FRAME_EXPANSION 128

struct frame_in;

/* All input may be any number of times as large; to be called before there are
 * threads. */
void frame_believe(void);

/* How many threads unpack the frames of a file of 1 MiB and more, as far as
 * the frames have 4 MiB at most; 1, as at the start, is the one that reads.
 * For what is opened later; to be called before there are threads. */
void frame_threads(int n);

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

/* Whether a frame was met at all. */
bool frame_in_began(const struct frame_in *);
void frame_in_free(struct frame_in *);		/* NULL is fine */

struct frame_out;

/* Decoded photographs and random floats hardly shrink at any level (1 and 8 %
 * at 3), and the fastest packs them at 2.7 GB/s where 1 packs at 0.4. */
#define FRAME_FASTEST (-7)

/* Writes to fd, which stays the caller's, at a zstd level up to 19; a frame
 * has FRAME_CONTENT bytes, or fewer where it is ended.  With `give_up`, behind
 * a frame that shrank by less than an eighth some follow at FRAME_FASTEST, then
 * another try. */
struct frame_out *frame_out_new(int fd, int level, bool give_up);
int frame_write(struct frame_out *, const void *, size_t) FAIL_CHECKED;

/* Hands on all that was written so far, and ends the frame if asked to; the
 * next write begins another. */
int frame_flush(struct frame_out *, bool end) FAIL_CHECKED;
void frame_out_free(struct frame_out *);	/* NULL is fine */

/* After a read or write that failed: whether to make the call again, as it was
 * interrupted or the descriptor, which somebody made non-blocking, now has
 * these poll events. */
bool frame_try_again(int fd, short events);

#endif
