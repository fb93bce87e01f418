/*
 * loss: from embeddings to a number and its gradients.
 *
 * Arrays are ordinary memory, row-major, 32-bit floats, but for the queue,
 * which is large and lies on the device; what is summed over rows adds up in
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
#include "kernel/kernel.h"

#define LOSS_FIELDS 8		/* fields of one loss, a series counts once */
#define LOSS_SERIES 32		/* s0, s1, … at most */
#define LOSS_PARTS 2		/* named parts of a loss */
#define LOSS_NORM_FLOOR 1e-12
#define LOSS_COLDEST 1e-6	/* temperature */

enum loss_type {
	LOSS_EMBEDDING,		/* f4 [N,P] */
	LOSS_STRONG,		/* f4 [N,P], a series: name0, name1, … */
	LOSS_QUEUE,		/* f4 [K,P], on the device */
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
	double temperature;		/* 0: the row's */
	double strong_temperature;	/* 0: the same as temperature */
	double strong_weight;
	bool anchor_only;	/* rows of the batch that an anchor is held
				 * against count as constants */
};

/* Memory that evaluations share; grows at the first and is kept. */
struct loss_work {
	struct kernel *kernel;	/* borrowed */
	struct arena host;	/* taken from; reset by loss_run */
	float *device;
	size_t room;		/* floats */
};

void loss_work_init(struct loss_work *, struct kernel *);
void loss_work_fini(struct loss_work *);

/* One evaluation: the caller fills it in, `loss` and `part` are written. */
struct loss_call {
	size_t n, p, k;		/* rows, columns, rows of the queue */
	struct loss_array in[LOSS_FIELDS];	/* in the row's order */
	struct loss_array strong[LOSS_SERIES];
	size_t n_strong;
	struct loss_options options;
	struct loss_work *work;
	double loss, part[LOSS_PARTS];
};

struct loss {
	const char *name, *help;
	const struct loss_field *fields;
	size_t n_fields;
	const char *parts[LOSS_PARTS];	/* names of parts, or NULL */
	double temperature;		/* what the paper takes; 0: none */
	bool anchors;	/* rows are held against rows with gradients */
	int (*run)(struct loss_call *);
};

/* The row of that name, or NULL and a failure that names the others. */
const struct loss *loss_find(const char *name);

/* Row i of the table, or NULL behind the last. */
const struct loss *loss_row(size_t i);

/* True when the loss has a field of this type. */
bool loss_reads(const struct loss *, enum loss_type);

/* True unless the option (without its dashes) is one of struct loss_options
 * that the loss does not use. */
bool loss_uses(const struct loss *, const char *option);

/* FAIL_USAGE, with the losses that use the option, unless this one does. */
int loss_check_option(const struct loss *, const char *option) FAIL_CHECKED;

/* The row's temperature where none is given; a failure for one that is too
 * low. */
int loss_defaults(const struct loss *, struct loss_options *) FAIL_CHECKED;

/*
 * FAIL_FORMAT, with field and row, for what no loss can be of: embeddings,
 * shares or a queue with NaN or infinity, labels without a pair to compare.
 * Asked by those whose arrays come from outside; the queue is looked at only
 * while it is ordinary memory: before it goes to the device.
 */
int loss_check_values(const struct loss *, const struct loss_call *)
    FAIL_CHECKED;

/* FAIL_DIVERGED unless loss, parts and gradients are finite 32-bit floats. */
int loss_check_result(const struct loss *, const struct loss_call *)
    FAIL_CHECKED;

/* Checks labels, shares and places, fills in the defaults, then runs the loss. */
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

/* Places in loss_call.in. */
enum { LOSS_BYOL_P0, LOSS_BYOL_P1, LOSS_BYOL_Z0, LOSS_BYOL_Z1,
	LOSS_BYOL_INDEX, LOSS_BYOL_LAMBDA };
enum { LOSS_CLSA_Q, LOSS_CLSA_K, LOSS_CLSA_S, LOSS_CLSA_QUEUE };
enum { LOSS_MOCO_Q, LOSS_MOCO_K, LOSS_MOCO_QUEUE, LOSS_MOCO_INDEX,
	LOSS_MOCO_LAMBDA };
enum { LOSS_NPAIR_Z0, LOSS_NPAIR_Z1, LOSS_NPAIR_INDEX, LOSS_NPAIR_LAMBDA };
enum { LOSS_SIMCLR_Z0, LOSS_SIMCLR_Z1 };
enum { LOSS_SUNCET_Z, LOSS_SUNCET_LABEL };
enum { LOSS_SUPCON_Z0, LOSS_SUPCON_Z1, LOSS_SUPCON_LABEL };

/*
 * CLSA's two terms (Wang & Qi 2021), for methods that take one view after
 * the other.  The weak view of in[LOSS_CLSA_Q] has its contrast in part[0],
 * and what it expects of the keys is added to `expected` [N,P]: all that
 * strong views need to know of it.  The strong view i is held against n_weak
 * of them; part[1] += its divergence, which `strong_weight` does not touch,
 * while the gradient has it.  They take from the work's host memory and leave
 * it to the caller to reset.
 */
int loss_clsa_weak(struct loss_call *, float *expected) FAIL_CHECKED;
int loss_clsa_strong(struct loss_call *, size_t i, const float *expected,
    size_t n_weak) FAIL_CHECKED;

extern const struct loss loss_byol, loss_clsa, loss_moco, loss_npair,
    loss_simclr, loss_suncet, loss_supcon;

#endif
