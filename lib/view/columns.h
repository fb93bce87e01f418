/*
 * columns: records of samples gathered into records of another size.
 *
 * Each tensor whose first dimension is the number of samples, and each array
 * of that many strings, becomes a column; what else a record holds is taken
 * from the record that begins the batch.
 */
#ifndef SELF_VIEW_COLUMNS_H
#define SELF_VIEW_COLUMNS_H

#include "stream/rec.h"

#define COLUMNS_MOST 64

struct column {
	const char *name;	/* in the source and in `out` */
	struct tensor like;	/* a tensor's dtype and dimensions */
	size_t row_bytes;	/* of a tensor; 0: strings */
	void *data;		/* in the arena of `out` */
};

/* A batch being filled; lies in the caller's storage. */
struct columns {
	struct rec *out;
	size_t rows;
	int n;
	struct column column[COLUMNS_MOST];
};

/* Clears `out` and gives it room for `rows` samples like those of `from`
 * ([N,…] fields without those of `skip`, NULL behind the last) and copies of
 * its single values. */
int columns_begin(struct columns *, struct rec *out, size_t rows,
    const struct rec *from, const char *const *skip) FAIL_CHECKED;

/* Copies sample `i` of `from` into row `row`; FAIL_FORMAT when a column is
 * missing there or of another shape. */
int columns_copy(const struct columns *, size_t row, const struct rec *from,
    size_t i) FAIL_CHECKED;

/* Only the first n rows stay, of these and of every other tensor [rows,…]. */
void columns_cut(struct columns *, size_t n);

#endif
