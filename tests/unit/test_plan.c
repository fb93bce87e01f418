/* SPDX-License-Identifier: MIT */
/* Places in memory: pieces never overlap while they live, and a network that
 * keeps nothing computes what one that keeps everything does. */
#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "encoder/encoder.h"
#include "nn/place.h"
#include "tap.h"

/* Pieces taken and given back at random against a map of who owns what. */
static void
pieces(void)
{
	enum { SLOTS = 20, ROUNDS = 2000, MOST = 1 << 16 };
	static unsigned char owner[MOST];
	struct { size_t at, n; } slot[SLOTS] = { { 0, 0 } };
	struct place p = { 0 };
	struct rng r = rng_at(1, 2, 3, 4, 5);
	bool clean = true, aligned = true;

	for (int i = 0; i < ROUNDS; i++) {
		const size_t s = rng_below(&r, SLOTS);

		if (slot[s].n > 0) {
			memset(owner + slot[s].at, 0, slot[s].n);
			clean &= place_give(&p, slot[s].at, slot[s].n) == 0;
			slot[s].n = 0;
			continue;
		}
		slot[s].n = 1 + rng_below(&r, 200);
		clean &= place_take(&p, slot[s].n, &slot[s].at) == 0;
		aligned &= slot[s].at % 16 == 0;
		for (size_t j = 0; j < slot[s].n; j++) {
			clean &= slot[s].at + j < p.end &&
			    owner[slot[s].at + j] == 0;
			owner[slot[s].at + j] = 1;
		}
	}
	ok(clean, "pieces never overlap");
	ok(aligned, "pieces begin at a cache line");
	ok(p.end <= SLOTS * 208, "places are used again: %zu", p.end);
	for (size_t s = 0; s < SLOTS; s++)
		if (slot[s].n > 0)
			clean &= place_give(&p, slot[s].at, slot[s].n) == 0;
	is_int(p.n_gaps, 1, "given back, they are one");
	is_int(p.gaps[0].n, p.end, "… and all of it");
	place_free(&p);
}

struct work {
	struct kernel *kernel;
	struct enc_model model;
	struct nn_params params;
	float *x;
	int n, h, w;
};

/* The values wanted, by a plan of that mode; its memory in floats. */
static size_t
run(struct work *w, enum nn_mode mode, float *feature, float *projection)
{
	const int wanted[] = { w->model.feature, w->model.projection };
	struct nn_plan *plan = nn_plan_new(&w->model.net, w->kernel, mode,
	    w->n, w->h, w->w, wanted, 2);
	size_t size;
	float *memory;

	if (plan == NULL)
		return 0;
	size = nn_plan_memory(plan);
	memory = kernel_alloc(w->kernel, size);
	nn_forward(plan, &w->params, memory, w->x);
	kernel_download(w->kernel, feature, nn_value(plan, memory, wanted[0]),
	    (size_t)w->n * nn_shape_count(nn_plan_shape(plan, wanted[0])));
	kernel_download(w->kernel, projection, nn_value(plan, memory,
	    wanted[1]), (size_t)w->n *
	    nn_shape_count(nn_plan_shape(plan, wanted[1])));
	kernel_release(w->kernel, memory);
	nn_plan_free(plan);
	return size;
}

static bool
begin(struct work *w, struct kernel *k, const char *arch, const char *stem)
{
	struct enc_spec s = { .encoder = enc_find(arch),
		.shape = { 3, 4, stem } };
	struct rng r = rng_at(5, 4, 3, 2, 1);
	size_t n;
	float *x;

	*w = (struct work){ .kernel = k, .n = 5, .h = 21, .w = 17 };
	s.projector = enc_head_mlp(12, false, 8, true);
	if (enc_model_init(&w->model, &s) < 0 || nn_params_init(&w->params, k,
	    &w->model.net.layout, w->model.net.layout.n, false) < 0 ||
	    nn_params_draw(&w->params, NN_TORCH, 1, 9) < 0)
		return false;
	n = (size_t)(w->n * w->h * w->w * 3);
	w->x = kernel_alloc(k, n);
	x = malloc(n * sizeof(*x));
	if (x == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		x[i] = (float)rng_normal(&r);
	kernel_upload(k, w->x, x, n);
	free(x);
	return true;
}

/* In evaluation mode norms are folded into convolutions, but not where the
 * convolution's own value is wanted. */
static double
folding(struct work *w)
{
	int wanted[256], n = 0;
	double worst = 0, most = 0;
	float *memory[2], y[2][5 * 128];
	struct nn_plan *plan[2];

	for (int v = 1; v <= w->model.feature; v++)
		wanted[n++] = v;
	for (int i = 0; i < 2; i++) {
		plan[i] = nn_plan_new(&w->model.net, w->kernel, NN_INFER, w->n,
		    w->h, w->w, i == 0 ? &wanted[n - 1] : wanted,
		    i == 0 ? 1 : n);
		memory[i] = kernel_alloc(w->kernel, nn_plan_memory(plan[i]));
		nn_forward(plan[i], &w->params, memory[i], w->x);
		kernel_download(w->kernel, y[i], nn_value(plan[i], memory[i],
		    w->model.feature), (size_t)w->n * (size_t)nn_channels(
		    &w->model.net, w->model.feature));
	}
	for (int i = 0; i < w->n * nn_channels(&w->model.net,
	    w->model.feature); i++) {
		worst = worse(worst, fabs((double)y[0][i] - (double)y[1][i]));
		most = worse(most, fabs((double)y[1][i]));
	}
	for (int i = 0; i < 2; i++) {
		kernel_release(w->kernel, memory[i]);
		nn_plan_free(plan[i]);
	}
	return worst / most;
}

/* Floats of all values together. */
static size_t
every_value(struct work *w)
{
	struct nn_plan *plan = nn_plan_new(&w->model.net, w->kernel, NN_INFER,
	    w->n, w->h, w->w, &w->model.projection, 1);
	size_t n = 0;

	for (int v = 1; plan != NULL && v <= w->model.projection; v++)
		n += (size_t)w->n * nn_shape_count(nn_plan_shape(plan, v));
	nn_plan_free(plan);
	return n;
}

static void
modes(struct kernel *k, const char *arch, const char *stem)
{
	float feature[2][5 * 128], projection[2][5 * 8];
	struct work w;
	size_t all, little, whole, channels;

	if (!ok(begin(&w, k, arch, stem), "%s %s", arch, stem))
		return;
	channels = (size_t)nn_channels(&w.model.net, w.model.feature);
	all = run(&w, NN_TRAIN, feature[0], projection[0]);
	little = run(&w, NN_TRACK, feature[1], projection[1]);
	ok(memcmp(feature[0], feature[1], 5 * channels * sizeof(float)) == 0,
	    "… keeping nothing: the same features");
	ok(memcmp(projection[0], projection[1], sizeof(projection[0])) == 0,
	    "… the same projections");
	whole = every_value(&w);
	ok(little > 0 && little * 4 < whole, "… in %zu floats of %zu",
	    little, whole);
	is_near(folding(&w), 0, 1e-5, "… folded or not");
	ok(all * 8 < whole * 7, "backward wants %zu of them", all);
	kernel_release(k, w.x);
	nn_params_fini(&w.params);
	enc_model_fini(&w.model);
}

int
main(void)
{
	struct pool *pool = pool_new(2);
	struct kernel *k = pool == NULL ? NULL : kernel_new(pool);

	if (k == NULL)
		return 1;
	pieces();
	modes(k, "resnet18", "cifar");
	modes(k, "resnet18", "imagenet");
	modes(k, "resnet50", "imagenet");
	kernel_free(k);
	pool_free(pool);
	return tap_done();
}
