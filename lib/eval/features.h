/*
 * features: labelled vectors out of a stream, for scores to work on.
 *
 * A field of any dtype and shape [N,...] becomes float rows [N,D], D being
 * the product of what follows N: `feature` as ssl-encode writes it, or
 * `image` for raw pixels in 0..255.  Rows whose label is -1 (unlabelled)
 * are left out.
 */
#ifndef SELF_EVAL_FEATURES_H
#define SELF_EVAL_FEATURES_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "eval/labels.h"

/* Owns its arrays; all zeros is empty. */
struct features {
	size_t n, dim;
	float *x;		/* [n,dim], finite */
	int64_t *label;		/* [n], 0 and above */
	size_t room;		/* rows that there is memory for */
	struct labels labels;	/* their names, where the streams have them */
};

struct features_in;

/* Opens a stream and has it read ahead from then on.  What is given is
 * borrowed; the stream's labels become those of `labels`, by name where both
 * have names that differ. */
struct features_in *features_open(const char *path, const char *field,
    struct labels *);

/* Waits for the first row: *dim is how long all are.  A failure also when
 * there is none. */
int features_begin(struct features_in *, size_t *dim) FAIL_CHECKED;

/*
 * The next rows, up to `most`, gathered across records: x [most,dim] and
 * label [most], LABELS_UNKNOWN or 0 and above, are written.  The count;
 * fewer than `most`, and in the end 0, only after the verified end of the
 * stream; negative for a failure, whose message names path, record and field.
 */
int features_read(struct features_in *, int most, float *x, int64_t *label)
    FAIL_CHECKED;

size_t features_left_out(const struct features_in *);	/* unlabelled so far */
void features_close(struct features_in *);		/* NULL is fine */

/* What looks at rows x [n,dim] as they come; negative for a failure. */
typedef int features_look(void *arg, const float *x, size_t n, size_t dim);

/* All rows of a stream into `to`, which was empty; `look`, unless NULL, sees
 * each once.  Streams joined there may name different classes: the later ones'
 * labels become the first one's. */
int features_load(struct features *to, const char *path, const char *field,
    features_look *look, void *arg) FAIL_CHECKED;

/* All rows, labelled or not; the labels are all 0. */
int features_load_any(struct features *to, const char *path,
    const char *field) FAIL_CHECKED;

/* Room for so many rows of `dim` in all; those that are there stay. */
int features_reserve(struct features *, size_t rows) FAIL_CHECKED;
void features_free(struct features *);

#endif
