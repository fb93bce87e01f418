/*
 * methods: a method at work on random pictures, for tests in C.
 *
 *	struct work w;
 *	begin(&w, "moco", 1);
 *	loss = step(&w, 0.1, 0.99);
 *	end(&w);
 */
#ifndef SELF_METHODS_H
#define SELF_METHODS_H

#include <stdlib.h>

#include "base/rng.h"
#include "method/parts.h"
#include "nn/optim.h"
#include "tap.h"

enum { N = 8, SIDE = 9, COLORS = 3, P = 6, VIEWS = 4, K = 24,
	VIEW = N * SIDE * SIDE * COLORS };

static struct kernel *kernel;	/* made by main */

struct work {
	struct method_run run;
	struct optim optim;
	struct method_batch batch;
	int64_t label[N];
	float *x;		/* device, [VIEWS][VIEW] */
};

/* View v: random pixels, or one colour. */
__attribute__((unused)) static void
set_view(struct work *w, int v, bool plain)
{
	struct rng r = rng_at(3, 0, (uint64_t)v, 0, 99);
	float *x = malloc(VIEW * sizeof(*x));

	if (x == NULL)
		abort();
	for (size_t i = 0; i < VIEW; i++)
		x[i] = plain ? 0.5f : (float)rng_normal(&r);
	kernel_upload(kernel, w->x + v * VIEW, x, VIEW);
	free(x);
}

__attribute__((unused)) static void
begin(struct work *w, const char *method, int groups)
{
	const struct method *m = method_find(method);
	struct optim_config c = optim_defaults();
	struct enc_spec s = { .encoder = enc_find("resnet18"),
		.shape = { COLORS, 4, "cifar" } };

	memset(w, 0, sizeof(*w));
	s.projector = enc_head_mlp(16, true, P, false);
	s.predictor = enc_head_mlp(16, true, P, false);
	if (!m->predictor)
		s.predictor.n = 0;
	w->x = kernel_alloc(kernel, VIEWS * VIEW);
	if (w->x == NULL || method_init(&w->run, m, kernel, &s) < 0 ||
	    method_draw(&w->run, 5) < 0 || (m->queue &&
	    keys_init(&w->run.keys, kernel, K, P, 1) < 0) ||
	    optim_init(&w->optim, optim_find("sgd"), &c, &w->run.online) < 0)
		abort();
	w->run.options.groups = groups;
	w->run.options.loss.strong_weight = 1;
	w->batch = (struct method_batch){ .n = N, .n_views = m->n_views,
		.label = w->label };
	for (int v = 0; v < VIEWS; v++) {
		w->batch.view[v] = (struct method_view){ w->x + v * VIEW, SIDE,
			SIDE, v > 1 };
		set_view(w, v, false);
	}
	for (int i = 0; i < N; i++)
		w->label[i] = i % 3;
}

__attribute__((unused)) static void
end(struct work *w)
{
	optim_fini(&w->optim);
	method_fini(&w->run);
	kernel_release(kernel, w->x);
}

__attribute__((unused)) static double
step(struct work *w, double rate, double ema)
{
	double loss;

	method_before(&w->run, ema);
	if (method_gradients(&w->run, &w->batch, &loss) < 0)
		return NAN;
	optim_step(&w->optim, rate);
	method_after(&w->run, ema);
	w->batch.step++;
	return loss;
}

__attribute__((unused)) static float *
copy(const float *device, size_t n)
{
	float *x = malloc((n + 1) * sizeof(*x));

	if (x == NULL)
		abort();
	kernel_download(kernel, x, device, n);
	return x;
}

__attribute__((unused)) static bool
equal(const float *device, const float *x, size_t n)
{
	float *y = copy(device, n);
	const bool same = memcmp(x, y, n * sizeof(*x)) == 0;

	free(y);
	return same;
}

/* Largest difference. */
__attribute__((unused)) static double
apart(const float *a, const float *b, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = worse(most, fabs((double)a[i] - (double)b[i]));
	return most;
}

#endif
