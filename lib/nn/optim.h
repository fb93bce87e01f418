/*
 * optim: how parameters follow their gradients.
 *
 * An optimizer is one row: its state arrays (as long as the parameters), and
 * one step over all slices.  Gradients are read only.
 */
#ifndef SELF_NN_OPTIM_H
#define SELF_NN_OPTIM_H

#include <stdbool.h>
#include <stdint.h>

#include "nn/param.h"

#define OPTIM_STATES 2

struct optim_config {
	double momentum;	/* sgd, lars */
	double decay;		/* weight decay */
	bool nesterov;		/* sgd */
	double trust;		/* lars: eta */
	double beta1, beta2, epsilon;	/* adam, adamw */
};

/* Momentum 0.9, no decay, trust 1e-3, betas 0.9 and 0.999, epsilon 1e-8. */
struct optim_config optim_defaults(void);

struct optim;

struct optim_row {
	const char *name, *help;
	const char *states[OPTIM_STATES];	/* names in checkpoints */
	void (*step)(struct optim *, double rate);
};

/* At work on one set of parameters (borrowed); owns the state. */
struct optim {
	const struct optim_row *row;
	struct optim_config config;
	const struct nn_params *params;
	float *state[OPTIM_STATES];	/* device, [n_values] */
	float *scratch;			/* device, the largest slice */
	uint64_t steps;			/* taken so far */
};

/* The row of that name, or NULL and a failure that names the others. */
const struct optim_row *optim_find(const char *name);

int optim_init(struct optim *, const struct optim_row *,
    const struct optim_config *, const struct nn_params *) FAIL_CHECKED;
void optim_fini(struct optim *);

/* One step at the learning rate given. */
void optim_step(struct optim *, double rate);

/* True where LARS adapts (and decays) a slice: tensors of more than one
 * dimension. */
bool optim_adapts(const struct nn_slice *);

#endif
