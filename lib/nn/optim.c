/* SPDX-License-Identifier: MIT */
#include "nn/optim.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct optim_row lars_row;

#define LARC_EPSILON 1e-8

bool
optim_adapts(const struct optim *o, const struct nn_slice *s)
{
	const enum optim_exclude e = o->config.exclude;
	const bool all = e == OPTIM_NONE ||
	    (e == OPTIM_AUTO && o->row != &lars_row);

	return all || s->n_dims > 1;
}

/* v = momentum v + (g + w p); p -= rate v (PyTorch's SGD). */
static void
sgd_step(struct optim *o, double rate)
{
	const struct nn_params *p = o->params;
	struct sgd s = { .momentum = (float)o->config.momentum, .rate_in = 1,
		.rate_out = (float)rate, .nesterov = o->config.nesterov };

	for (size_t i = 0; i < p->n; i++) {
		const struct nn_slice *slice = &p->layout->slices[i];

		if (nn_is_buffer(slice->kind))
			continue;
		s.decay = optim_adapts(o, slice) ? (float)o->config.decay : 0;
		kernel_sgd(p->kernel, p->value + slice->at,
		    o->state[0] + slice->at, p->grad + slice->at, slice->n,
		    &s);
	}
}

/* The trust ratio from |p|, |g| and |g + w p|; *decay 0 where LARC forgoes
 * it. */
static double
trust_ratio(const struct optim_config *c, double p, double g, double all,
    double rate, double *decay)
{
	const bool larc = c->form == OPTIM_LARC || c->form == OPTIM_SUNCET;
	double t;

	if (!(p > 0 && (larc ? g : all) > 0)) {
		*decay = larc ? 0 : *decay;
		return 1;
	}
	t = larc ? c->trust * p / (g + *decay * p + LARC_EPSILON) :
	    c->trust * p / all;
	return c->lars_clip && rate > 0 ? fmin(t / rate, 1) : t;
}

/*
 * g + w p goes through the scratch for its norm: an SGD pass without momentum
 * and rate leaves it there.
 */
static void
lars_slice(struct optim *o, const struct nn_slice *s, double rate)
{
	const struct optim_config *c = &o->config;
	const struct nn_params *p = o->params;
	struct kernel *k = p->kernel;
	float *value = p->value + s->at, *grad = p->grad + s->at;
	const bool inside = c->form == OPTIM_SIMCLR ||
	    c->form == OPTIM_SUNCET;
	double t = 1, decay = 0;

	if (optim_adapts(o, s)) {
		struct sgd sum = { .decay = (float)c->decay, .rate_in = 1 };

		kernel_zero(k, o->scratch, s->n);
		kernel_sgd(k, value, o->scratch, grad, s->n, &sum);
		decay = c->decay;
		t = trust_ratio(c, sqrt(kernel_square_sum(k, value, s->n)),
		    sqrt(kernel_square_sum(k, grad, s->n)),
		    sqrt(kernel_square_sum(k, o->scratch, s->n)), rate,
		    &decay);
	}
	kernel_sgd(k, value, o->state[0] + s->at, grad, s->n,
	    &(struct sgd){ .decay = (float)decay,
	    .momentum = (float)c->momentum, .nesterov = c->nesterov,
	    .rate_in = (float)(inside ? rate * t : t),
	    .rate_out = (float)(inside ? 1 : rate) });
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
	struct adam a = { .rate = (float)rate, .beta1 = (float)c->beta1,
		.beta2 = (float)c->beta2, .epsilon = (float)c->epsilon,
		.correct1 = (float)(1 - pow(c->beta1, t)),
		.correct2 = (float)(1 - pow(c->beta2, t)),
		.decoupled = decoupled };

	for (size_t i = 0; i < p->n; i++) {
		const struct nn_slice *s = &p->layout->slices[i];

		if (nn_is_buffer(s->kind))
			continue;
		a.decay = optim_adapts(o, s) ? (float)c->decay : 0;
		kernel_adam(p->kernel, p->value + s->at, o->state[0] + s->at,
		    o->state[1] + s->at, p->grad + s->at, s->n, &a);
	}
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

static const struct optim_row adam_row = { "adam",
	"Adam, the decay within the gradient", { "m", "v" }, false,
	adam_step };
static const struct optim_row adamw_row = { "adamw",
	"Adam, the decay apart", { "m", "v" }, false, adamw_step };
static const struct optim_row lars_row = { "lars", "layer-wise rates",
	{ "momentum", NULL }, true, lars_step };
static const struct optim_row sgd_row = { "sgd",
	"stochastic gradient descent, as PyTorch", { "momentum", NULL },
	false, sgd_step };

static const struct optim_row *const table[] = { &adam_row, &adamw_row,
	&lars_row, &sgd_row };

const struct optim_row *
optim_find(const char *name)
{
	char names[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(table[i]->name, name) == 0)
			return table[i];
		if (used < sizeof(names))
			used += (size_t)snprintf(names + used,
			    sizeof(names) - used, " %s", table[i]->name);
	}
	fail(FAIL_USAGE, "no optimizer is called %s; there are:%s", name,
	    names);
	return NULL;
}

/* The place of a name in a list of n, or a failure that tells them all. */
static int
place_of(const char *what, const char *name, const char *const *names,
    int n)
{
	char all[128] = "";

	for (int i = 0; i < n; i++) {
		const size_t used = strlen(all);

		if (strcmp(name, names[i]) == 0)
			return i;
		snprintf(all + used, sizeof(all) - used, " %s", names[i]);
	}
	return fail(FAIL_USAGE, "no %s is called %s; there are:%s", what,
	    name, all);
}

int
optim_lars_form(const char *name, enum optim_lars *form)
{
	static const char *const names[] = { "byol", "simclr", "larc",
		"suncet" };
	const int i = place_of("LARS", name, names, 4);

	*form = i < 0 ? OPTIM_BYOL : (enum optim_lars)i;
	return i < 0 ? i : 0;
}

int
optim_exclusion(const char *name, enum optim_exclude *e)
{
	static const char *const names[] = { "auto", "none", "vectors" };
	const int i = place_of("exclusion", name, names, 3);

	*e = i < 0 ? OPTIM_AUTO : (enum optim_exclude)i;
	return i < 0 ? i : 0;
}

struct optim_config
optim_defaults(void)
{
	return (struct optim_config){ .momentum = 0.9, .trust = 1e-3,
		.beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8 };
}

static int
take_scratch(struct optim *o)
{
	const struct nn_params *p = o->params;
	size_t most = 1;

	for (size_t i = 0; i < p->n; i++)
		if (p->layout->slices[i].n > most)
			most = p->layout->slices[i].n;
	o->scratch = kernel_alloc(p->kernel, most);
	return o->scratch == NULL ? fail_last() : 0;
}

int
optim_init(struct optim *o, const struct optim_row *row,
    const struct optim_config *config, const struct nn_params *params)
{
	memset(o, 0, sizeof(*o));
	o->row = row;
	o->config = *config;
	o->params = params;
	if (row->scratch && take_scratch(o) < 0)
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

double
optim_grad_norm(const struct optim *o)
{
	return sqrt(kernel_square_sum(o->params->kernel, o->params->grad,
	    o->params->n_values));
}

static void
clip(struct optim *o)
{
	const double norm = optim_grad_norm(o);

	if (norm > o->config.clip_norm)
		kernel_scale(o->params->kernel, o->params->grad,
		    o->params->n_values, (float)(o->config.clip_norm / norm));
}

void
optim_step(struct optim *o, double rate)
{
	if (o->config.clip_norm > 0)
		clip(o);
	o->row->step(o, rate);
	o->steps++;
}
