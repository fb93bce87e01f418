/* SPDX-License-Identifier: MIT */
#include "nn/optim.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* v = momentum v + (g + w p); p -= rate v (PyTorch's SGD).  The decay is on
 * every parameter, biases and batch norm too. */
static void
sgd_step(struct optim *o, double rate)
{
	const struct nn_params *p = o->params;
	const struct sgd s = { .decay = (float)o->config.decay,
		.momentum = (float)o->config.momentum, .rate_in = 1,
		.rate_out = (float)rate, .nesterov = o->config.nesterov };

	kernel_sgd(p->kernel, p->value, o->state[0], p->grad, p->n_values,
	    &s);
}

bool
optim_adapts(const struct nn_slice *s)
{
	return s->n_dims > 1;
}

/*
 * g' = g + w p, t = eta |p| / |g'| (1 when either is 0), v = momentum v +
 * t g', p -= rate v (You et al. 2017, in BYOL's form: the rate stays outside
 * the momentum).  g' goes through the scratch: an SGD pass without momentum
 * and rate leaves it there.
 */
static void
lars_slice(struct optim *o, const struct nn_slice *s, double rate)
{
	const struct nn_params *p = o->params;
	struct kernel *k = p->kernel;
	float *value = p->value + s->at, *grad = p->grad + s->at;
	const struct sgd decay = { .decay = (float)o->config.decay,
		.rate_in = 1 };
	struct sgd move = { .momentum = (float)o->config.momentum,
		.rate_in = 1, .rate_out = (float)rate };

	if (optim_adapts(s)) {
		double of_p, of_g;

		kernel_zero(k, o->scratch, s->n);
		kernel_sgd(k, value, o->scratch, grad, s->n, &decay);
		of_p = sqrt(kernel_square_sum(k, value, s->n));
		of_g = sqrt(kernel_square_sum(k, o->scratch, s->n));
		if (of_p > 0 && of_g > 0)
			move.rate_in = (float)(o->config.trust * of_p / of_g);
		grad = o->scratch;
	}
	kernel_sgd(k, value, o->state[0] + s->at, grad, s->n, &move);
}

static void
lars_step(struct optim *o, double rate)
{
	const struct nn_params *p = o->params;

	for (size_t i = 0; i < p->n; i++)
		if (!nn_is_buffer(p->layout->slices[i].kind))
			lars_slice(o, &p->layout->slices[i], rate);
}

static void
adam(struct optim *o, double rate, bool decoupled)
{
	const struct nn_params *p = o->params;
	const struct optim_config *c = &o->config;
	const double t = (double)(o->steps + 1);
	const struct adam a = { .rate = (float)rate, .beta1 = (float)c->beta1,
		.beta2 = (float)c->beta2, .epsilon = (float)c->epsilon,
		.decay = (float)c->decay,
		.correct1 = (float)(1 - pow(c->beta1, t)),
		.correct2 = (float)(1 - pow(c->beta2, t)),
		.decoupled = decoupled };

	kernel_adam(p->kernel, p->value, o->state[0], o->state[1], p->grad,
	    p->n_values, &a);
}

static void
adam_step(struct optim *o, double rate)
{
	adam(o, rate, false);
}

static void
adamw_step(struct optim *o, double rate)
{
	adam(o, rate, true);
}

static const struct optim_row table[] = {
	{ "adam", "Adam, the decay within the gradient", { "m", "v" },
	    adam_step },
	{ "adamw", "Adam, the decay apart", { "m", "v" }, adamw_step },
	{ "lars", "layer-wise rates, as BYOL", { "momentum", NULL },
	    lars_step },
	{ "sgd", "stochastic gradient descent, as PyTorch",
	    { "momentum", NULL }, sgd_step },
};

const struct optim_row *
optim_find(const char *name)
{
	char names[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
		if (used < sizeof(names))
			used += (size_t)snprintf(names + used,
			    sizeof(names) - used, " %s", table[i].name);
	}
	fail(FAIL_USAGE, "no optimizer is called %s; there are:%s", name,
	    names);
	return NULL;
}

struct optim_config
optim_defaults(void)
{
	return (struct optim_config){ .momentum = 0.9, .trust = 1e-3,
		.beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8 };
}

int
optim_init(struct optim *o, const struct optim_row *row,
    const struct optim_config *config, const struct nn_params *params)
{
	size_t most = 1;

	memset(o, 0, sizeof(*o));
	o->row = row;
	o->config = *config;
	o->params = params;
	for (size_t i = 0; i < params->n; i++)
		if (params->layout->slices[i].n > most)
			most = params->layout->slices[i].n;
	o->scratch = kernel_alloc(params->kernel, most);
	if (o->scratch == NULL)
		return fail_last();
	for (int i = 0; i < OPTIM_STATES && row->states[i] != NULL; i++) {
		o->state[i] = kernel_alloc(params->kernel, params->n_values);
		if (o->state[i] == NULL) {
			optim_fini(o);
			return fail_last();
		}
	}
	return 0;
}

void
optim_fini(struct optim *o)
{
	if (o->params != NULL) {
		struct kernel *k = o->params->kernel;

		for (int i = 0; i < OPTIM_STATES; i++)
			kernel_release(k, o->state[i]);
		kernel_release(k, o->scratch);
	}
	memset(o, 0, sizeof(*o));
}

void
optim_step(struct optim *o, double rate)
{
	o->row->step(o, rate);
	o->steps++;
}
