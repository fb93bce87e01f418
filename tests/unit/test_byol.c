/* SPDX-License-Identifier: MIT */
/* BYOL's step: what moves, when, and what stays. */
#include <stdlib.h>

#include "base/rng.h"
#include "method/ema.h"
#include "method/method.h"
#include "nn/optim.h"
#include "tap.h"

enum { SIDE = 9, COLORS = 3 };

static struct kernel *kernel;

struct work {
	struct method_run run;
	struct optim optim;
	struct method_batch batch;
	float *view[2];
	size_t n_view;
};

/* A view of random pixels, or of one colour. */
static void
set_view(struct work *w, int v, uint64_t seed, bool plain)
{
	struct rng r = rng_at(seed, 0, (uint64_t)v, 0, 99);
	float *x = malloc(w->n_view * sizeof(*x));

	if (x == NULL)
		abort();
	for (size_t i = 0; i < w->n_view; i++)
		x[i] = plain ? 0.5f : (float)rng_normal(&r);
	kernel_upload(kernel, w->view[v], x, w->n_view);
	free(x);
}

static void
begin(struct work *w, int n, const char *optimizer)
{
	struct optim_config c = optim_defaults();
	struct enc_spec s = { .encoder = enc_find("resnet18"),
		.shape = { COLORS, 4, "cifar" } };

	memset(w, 0, sizeof(*w));
	s.projector = enc_head_mlp(16, true, 8, false);
	s.predictor = enc_head_mlp(16, true, 8, false);
	if (method_init(&w->run, &method_byol, kernel, &s) < 0 ||
	    method_draw(&w->run, 5) < 0 ||
	    optim_init(&w->optim, optim_find(optimizer), &c,
		&w->run.online) < 0)
		abort();
	w->n_view = (size_t)n * SIDE * SIDE * COLORS;
	w->batch = (struct method_batch){ .n = n, .n_views = 2 };
	for (int v = 0; v < 2; v++) {
		w->view[v] = kernel_alloc(kernel, w->n_view);
		w->batch.view[v] = (struct method_view){ .x = w->view[v],
			.h = SIDE, .w = SIDE };
		set_view(w, v, 1, false);
	}
}

static void
end(struct work *w)
{
	optim_fini(&w->optim);
	method_fini(&w->run);
	for (int v = 0; v < 2; v++)
		kernel_release(kernel, w->view[v]);
}

static double
step(struct work *w, double rate, double ema)
{
	double loss;

	if (method_gradients(&w->run, &w->batch, &loss) < 0)
		return NAN;
	optim_step(&w->optim, rate);
	method_after(&w->run, ema);
	return loss;
}

/* A copy of n numbers of the device, freed by the caller. */
static float *
copy(const float *device, size_t n)
{
	float *x = malloc((n + 1) * sizeof(*x));

	if (x == NULL)
		abort();
	kernel_download(kernel, x, device, n);
	return x;
}

static bool
equal(const float *device, const float *x, size_t n)
{
	float *y = copy(device, n);
	const bool same = memcmp(x, y, n * sizeof(*x)) == 0;

	free(y);
	return same;
}

/* With m = 0 the target is the online network as the optimizer left it. */
static void
order(void)
{
	struct work w;
	float *before, *after;
	size_t n;

	begin(&w, 6, "sgd");
	n = w.run.target.n_values;
	ok(n < w.run.online.n_values, "the target has no predictor");
	for (int i = 0; i < 2; i++) {
		before = copy(w.run.online.value, n);
		step(&w, 0.1, 0);
		after = copy(w.run.online.value, n);
		ok(memcmp(before, after, n * sizeof(*after)) != 0,
		    "step %d moves the network", i);
		ok(equal(w.run.target.value, after, n), "pitfall 7: the "
		    "target follows behind the optimizer, step %d", i);
		free(before);
		free(after);
	}
	end(&w);
}

/* m = 0.75 over two steps, by hand. */
static void
average(void)
{
	struct work w;
	float *slow, *fast[2], *got;
	double worst = 0;
	size_t n;

	begin(&w, 6, "sgd");
	n = w.run.target.n_values;
	slow = copy(w.run.target.value, n);
	for (int i = 0; i < 2; i++) {
		step(&w, 0.1, 0.75);
		fast[i] = copy(w.run.online.value, n);
	}
	got = copy(w.run.target.value, n);
	for (size_t i = 0; i < n; i++)
		worst = worse(worst, fabs(0.5625 * slow[i] +
		    0.1875 * fast[0][i] + 0.25 * fast[1][i] - got[i]));
	is_near(worst, 0, 1e-6, "pitfall 7: once a step, not once a view");
	free(slow);
	free(fast[0]);
	free(fast[1]);
	free(got);
	end(&w);
}

/* Statistics come from the network's own passes in training mode. */
static void
statistics(void)
{
	struct work w;
	float *value, *buffer;

	begin(&w, 6, "sgd");
	value = copy(w.run.target.value, w.run.target.n_values);
	buffer = copy(w.run.target.buffer, w.run.target.n_buffers);
	step(&w, 0.1, 1);
	ok(equal(w.run.target.value, value, w.run.target.n_values),
	    "pitfall 9: m = 1 leaves the target's parameters");
	ok(!equal(w.run.target.buffer, buffer, w.run.target.n_buffers),
	    "pitfall 9: but not its running statistics");
	free(buffer);
	/* The same network on the same views sees the same statistics. */
	buffer = copy(w.run.online.buffer, w.run.target.n_buffers);
	ok(equal(w.run.target.buffer, buffer, w.run.target.n_buffers),
	    "both networks track both views");
	free(buffer);
	free(value);
	end(&w);
}

/* The target's projections of view 0; false when there are none. */
static bool
first_view(struct work *w, float *z, size_t n)
{
	double loss;

	if (method_gradients(&w->run, &w->batch, &loss) < 0)
		return false;
	memcpy(z, w->run.host[0], n * sizeof(*z));
	return true;
}

/* Each view is a batch of its own. */
static void
separate(void)
{
	enum { ALL = 6 * 8 };
	float random[ALL], beside_plain[ALL], plain[ALL];
	struct work w;

	begin(&w, 6, "sgd");
	ok(first_view(&w, random, ALL), "projections");
	set_view(&w, 1, 1, true);
	ok(first_view(&w, beside_plain, ALL) &&
	    memcmp(random, beside_plain, sizeof(random)) == 0,
	    "pitfall 24: view 1 does not see view 2");
	set_view(&w, 0, 1, true);
	ok(first_view(&w, plain, ALL) &&
	    memcmp(random, plain, sizeof(random)) != 0,
	    "… and does see itself");
	end(&w);
}

/* The prediction of the last view, which swapping makes the first one. */
static double
last_prediction(struct work *w, float *p, size_t n)
{
	double loss;

	if (method_gradients(&w->run, &w->batch, &loss) < 0)
		return NAN;
	memcpy(p, w->run.host[2], n * sizeof(*p));
	return loss;
}

/* Each prediction is held against the other view's projection. */
static void
pairs(void)
{
	enum { ALL = 6 * 8 };
	float p[2][ALL], z[2][ALL];
	struct method_view view;
	struct work w;
	double loss;

	begin(&w, 6, "sgd");
	loss = last_prediction(&w, p[1], ALL);
	memcpy(z[0], w.run.host[0], sizeof(z[0]));
	memcpy(z[1], w.run.host[1], sizeof(z[1]));
	view = w.batch.view[0];
	w.batch.view[0] = w.batch.view[1];
	w.batch.view[1] = view;
	is_near(last_prediction(&w, p[0], ALL), loss, 1e-6, "swapped views "
	    "have the same loss");
	is_near(loss_byol_direction(6, 8, p[0], z[1], NULL, NULL, NULL) +
	    loss_byol_direction(6, 8, p[1], z[0], NULL, NULL, NULL), loss,
	    1e-6, "predictions meet the other view's projections");
	end(&w);
}

/* Eight samples, the same every time: the loss goes down. */
static void
overfit(void)
{
	struct work w;
	double first = 0, last = 0;

	begin(&w, 8, "sgd");
	for (int i = 0; i < 80; i++) {
		const double loss = step(&w, 0.05, 0.9);

		first = i == 0 ? loss : first;
		last = loss;
	}
	ok(last < 0.3 * first, "80 steps on 8 samples: %.3f to %.3f", first,
	    last);
	end(&w);
}

/* A batch of another size is planned anew; equal ones are not. */
static void
shapes(void)
{
	struct work w;
	const struct nn_plan *plan;

	begin(&w, 6, "lars");
	ok(isfinite(step(&w, 0.1, 0.9)), "a step with LARS");
	plan = w.run.plan[0];
	ok(isfinite(step(&w, 0.1, 0.9)) && w.run.plan[0] == plan,
	    "the plan is kept");
	w.batch.n = 4;
	w.batch.view[1].h = 7;
	ok(isfinite(step(&w, 0.1, 0.9)), "fewer samples, another size");
	w.batch.n = 1;
	ok(isnan(step(&w, 0.1, 0.9)), "one sample has no statistics");
	end(&w);
}

/* The column 1, 2, 3, 4: biased within the batch, unbiased in the running
 * variance. */
static void
batch_norm(void)
{
	const float x[4] = { 1, 2, 3, 4 };
	struct nn_net net;
	struct nn_params p;
	struct nn_plan *plan;
	float *memory, *in, *y, *buffer;
	int v;

	nn_net_init(&net, 1);
	v = nn_norm(&net, 0, "a", -1, false);
	plan = nn_plan_new(&net, kernel, NN_TRACK, 4, 1, 1, &v, 1);
	if (plan == NULL || nn_params_init(&p, kernel, &net.layout, 4,
	    false) < 0 || nn_params_draw(&p, NN_TORCH, 1, 0) < 0)
		abort();
	memory = kernel_alloc(kernel, nn_plan_memory(plan));
	in = kernel_alloc(kernel, 4);
	kernel_upload(kernel, in, x, 4);
	nn_forward(plan, &p, memory, in);
	y = copy(nn_value(plan, memory, v), 4);
	is_near(y[3], 1.5 / sqrt(1.25 + 1e-5), 1e-6, "normalised with the "
	    "biased variance");
	buffer = copy(p.buffer, p.n_buffers);
	is_near(buffer[net.layout.slices[2].at], 0.25, 1e-7, "running mean");
	is_near(buffer[net.layout.slices[3].at], 1.0666667, 1e-6,
	    "running variance, unbiased");
	free(y);
	free(buffer);
	kernel_release(kernel, in);
	kernel_release(kernel, memory);
	nn_plan_free(plan);
	nn_params_fini(&p);
	nn_net_free(&net);
}

int
main(void)
{
	struct pool *pool = pool_new(2);

	kernel = pool == NULL ? NULL : kernel_new(pool);
	if (kernel == NULL)
		return 1;
	order();
	average();
	statistics();
	separate();
	pairs();
	overfit();
	shapes();
	batch_norm();
	ok(method_find("boyl") == NULL, "an unknown method");
	kernel_free(kernel);
	pool_free(pool);
	return tap_done();
}
