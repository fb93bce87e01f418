/*
 * rec: one record of a stream, fields by name.
 *
 * A record owns an arena in which what is added to it lies; clearing keeps
 * the memory, so a loop that reads and writes allocates nothing once warm.
 */
#ifndef SELF_STREAM_REC_H
#define SELF_STREAM_REC_H

#include "stream/value.h"

#define REC_NAME_MOST 255	/* bytes of a field name */
#define REC_EMPTY_MOST ((size_t)1 << 16)	/* samples without any bytes */

/* All zeros is an empty record. */
struct rec {
	struct value fields;	/* a map (or NIL when empty) */
	struct arena arena;
};

void rec_clear(struct rec *);
void rec_free(struct rec *);

size_t rec_count(const struct rec *);			/* fields */
const struct member *rec_at(const struct rec *, size_t i);
struct value *rec_find(const struct rec *, const char *name);
void rec_remove(struct rec *, const char *name);

/*
 * The tensor `name`, which must be there with this dtype and as many
 * dimensions as `shape` has letters.  Each letter stands for a dimension:
 * '*' any, a digit that number; the same other letter twice in one pattern,
 * the same size ("nhwc", "n3", "nn").  FAIL_FORMAT says what is there instead.
 */
int rec_tensor(const struct rec *, const char *name, enum dtype,
    const char *shape, const struct tensor **) FAIL_CHECKED;

/* Adds (or replaces) a field.  rec_add_tensor reserves data, not cleared. */
int rec_add(struct rec *, const char *name, struct value) FAIL_CHECKED;
int rec_add_tensor(struct rec *, const char *name, enum dtype, int n_dims,
    const size_t *shape, void **data) FAIL_CHECKED;

/*
 * Samples in a sample record: the first dimension that all tensors and all
 * arrays of strings share, 0 when it has neither; FAIL_FORMAT when they
 * differ or a tensor is a scalar, FAIL_LIMIT for more than REC_EMPTY_MOST
 * samples that have less than a byte each.
 */
int rec_samples(const struct rec *, size_t *n) FAIL_CHECKED;

#endif
