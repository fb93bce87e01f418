/*
 * features: labelled vectors out of a stream, for scores to work on.
 *
 * A field of any dtype and shape [N,...] becomes float rows [N,D], D being
 * the product of what follows N: `feature` as ssl-encode writes it, or
 * `image` for raw pixels in 0..255.  Rows whose label is -1 (unlabelled)
 * are skipped and counted.  All rows have one shape (dimensions of 1 aside),
 * in all records and in all streams of a file.
 */
#ifndef SELF_EVAL_FEATURES_H
#define SELF_EVAL_FEATURES_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "eval/labels.h"

/* A row's shape, without dimensions of 1. */
struct features_shape {
	int n_dims;
	size_t size[TENSOR_DIMS];
};

/* Owns its arrays; all zeros is empty. */
struct features {
	size_t n, dim;
	float *x;		/* [n,dim], finite */
	int64_t *label;		/* [n], 0 and above */
	uint64_t *key;		/* [n] hash of the sample's key, 0: no key */
	size_t room;		/* rows that there is memory for */
	size_t skipped;		/* rows without a label */
	struct features_shape shape;
	uint64_t network;	/* that the first stream's rows are of
				 * (network.h) */
	struct labels labels;	/* the classes' names, where the streams have
				 * them */
};

struct features_in;

/* Opens a stream to test what `train` trains, and has it read ahead from then
 * on.  What is given is borrowed; labels are compared as labels.h says, and
 * classes that training does not name are added to train->labels. */
struct features_in *features_open(const char *path, const char *field,
    struct features *train);

/* Waits for the first row.  FAIL_FORMAT when there is none, or when `train`,
 * read from `train_path`, has rows of another shape; a remark when they are of
 * another network. */
int features_begin(struct features_in *, const struct features *train,
    const char *train_path) FAIL_CHECKED;

/*
 * The next rows, up to `most`, gathered across records: x [most,dim] and
 * label [most], 0 and above, are written.  The count; fewer than `most`, and
 * in the end 0, only after the verified end of the stream; negative for a
 * failure, whose message names path, record, sample and field.
 */
int features_read(struct features_in *, int most, float *x, int64_t *label)
    FAIL_CHECKED;

/* Of the rows that features_read gave last, the ith: the hash of its key (0: no
 * key), and "PATH, record R, sample S: " put in front of a failure; returns
 * its code. */
uint64_t features_key(const struct features_in *, size_t i);
int features_note(const struct features_in *, size_t i);

size_t features_skipped(const struct features_in *);	/* unlabelled so far */
void features_close(struct features_in *);		/* NULL is fine */

/* What looks at rows x [n,dim] as they come; negative for a failure. */
typedef int features_look(void *arg, const float *x, size_t n, size_t dim);

/* All rows of a stream into `to`, which was empty; `look`, unless NULL, sees
 * each once.  Streams joined there may number their classes differently. */
int features_load(struct features *to, const char *path, const char *field,
    features_look *look, void *arg) FAIL_CHECKED;

/* All rows, labelled or not; the labels are all 0. */
int features_load_any(struct features *to, const char *path,
    const char *field) FAIL_CHECKED;

/* Room for so many rows of `dim` in all; those that are there stay. */
int features_reserve(struct features *, size_t rows) FAIL_CHECKED;
void features_free(struct features *);

#endif
