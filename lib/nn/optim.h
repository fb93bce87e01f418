/*
 * optim: how parameters follow their gradients.
 *
 * An optimizer is one row: its state arrays (as long as the parameters), and
 * one step over all slices.  Gradients are read only, but for clipping.
 */
#ifndef SELF_NN_OPTIM_H
#define SELF_NN_OPTIM_H

#include <stdbool.h>
#include <stdint.h>

#include "nn/param.h"

#define OPTIM_STATES 2

/*
 * LARS as it is in circulation (You et al. 2017).  With g' = g + w p the
 * trust ratio t is eta |p| / |g'|, or in LARC's way eta |p| / (|g| + w |p| +
 * epsilon); 1 where a norm is 0 (LARC then forgoes the decay too).
 */
enum optim_lars {
	OPTIM_BYOL,	/* |g'|; v = mu v + t g', p -= rate v */
	OPTIM_SIMCLR,	/* |g'|; v = mu v + rate t g', p -= v */
	OPTIM_LARC,	/* |g| + w |p|, the rate outside; SuNCEt at first */
	OPTIM_SUNCET	/* the same, the rate inside; SuNCEt later */
};

/* What is neither decayed nor, by LARS, adapted. */
enum optim_exclude {
	OPTIM_AUTO,	/* vectors with lars, otherwise nothing */
	OPTIM_NONE,
	OPTIM_VECTORS	/* tensors of one dimension: biases, batch norm */
};

struct optim_config {
	double momentum;	/* sgd, lars */
	double decay;		/* weight decay */
	bool nesterov;		/* sgd, lars */
	enum optim_exclude exclude;
	double clip_norm;	/* longest gradient; 0: any */
	double trust;		/* lars: eta */
	enum optim_lars form;
	bool lars_clip;		/* t becomes min(t / rate, 1) */
	double beta1, beta2, epsilon;	/* adam, adamw */
};

/* "byol", "simclr", "larc", "suncet"; "auto", "none", "vectors". */
int optim_lars_form(const char *name, enum optim_lars *) FAIL_CHECKED;
int optim_exclusion(const char *name, enum optim_exclude *) FAIL_CHECKED;

/* Momentum 0.9, no decay, trust 1e-3, betas 0.9 and 0.999, epsilon 1e-8. */
struct optim_config optim_defaults(void);

struct optim;

struct optim_row {
	const char *name, *help;
	const char *states[OPTIM_STATES];	/* names in checkpoints */
	bool scratch;				/* its steps need some */
	void (*step)(struct optim *, double rate);
};

/* At work on one set of parameters (borrowed); owns the state. */
struct optim {
	const struct optim_row *row;
	struct optim_config config;
	const struct nn_params *params;
	float *state[OPTIM_STATES];	/* device, [n_values] */
	float *scratch;			/* device, the largest slice, or NULL */
	uint64_t steps;			/* taken so far */
};

/* The row of that name, or NULL and a failure that names the others. */
const struct optim_row *optim_find(const char *name);

int optim_init(struct optim *, const struct optim_row *,
    const struct optim_config *, const struct nn_params *) FAIL_CHECKED;
void optim_fini(struct optim *);

/* One step at the learning rate given. */
void optim_step(struct optim *, double rate);

/* True where a slice is decayed (and by LARS adapted). */
bool optim_adapts(const struct optim *, const struct nn_slice *);

/* Length of all parameters' gradients together. */
double optim_grad_norm(const struct optim *);

#endif
