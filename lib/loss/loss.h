/*
 * loss: from embeddings to a number and its gradients.
 *
 * Arrays are ordinary memory, row-major, 32-bit floats; everything adds up in
 * double.  Embeddings [N,P] come un-normalised: a loss normalises the rows
 * itself (divided by max(norm, 1e-12)), and gradients are with respect to
 * what came in.  A queue is taken as normalised and has no gradient.
 *
 * A loss is one file and one row of the table.
 */
#ifndef SELF_LOSS_LOSS_H
#define SELF_LOSS_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fail.h"

#define LOSS_FIELDS 8		/* fields of one loss, a series counts once */
#define LOSS_SERIES 32		/* s0, s1, … at most */
#define LOSS_PARTS 2		/* named parts of a loss */
#define LOSS_NORM_FLOOR 1e-12

enum loss_type {
	LOSS_EMBEDDING,		/* f4 [N,P] */
	LOSS_STRONG,		/* f4 [N,P], a series: name0, name1, … */
	LOSS_QUEUE,		/* f4 [K,P] */
	LOSS_SHARE,		/* f4 [N] in [0,1] */
	LOSS_PLACE,		/* i8 [N] in 0..N-1 */
	LOSS_LABEL		/* i8 [N], -1 = unlabelled */
};

/* A field that a loss reads; `grad`: it writes the gradient for it. */
struct loss_field {
	const char *name;
	enum loss_type type;
	bool grad, optional;
};

/* What one field holds; all NULL: not there. */
struct loss_array {
	const float *real;	/* embeddings, queue, shares */
	const int64_t *whole;	/* places, labels */
	float *grad;		/* written; NULL to skip */
};

struct loss_options {
	double temperature;
	double strong_temperature;	/* 0: the same as temperature */
	double strong_weight;
};

/* One evaluation: the caller fills it in, `loss` and `part` are written. */
struct loss_call {
	size_t n, p, k;		/* rows, columns, rows of the queue */
	struct loss_array in[LOSS_FIELDS];	/* in the row's order */
	struct loss_array strong[LOSS_SERIES];
	size_t n_strong;
	struct loss_options options;
	struct arena *scratch;	/* taken from, reset by the caller */
	double loss, part[LOSS_PARTS];
};

struct loss {
	const char *name, *help;
	const struct loss_field *fields;
	size_t n_fields;
	const char *parts[LOSS_PARTS];	/* names of parts, or NULL */
	int (*run)(struct loss_call *);
};

/* The row of that name, or NULL and a failure that names the others. */
const struct loss *loss_find(const char *name);

/* Rows in the table, and row i of them. */

/* Checks shares and places, then runs the loss. */
int loss_run(const struct loss *, struct loss_call *) FAIL_CHECKED;

/*
 * One direction of BYOL's loss (Grill et al. 2020, equation 2), for methods
 * that take one view after the other: the mean over N rows of
 * 2 - 2 cos(p_i, z_i); with mixing, cos is lambda_i cos(p_i, z_i) +
 * (1 - lambda_i) cos(p_i, z_index[i]) (i-Mix, Lee et al. 2021).  grad [N,P] is
 * written (NULL to skip).  index and lambda are NULL without mixing.
 */
double loss_byol_direction(size_t n, size_t p, const float *prediction,
    const float *target, const int64_t *index, const float *lambda,
    float *grad);

extern const struct loss loss_byol;

#endif
