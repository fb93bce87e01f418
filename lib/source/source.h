/*
 * source: samples by number, wherever they lie.
 *
 * Folders, tar archives, single files, lists and tensor streams, one or
 * several one behind the other, look alike: n samples, each with a key, a
 * label and either the bytes of a JPEG file or raw pixels.  Opening looks at
 * names only, never at pictures; what is kept for a sample is its name and
 * place.  After opening, all functions may be called from any thread.
 */
#ifndef SELF_SOURCE_SOURCE_H
#define SELF_SOURCE_SOURCE_H

#include "source/names.h"
#include "stream/stream.h"

#define SOURCE_NO_LABEL (-1)
#define SOURCE_FILE ((size_t)128 << 20)

/* Bytes that an image file may have (SOURCE_FILE at the start; 2^32 - 1 at
 * most), of archives that may then unfold to any size; to be called before
 * there are threads. */
void source_max_file(uint64_t bytes);

struct source;

/* One sample as it lies in its source.  All zeros is empty; storage is
 * reused, bytes are freed with buf_free. */
struct source_sample {
	struct buf bytes;
	int height, width, channels;	/* of raw pixels; 0: a JPEG file */
};

/* A further tensor that every sample has (tensor streams only). */
struct source_field {
	char *name;
	enum dtype dtype;
	int n_dims;			/* of one sample */
	size_t shape[TENSOR_DIMS];
	size_t bytes;			/* of one sample */
};

/*
 * Opens paths as one source.  "-" is standard input, "@FILE" a list of
 * paths.  classes: path of a list of class names, one a line, or NULL.
 * Class lists that differ are joined by name: where all come from folders,
 * sorted; otherwise new names go behind those of the first list.
 * NULL and a failure when anything cannot be read or nothing is there.
 */
struct source *source_open(char *const *paths, size_t n, const char *classes);
void source_close(struct source *);		/* NULL is fine */

size_t source_count(const struct source *);
const struct names *source_classes(const struct source *); /* may be empty */

/* Class index, or SOURCE_NO_LABEL. */
int64_t source_label(const struct source *, size_t i);

/* i, or what a tensor stream alone in its source says. */
int source_index(const struct source *, size_t i, int64_t *index)
    FAIL_CHECKED;

/* Replaces `to` by the sample's key: the path below the folder, the name in
 * the archive without its extension, the path in the list.  A NUL stands
 * behind; what is not UTF-8 is written %XX. */
int source_key(const struct source *, size_t i, struct buf *to) FAIL_CHECKED;

/* The same for messages: with the source in front, as a path where one is. */
int source_name(const struct source *, size_t i, struct buf *to)
    FAIL_CHECKED;

/* The sample's bytes. */
int source_read(const struct source *, size_t i, struct source_sample *)
    FAIL_CHECKED;

/* What else each sample has, and one sample's share of it. */
size_t source_n_fields(const struct source *);
const struct source_field *source_field(const struct source *, size_t f);
int source_read_field(const struct source *, size_t i, size_t f, void *to)
    FAIL_CHECKED;

/*
 * What was found and did not become a sample, or lost its label.  With
 * `strict`, the first lost case is a failure that names it; otherwise every
 * lost one is logged as LOG_LOST.  For use at the end of a run.
 */
int source_report_lost(const struct source *, bool strict) FAIL_CHECKED;

/* Logs the skips that lose nothing, once, as LOG_INFO. */
void source_report_other(const struct source *);

/* Makes `head` what goes in front of this source's samples: kind, class
 * names, and what a tensor stream brought along. */
int source_describe(const struct source *, struct head *) FAIL_CHECKED;

#endif
