/*
 * method: how a network is trained without labels.
 *
 * A method is one file and one row of the table: which views it reads, which
 * networks it keeps, and what one step computes.  The optimizer's step lies
 * between `gradients` and `after`, and belongs to the caller.
 */
#ifndef SELF_METHOD_METHOD_H
#define SELF_METHOD_METHOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encoder/encoder.h"
#include "loss/loss.h"
#include "nn/nn.h"

#define METHOD_VIEWS 8

struct method_view {
	const float *x;		/* device, [n,h,w,channels], normalised */
	int h, w;
};

/* One step's data, borrowed. */
struct method_batch {
	int n, n_views;
	struct method_view view[METHOD_VIEWS];
	const int64_t *mix_index;	/* host, [n], or NULL */
	const float *mix_lambda;	/* host, [n], or NULL */
	const int64_t *label;		/* host, [n], or NULL */
};

struct method_run;

struct method {
	const char *name, *help;
	int n_views;		/* read from a record: view0, view1, … */
	bool target, predictor;	/* keeps a momentum network; has one */
	/* Heads of a network that starts from nothing. */
	struct enc_head (*projector)(int hidden, int out);
	/* Plans for batches of these shapes; everything that a step needs
	 * is taken here. */
	int (*plan)(struct method_run *, const struct method_batch *);
	/* Loss, gradients of the online parameters (which are zero before)
	 * and whatever comes before the optimizer. */
	int (*gradients)(struct method_run *, const struct method_batch *,
	    double *loss);
	/* What comes behind it; `ema` is this step's momentum. */
	void (*after)(struct method_run *, double ema);
};

/* The row of that name, or NULL and a failure that names the others. */
const struct method *method_find(const char *name);

/* A method at work; must not be moved once it is. */
struct method_run {
	const struct method *row;
	struct kernel *kernel;		/* borrowed */
	struct enc_model model;
	struct nn_params online, target;	/* target: may be empty */
	struct loss_options options;

	/* Made by plan. */
	struct method_batch planned;	/* shapes of the plans */
	struct nn_plan *plan[METHOD_VIEWS], *target_plan[METHOD_VIEWS];
	float *memory, *work, *slope;	/* device */
	float *host[2 * METHOD_VIEWS];	/* embeddings and gradients */
};

int method_init(struct method_run *, const struct method *, struct kernel *,
    const struct enc_spec *) FAIL_CHECKED;
void method_fini(struct method_run *);

/* A fresh start: online drawn from the seed, the target a copy. */
int method_draw(struct method_run *, uint64_t seed) FAIL_CHECKED;

/* The target becomes a copy of the online network, statistics too. */
void method_copy_target(struct method_run *);

/* Gradients for one batch, planning first when its shapes are new. */
int method_gradients(struct method_run *, const struct method_batch *,
    double *loss) FAIL_CHECKED;
void method_after(struct method_run *, double ema);

/* For the rows: gives back what plan made, and makes device and host arrays
 * of these sizes (in floats; n_host of `host` floats each). */
void method_unplan(struct method_run *);
int method_reserve(struct method_run *, size_t memory, size_t work,
    size_t slope, int n_host, size_t host) FAIL_CHECKED;

extern const struct method method_byol;

#endif
