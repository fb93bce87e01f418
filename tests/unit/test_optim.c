/* SPDX-License-Identifier: MIT */
/* Optimizers on p = (3, 4), g = (0.8, -0.6), rate 0.1, decay 0.1: numbers
 * worked out by hand in double. */
#include <stdlib.h>

#include "nn/nn.h"
#include "nn/optim.h"
#include "tap.h"

static struct kernel *kernel;
static struct nn_net net;	/* a weight [1,2] and a bias [1] */
static struct nn_params params;

/* Slices as they lie in memory. */
static void
set(float *device, int slice, float a, float b)
{
	const struct nn_slice *s = &net.layout.slices[slice];
	const float x[2] = { a, b };

	kernel_upload(kernel, device + s->at, x, s->n);
}

static float
get(int slice, int i)
{
	float x[2] = { 0, 0 };

	kernel_download(kernel, x, nn_param(&params, slice),
	    net.layout.slices[slice].n);
	return x[i];
}

static void
begin(struct optim *o, const char *name, struct optim_config c)
{
	if (optim_init(o, optim_find(name), &c, &params) < 0)
		abort();
	set(params.value, 0, 3, 4);
	set(params.grad, 0, 0.8f, -0.6f);
	set(params.value, 1, 0.5f, 0);
	set(params.grad, 1, 0.25f, 0);
}

static void
lars(void)
{
	struct optim_config c = optim_defaults();
	struct optim o;

	c.decay = 0.1;
	begin(&o, "lars", c);
	optim_step(&o, 0.1);
	is_near(get(0, 0) - 3, -4.919349550e-4, 3e-7, "pitfall 4: LARS, the "
	    "first step");
	is_near(get(0, 1) - 4, 8.944271910e-5, 3e-7, "… its second number");
	is_near(get(1, 0), 0.5 - 0.1 * 0.25, 1e-7, "pitfall 3: a bias moves "
	    "by rate times gradient");
	/* The rate is outside the momentum. */
	set(params.grad, 0, 0.8f, -0.6f);
	optim_step(&o, 0.05);
	is_near(get(0, 0), 2.999040738, 3e-7, "pitfall 4: the second step");
	is_near(get(0, 1), 4.000174411, 3e-7, "… its second number");
	is_near(get(1, 0), 0.475 - 0.05 * (0.9 * 0.25 + 0.25), 1e-7,
	    "pitfalls 3, 38: biases have momentum, no decay");
	optim_fini(&o);
}

/* Pitfall 5: 0/0. */
static void
lars_zero(void)
{
	struct optim o;

	begin(&o, "lars", optim_defaults());
	set(params.value, 0, 0, 0);
	optim_step(&o, 0.1);
	is_near(get(0, 0), -0.08, 1e-7, "pitfall 5: a zero tensor moves at "
	    "the full rate");
	set(params.grad, 0, 0, 0);
	set(params.value, 0, 1, 2);
	optim_fini(&o);
	begin(&o, "lars", optim_defaults());
	set(params.grad, 0, 0, 0);
	optim_step(&o, 0.1);
	is_near(get(0, 0), 3, 0, "pitfall 5: a zero gradient is harmless");
	optim_fini(&o);
}

/* Pitfall 4: the forms in circulation, rates 0.1 and then 0.05. */
static void
lars_forms(void)
{
	static const struct {
		const char *name;
		double first[2], second[2];
	} forms[] = {
		{ "byol", { -4.919349550e-4, 8.944271910e-5 },
		    { 2.999040738, 4.000174411 } },
		{ "simclr", { -4.919349550e-4, 8.944271910e-5 },
		    { 2.998819367, 4.000214660 } },
		{ "larc", { -3.666666667e-4, 6.666666667e-5 },
		    { 2.99928503, 4.00012999 } },
		{ "suncet", { -3.666666667e-4, 6.666666667e-5 },
		    { 2.99912003, 4.00015999 } },
	};
	struct optim o;

	for (size_t i = 0; i < 4; i++) {
		struct optim_config c = optim_defaults();

		c.decay = 0.1;
		if (optim_lars_form(forms[i].name, &c.form) < 0)
			abort();
		begin(&o, "lars", c);
		optim_step(&o, 0.1);
		is_near((double)get(0, 0) - 3, forms[i].first[0], 3e-7,
		    "pitfall 4: LARS of %s, the first step", forms[i].name);
		is_near((double)get(0, 1) - 4, forms[i].first[1], 6e-7,
		    "… its second number");
		optim_step(&o, 0.05);
		is_near((double)get(0, 0), forms[i].second[0], 3e-7,
		    "pitfall 4: and the second step");
		is_near((double)get(0, 1), forms[i].second[1], 6e-7,
		    "… its second number");
		optim_fini(&o);
	}
}

/* What LARC does with zeros, and the clipped ratio. */
static void
larc(void)
{
	struct optim_config c = optim_defaults();
	struct optim o;

	c.decay = 0.1;
	c.form = OPTIM_LARC;
	begin(&o, "lars", c);
	set(params.grad, 0, 0, 0);
	optim_step(&o, 0.1);
	is_near((double)get(0, 0), 3, 0, "pitfall 5: LARC forgoes the decay "
	    "without a gradient");
	optim_fini(&o);
	c.form = OPTIM_BYOL;
	c.lars_clip = true;
	begin(&o, "lars", c);
	optim_step(&o, 0.1);
	is_near((double)get(0, 0) - 3, -4.919349550e-3, 3e-7, "a clipped "
	    "ratio is the rate");
	optim_fini(&o);
	c.trust = 10;
	begin(&o, "lars", c);
	optim_step(&o, 0.1);
	is_near((double)get(0, 0) - 3, -0.11, 1e-6, "but not above the "
	    "learning rate");
	optim_fini(&o);
}

/* Pitfall 38: biases and batch norm with and without decay, by any row. */
static void
exclusions(void)
{
	static const char *const rows[] = { "sgd", "lars", "adamw", "adam" };
	struct optim_config c = optim_defaults();
	struct optim o;

	c.decay = 0.1;
	for (size_t i = 0; i < 4; i++) {
		float plain, decayed;

		c.exclude = OPTIM_VECTORS;
		begin(&o, rows[i], c);
		optim_step(&o, 0.1);
		plain = get(1, 0);
		optim_fini(&o);
		c.exclude = OPTIM_NONE;
		begin(&o, rows[i], c);
		optim_step(&o, 0.1);
		decayed = get(1, 0);
		optim_fini(&o);
		if (strcmp(rows[i], "adam") == 0)	/* a first step */
			is_near((double)plain, 0.4, 1e-6, "pitfall 38: adam");
		else
			ok(plain != decayed, "pitfall 38: %s: a bias decays "
			    "unless it is left out", rows[i]);
	}
	c.exclude = OPTIM_NONE;
	c.trust = 0.5;
	begin(&o, "lars", c);
	optim_step(&o, 0.1);
	is_near((double)get(1, 0), 0.5 - 0.1 * 0.5 * 0.5, 1e-6, "pitfall 38: "
	    "LARS adapts a bias where nothing is left out");
	optim_fini(&o);
}

/* |g| of all parameters is sqrt(0.64 + 0.36 + 0.0625). */
static void
clipping(void)
{
	struct optim_config c = optim_defaults();
	const double norm = sqrt(1.0625);
	struct optim o;

	c.clip_norm = 0.5;
	begin(&o, "sgd", c);
	is_near(optim_grad_norm(&o), norm, 1e-6, "a gradient's length");
	optim_step(&o, 0.1);
	is_near((double)get(0, 0), 3 - 0.1 * 0.8 * 0.5 / norm, 1e-6,
	    "cut to what is allowed");
	is_near((double)get(1, 0), 0.5 - 0.1 * 0.25 * 0.5 / norm, 1e-6,
	    "in all parameters alike");
	optim_fini(&o);
	c.clip_norm = 2;
	begin(&o, "sgd", c);
	optim_step(&o, 0.1);
	is_near((double)get(0, 0), 2.92, 1e-6, "a short one is left alone");
	optim_fini(&o);
}

static void
sgd(void)
{
	struct optim_config c = optim_defaults();
	struct optim o;

	c.decay = 0.1;
	c.nesterov = true;
	begin(&o, "sgd", c);
	ok(o.scratch == NULL, "SGD needs no scratch");
	optim_step(&o, 0.1);
	optim_step(&o, 0.1);
	is_near(get(0, 0), 2.496871, 1e-6, "Nesterov, two steps");
	is_near(get(0, 1), 4.091478, 1e-6, "… the second number");
	optim_fini(&o);
	c.nesterov = false;
	begin(&o, "sgd", c);
	optim_step(&o, 0.1);
	is_near(get(1, 0), 0.5 - 0.1 * (0.25 + 0.1 * 0.5), 1e-7,
	    "pitfall 38: SGD decays biases too");
	is_near(get(0, 0), 3 - 0.1 * 1.1, 1e-6, "SGD, the first step");
	optim_step(&o, 0.1);
	is_near(get(0, 0), 2.89 - 0.1 * (0.9 * 1.1 + 0.8 + 0.289), 1e-6,
	    "SGD, the second step");
	optim_fini(&o);
}

static void
adam(void)
{
	struct optim_config c = optim_defaults();
	struct optim o;

	c.decay = 0.1;
	begin(&o, "adamw", c);
	optim_step(&o, 1e-3);
	optim_step(&o, 1e-3);
	is_near(get(0, 0), 2.997400130, 1e-6, "AdamW, two steps");
	is_near(get(0, 1), 4.001199940, 1e-6, "… the second number");
	optim_fini(&o);
	begin(&o, "adam", c);
	optim_step(&o, 1e-3);
	is_near(get(0, 0), 2.999, 1e-6, "Adam: the first step is the rate");
	is_near(get(0, 1), 4.001, 1e-6, "… with the gradient's sign");
	optim_fini(&o);
	ok(optim_find("adamx") == NULL, "an unknown name");
	is_int(optim_lars_form("lamb", &c.form), FAIL_USAGE, "an unknown "
	    "LARS");
	is_int(optim_exclusion("all", &c.exclude), FAIL_USAGE, "an unknown "
	    "exclusion");
}

int
main(void)
{
	struct pool *pool = pool_new(1);

	kernel = pool == NULL ? NULL : kernel_new(pool);
	nn_net_init(&net, 2);
	nn_linear(&net, 0, "a", 1, true);
	if (kernel == NULL || nn_net_check(&net) < 0 ||
	    nn_params_init(&params, kernel, &net.layout, net.layout.n,
		true) < 0)
		return 1;
	lars();
	lars_zero();
	lars_forms();
	larc();
	exclusions();
	clipping();
	sgd();
	adam();
	nn_params_fini(&params);
	nn_net_free(&net);
	kernel_free(kernel);
	pool_free(pool);
	return tap_done();
}
