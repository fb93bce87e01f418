/*
 * param: a network's numbers, by name.
 *
 * A layout lists slices in PyTorch's order and with its names and shapes;
 * what is trained lies in one array, what is only tracked (batch norm's
 * running statistics) in another.  A network that has the first slices only
 * (a momentum encoder without the predictor) uses the same layout, cut short,
 * so that optimizers, moving averages and checkpoints are each one loop.
 */
#ifndef SELF_NN_PARAM_H
#define SELF_NN_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "kernel/kernel.h"

#define NN_NAME 96
#define NN_DIMS 4

enum nn_kind {
	NN_CONV,	/* [O,I,size,size] */
	NN_LINEAR,	/* [O,I] */
	NN_BIAS,	/* [O] of a linear layer */
	NN_SCALE,	/* [C] of batch norm, torch's weight */
	NN_SHIFT,	/* [C] of batch norm, torch's bias */
	NN_MEAN,	/* [C] running mean, a buffer */
	NN_VAR		/* [C] running variance, a buffer */
};

struct nn_slice {
	char name[NN_NAME];	/* "encoder.layer1.0.conv1.weight" */
	enum nn_kind kind;
	int n_dims;
	size_t shape[NN_DIMS];
	size_t fan;		/* fan in (linear, bias) or out (conv) */
	bool closing;		/* scale of the norm that ends a residual block */
	size_t at, n;		/* place in its array, floats */
};

/* All zeros is an empty layout. */
struct nn_layout {
	struct nn_slice *slices;
	size_t n, room;
	size_t n_values, n_buffers;	/* floats, places rounded up */
};

/* The number of the new slice; `fan` as above. */
int nn_layout_add(struct nn_layout *, const char *name, enum nn_kind,
    int n_dims, const size_t *shape, size_t fan) FAIL_CHECKED;
void nn_layout_free(struct nn_layout *);

/* The slice of that name, or NULL. */
const struct nn_slice *nn_layout_find(const struct nn_layout *,
    const char *name);
bool nn_is_buffer(enum nn_kind);

/* Numbers trained in the first n slices, buffers not counted. */
size_t nn_layout_count(const struct nn_layout *, size_t n);

/* The numbers of the first `n` slices; gradients only where asked for. */
struct nn_params {
	const struct nn_layout *layout;	/* borrowed */
	struct kernel *kernel;		/* borrowed */
	size_t n;			/* slices */
	size_t n_values, n_buffers;
	float *value, *buffer;		/* device */
	float *grad;			/* device, or NULL */
};

int nn_params_init(struct nn_params *, struct kernel *,
    const struct nn_layout *, size_t n, bool grad) FAIL_CHECKED;
void nn_params_fini(struct nn_params *);

/* Device memory of slice i and of its gradient. */
float *nn_param(const struct nn_params *, int i);
float *nn_param_grad(const struct nn_params *, int i);

/*
 * A network's first numbers; batch norm is 1 and 0, its statistics 0 and 1.
 * NN_TORCH, torchvision's: convolutions Kaiming normal by fan out, linear
 * layers and biases uniform within 1/sqrt(fan in).  NN_HAIKU, those of BYOL's
 * released code: convolutions and linear layers normal with deviation
 * 1/sqrt(fan in), cut off at two deviations, and biases 0.
 *
 * The scale of the norm that ends a residual block is `residual_scale`: 1 as
 * any other, or less, so that blocks begin close to their shortcuts, or 0 (He
 * et al. 2019, "Bag of tricks", 3.1; BYOL's release; torchvision's
 * zero_init_residual).
 */
enum nn_draw { NN_TORCH, NN_HAIKU };

/* Slice i draws from rng_at(seed, 0, i, 0, RNG_INIT). */
int nn_params_draw(struct nn_params *, enum nn_draw, float residual_scale,
    uint64_t seed) FAIL_CHECKED;

/* Another set of numbers from the same seed: draws from view 1. */
int nn_params_draw_twin(struct nn_params *, enum nn_draw,
    float residual_scale, uint64_t seed) FAIL_CHECKED;

/* Copies the slices that both have, buffers too. */
void nn_params_copy(struct nn_params *to, const struct nn_params *from);
void nn_params_zero_grad(struct nn_params *);

#endif
