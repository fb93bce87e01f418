/*
 * stream: reading and writing tensor streams, version 1 (formats/stream.md).
 *
 * A reader or writer owns its buffers and closes what it opened.  Paths: "-"
 * is standard input or output.
 */
#ifndef SELF_STREAM_STREAM_H
#define SELF_STREAM_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "stream/rec.h"

#define STREAM_VERSION 1
#define STREAM_RECORD ((uint64_t)4 << 30)
#define STREAM_LEVEL_AUTO INT32_MIN	/* 3 for files, fastest for pipes */

/* What stands before the records. */
struct head {
	struct value meta;	/* a map */
	struct value history;	/* an array of maps, oldest first */
	struct value others;	/* a map: header keys unknown to us, kept */
	struct value inputs;	/* entries of each history joined so far */
	struct arena arena;	/* where both lie */
};

/* All zeros becomes an empty head of the kind "samples" or "checkpoint". */
int head_init(struct head *, const char *kind) FAIL_CHECKED;
int head_copy(struct head *to, const struct head *from) FAIL_CHECKED;
void head_free(struct head *);
bool head_is(const struct head *, const char *kind);

/* FAIL_FORMAT when the stream is a checkpoint, for who takes samples. */
int head_refuse_checkpoint(const struct head *) FAIL_CHECKED;

/* FAIL_FORMAT for a record without the field: what it holds instead, by its
 * other fields, and which tool writes what is missing. */
int rec_lacks(const struct rec *, const char *field) FAIL_CHECKED;

/* Adds {"tool","version","args","seed"} at the end of the history. */
int head_add_history(struct head *, const char *tool, const char *version,
    const char *const *args, size_t n_args, int64_t seed) FAIL_CHECKED;

/* Puts the other history behind this one (a tool with two inputs). */
int head_join_history(struct head *, const struct head *other) FAIL_CHECKED;

/*
 * Streams one after the other that are read as one (stream_read) must agree
 * in what gives their records meaning: meta's kind, classes, views, mean,
 * std, batch and steps_per_epoch.  FAIL_FORMAT names what differs.  Both are
 * the headers' meta.
 */
int head_agree(const struct value *first, const struct value *next)
    FAIL_CHECKED;

/* The same for kind, mean and std alone: for a reader that joins classes and
 * makes batches itself. */
int head_agree_pixels(const struct value *first, const struct value *next)
    FAIL_CHECKED;

/* The same for one key. */
int head_agree_on(const struct value *first, const struct value *next,
    const char *key) FAIL_CHECKED;

struct stream_in;

/* How many threads may unpack one file's bytes (1 at the start), for all files
 * that are opened later; to be called before there are threads. */
void stream_threads(int n);

/* Bytes that a header or record may have, for all inputs (STREAM_RECORD at the
 * start); to be called before there are threads.  With `believe`, its size may
 * be out of all proportion to the compressed bytes; see FRAME_EXPANSION. */
void stream_max_record(uint64_t bytes, bool believe);

/* Opens and reads the first header.  NULL and a failure otherwise. */
struct stream_in *stream_open(const char *path);
struct stream_in *stream_open_bytes(const void *borrowed, size_t size);

/* The header of the stream that the record read last belongs to (before the
 * first read, the first).  Borrowed; changed by stream_read. */
const struct head *stream_head(const struct stream_in *);

/*
 * The next record into `rec` (cleared first): 1 for a record, 0 for the
 * verified end of the last stream in the file, negative for a failure.
 * "Not 1" is not the end.  The streams of a file are read as one: a header
 * that does not agree with the one before (head_agree) is a failure.
 */
int stream_read(struct stream_in *, struct rec *) FAIL_CHECKED;

/* As stream_read, for a caller that looks at stream_head whenever
 * stream_streams has grown: headers may differ. */
int stream_read_any(struct stream_in *, struct rec *) FAIL_CHECKED;

/* The same one step at a time, for a reader that looks at every header
 * itself: 1 for a record, 2 for a header (the head is now the new one), 3 for
 * a verified end, 0 for the end of the file. */
int stream_step(struct stream_in *, struct rec *) FAIL_CHECKED;

/*
 * Whether the next read finds input, or its end, without waiting for whoever
 * writes it.  A hint, for handing on what is gathered before a wait: what
 * comes out must not depend on it.
 */
int stream_ready(const struct stream_in *);

uint64_t stream_records(const struct stream_in *);	/* read so far */
uint64_t stream_streams(const struct stream_in *);	/* headers so far */
const char *stream_path(const struct stream_in *);	/* for messages */
void stream_close(struct stream_in *);			/* NULL is fine */

struct stream_out;

/*
 * Begins a stream.  A file is written beside its name and appears under it in
 * stream_finish; standard output and devices are written straight, each record
 * handed on as soon as it is complete.  `level` is zstd's, or
 * STREAM_LEVEL_AUTO.
 */
struct stream_out *stream_create(const char *path, int level,
    const struct head *);
int stream_write(struct stream_out *, const struct rec *) FAIL_CHECKED;

/* The end record, every close checked, fsync and rename for a file; frees. */
int stream_finish(struct stream_out *) FAIL_CHECKED;

/* Without an end record: what was begun never looks finished. */
void stream_abandon(struct stream_out *);		/* NULL is fine */

#endif
