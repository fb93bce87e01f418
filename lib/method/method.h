/*
 * method: how a network is trained without labels.
 *
 * A method is one file and one row of the table: which views it reads, which
 * networks it keeps, and what one step computes.  A step is `before`,
 * `gradients`, the optimizer's step (the caller's), `after`.
 */
#ifndef SELF_METHOD_METHOD_H
#define SELF_METHOD_METHOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encoder/encoder.h"
#include "loss/loss.h"
#include "method/keys.h"
#include "nn/nn.h"

#define METHOD_VIEWS 16
#define METHOD_KEEP 64

struct method_view {
	const float *x;		/* device, [n,h,w,channels], normalised */
	int h, w;
	bool strong;
};

/* One step's data, borrowed.  Views of one size lie one behind the other,
 * and so does the support behind them. */
struct method_batch {
	int n, n_views;
	struct method_view view[METHOD_VIEWS];
	const int64_t *mix_index;	/* host, [n], or NULL */
	const float *mix_lambda;	/* host, [n], or NULL */
	const int64_t *label;		/* host, [n], or NULL */
	int n_support;			/* labelled samples, one view each */
	struct method_view support;
	const int64_t *support_label;	/* host, [n_support] */
	uint64_t step;			/* of the run, for random draws */
};

struct method_run;
struct logits;

struct method {
	const char *name, *help;
	const struct loss *loss;	/* of the views; the options it uses
					 * and whether it takes mixed views
					 * are the method's */
	int n_views;		/* read from a record: view0, view1, … */
	bool more_views;	/* and all further ones that are there */
	bool target, predictor;	/* keeps a momentum network; has one */
	bool queue;		/* keeps past keys */
	bool symmetric;		/* has one direction, of all views or of mixed
				 * ones, unless asked for both */
	bool label, support;	/* needs labels; takes a labelled stream */
	const char *projector;	/* head of a network that starts from nothing */
	double ema;		/* the papers' momentum of the target */
	bool ema_cosine;	/* which rises to 1 */
	enum nn_draw draw;	/* its usual first numbers, … */
	float residual_scale;	/* … with this, or 0: what goes with them */
	/* Plans for batches of these shapes; everything that a step needs
	 * is taken here. */
	int (*plan)(struct method_run *, const struct method_batch *);
	/* What comes before the batch; `ema` is this step's momentum. */
	void (*before)(struct method_run *, double ema);
	/* Loss and gradients of the online parameters (which are zero
	 * before). */
	int (*gradients)(struct method_run *, const struct method_batch *,
	    double *loss);
	/* What comes behind the optimizer. */
	void (*after)(struct method_run *, double ema);
	/* Where rows and columns of the step's logits lie (method/logits.h);
	 * NULL: has no softmax. */
	void (*logits)(const struct method_run *, struct logits *);
};

/* The row of that name, or NULL and a failure that names the others. */
const struct method *method_find(const char *name);

/* Row i of the table, or NULL behind the last. */
const struct method *method_row(size_t i);

/* True unless the option of ssl-train (without its dashes) is one that only
 * some methods use, and this is none of them. */
bool method_uses(const struct method *, const char *option);

/* FAIL_USAGE, with the methods that use the option, unless this one does. */
int method_check_option(const struct method *, const char *option)
    FAIL_CHECKED;

/* FAIL_USAGE, with the methods that do, unless records with mix_index and
 * mix_lambda have a meaning for the method. */
int method_check_mixed(const struct method *) FAIL_CHECKED;

/* What becomes of batch norm's running statistics in the target: its own
 * passes' alone, or also averaged with the online ones, or their copy. */
enum method_buffers { METHOD_OWN, METHOD_AVERAGE, METHOD_COPY };

/* Choices within a method. */
struct method_options {
	struct loss_options loss;
	int groups;		/* of a pass for batch norm; 0: 1 */
	int microbatch;		/* samples at a time; 0: all */
	bool symmetric;		/* both directions where one is usual */
	bool fresh_target;	/* drawn by itself, not copied */
	enum nn_draw draw;	/* first numbers */
	float residual_scale;	/* method_init says 1 */
	enum method_buffers buffers;
	uint64_t seed;		/* of permutations */
	int keep[METHOD_KEEP];	/* values of the network that somebody wants */
	int n_keep;		/* to see behind a step */
};

/* A method at work; must not be moved once it is. */
struct method_run {
	const struct method *row;
	struct kernel *kernel;		/* borrowed */
	struct enc_model model;
	struct nn_params online, target;	/* target: may be empty */
	struct keys keys;		/* may be empty */
	struct method_options options;
	struct loss_work work;

	/* Made by plan. */
	struct method_batch planned;	/* shapes of the plans */
	struct nn_plan *plan[METHOD_VIEWS], *target_plan[METHOD_VIEWS];
	struct nn_plan *look[METHOD_VIEWS];	/* of microbatches, forward */
	size_t rows[METHOD_VIEWS];	/* samples of a plan */
	int last;		/* the plan taken back last */
	float *memory, *back, *slope;	/* device */
	float *host[2 * METHOD_VIEWS];	/* embeddings and gradients */
	const float *seen[2];	/* host, [n,P]: the step's embeddings of view 0
				 * and 1 (CLSA: of a query and its key) */
	float *shuffled;		/* device, a view in another order */
	size_t *order;			/* [n] that order */
};

int method_init(struct method_run *, const struct method *, struct kernel *,
    const struct enc_spec *) FAIL_CHECKED;
void method_fini(struct method_run *);

/* A fresh start: online drawn from the seed, the target a copy or (by the
 * options) drawn too. */
int method_draw(struct method_run *, uint64_t seed) FAIL_CHECKED;

/* The target becomes a copy of the online network, statistics too. */
void method_copy_target(struct method_run *);

void method_before(struct method_run *, double ema);

/* Gradients for one batch, planning first when its shapes are new. */
int method_gradients(struct method_run *, const struct method_batch *,
    double *loss) FAIL_CHECKED;
void method_after(struct method_run *, double ema);

/* The plan whose values are in `memory` behind a step, and its samples; NULL
 * before the first. */
const struct nn_plan *method_last(const struct method_run *, size_t *n);

/* Numbers in a projection. */
size_t method_columns(const struct method_run *);

extern const struct method method_byol, method_clsa, method_moco,
    method_npair, method_simclr, method_suncet, method_supcon;

#endif
