/* SPDX-License-Identifier: MIT */
/*
 * The whole of a BYOL step for every encoder: the gradient of each parameter
 * tensor along a direction half its own, half random, against central
 * differences of the loss; and that nothing flows into the target.
 */
#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "method/method.h"
#include "tap.h"

/*
 * A deep network is crooked: a step wide enough to be seen in 32 bits bends
 * and crosses corners, most of all in the first layers.  Most tensors are
 * near, none may be far; a wrong wire is wrong by about 1.
 */
#define NEAR 0.05
#define FAR 0.4

static struct kernel *kernel;

struct setting {
	const char *arch, *stem;
	int width, n, h, w, channels;
	bool mixed;
	size_t every;		/* tensor is measured */
};

/* A method, a batch, and the numbers they borrow. */
struct work {
	struct method_run run;
	struct method_batch batch;
	float *view[2];
	int64_t index[32];
	float lambda[32];
	float *value, *slope, *way;	/* host, n_values */
	size_t n;
};

static float *
host(size_t n)
{
	float *x = calloc(n + 1, sizeof(*x));

	if (x == NULL)
		abort();
	return x;
}

static void
make_batch(struct work *w, const struct setting *s)
{
	const size_t n = (size_t)(s->n * s->h * s->w * s->channels);
	struct rng r = rng_at(3, 1, 4, 1, 5);
	float *x = host(n);

	w->batch = (struct method_batch){ .n = s->n, .n_views = 2 };
	for (int v = 0; v < 2; v++) {
		for (size_t i = 0; i < n; i++)
			x[i] = (float)rng_normal(&r);
		w->view[v] = kernel_alloc(kernel, n);
		kernel_upload(kernel, w->view[v], x, n);
		w->batch.view[v] = (struct method_view){ w->view[v], s->h,
			s->w };
	}
	for (int i = 0; i < s->n; i++) {
		w->index[i] = (i + 1) % s->n;
		w->lambda[i] = (float)rng_between(&r, 0.5, 1);
	}
	if (s->mixed) {
		w->batch.mix_index = w->index;
		w->batch.mix_lambda = w->lambda;
	}
	free(x);
}

static bool
begin(struct work *w, const struct setting *s)
{
	struct enc_spec spec = { .encoder = enc_find(s->arch) };

	memset(w, 0, sizeof(*w));
	spec.shape = (struct enc_shape){ s->channels, s->width, s->stem };
	spec.projector = enc_head_mlp(5, true, 3, false);
	spec.predictor = enc_head_mlp(7, true, 3, false);
	if (method_init(&w->run, &method_byol, kernel, &spec) < 0 ||
	    method_draw(&w->run, 11) < 0)
		return false;
	make_batch(w, s);
	w->n = w->run.online.n_values;
	w->value = host(w->n);
	w->slope = host(w->n);
	w->way = host(w->n);
	kernel_download(kernel, w->value, w->run.online.value, w->n);
	return true;
}

static void
end(struct work *w)
{
	for (int v = 0; v < 2; v++)
		kernel_release(kernel, w->view[v]);
	free(w->value);
	free(w->slope);
	free(w->way);
	method_fini(&w->run);
}

static double
moved_loss(struct work *w, const struct nn_slice *s, double step)
{
	const struct nn_params *p = &w->run.online;
	float *x = host(s->n);
	double loss = NAN;

	for (size_t i = 0; i < s->n; i++)
		x[i] = (float)(w->value[s->at + i] +
		    step * w->way[s->at + i]);
	kernel_upload(kernel, p->value + s->at, x, s->n);
	if (method_gradients(&w->run, &w->batch, &loss) < 0)
		loss = NAN;
	kernel_upload(kernel, p->value + s->at, w->value + s->at, s->n);
	free(x);
	return loss;
}

/* A unit vector, half along the slope; returns the slope's length. */
static double
direction(struct work *w, const struct nn_slice *s)
{
	struct rng r = rng_at(2, 7, 1, 8, 2);
	double length = 0, random = 0, all = 0;

	for (size_t i = 0; i < s->n; i++) {
		const double g = w->slope[s->at + i];

		w->way[s->at + i] = (float)rng_normal(&r);
		random += pow(w->way[s->at + i], 2);
		length += g * g;
	}
	for (size_t i = 0; i < s->n; i++) {
		double d = w->way[s->at + i] / sqrt(random);

		if (length > 0)
			d += w->slope[s->at + i] / sqrt(length);
		w->way[s->at + i] = (float)d;
		all += d * d;
	}
	for (size_t i = 0; i < s->n; i++)
		w->way[s->at + i] = (float)(w->way[s->at + i] / sqrt(all));
	return sqrt(length);
}

/* The worst error of a slice, as a share of its slope's length. */
static double
slice_error(struct work *w, const struct nn_slice *s)
{
	const double length = fmax(direction(w, s), 2e-2);
	double best = INFINITY, along = 0;

	for (size_t i = 0; i < s->n; i++)
		along += (double)w->slope[s->at + i] * w->way[s->at + i];
	for (double step = 3e-3; step > 1e-4 && best > NEAR; step /= 3)
		best = fmin(best, fabs((moved_loss(w, s, step) -
		    moved_loss(w, s, -step)) / (2 * step) - along) / length);
	return best;
}

static void
check(const struct setting *s)
{
	const char *mixed = s->mixed ? ", mixed" : "";
	struct work w;
	size_t bad = 0, far = 0, all = 0;
	double loss;

	if (!ok(begin(&w, s) &&
	    method_gradients(&w.run, &w.batch, &loss) == 0, "%s %s%s: a step",
	    s->arch, s->stem, mixed)) {
		printf("# %s\n", fail_text());
		return;
	}
	ok(loss > 0 && loss < 8, "%s: the loss lies in 0 to 8", s->arch);
	kernel_download(kernel, w.slope, w.run.online.grad, w.n);
	for (size_t i = 0; i < w.run.online.n; i++) {
		const struct nn_slice *slice = &w.run.online.layout->slices[i];
		double error;

		if (nn_is_buffer(slice->kind) || i % s->every != 0)
			continue;
		error = slice_error(&w, slice);
		all++;
		bad += !(error < NEAR);
		far += !(error < FAR);
		if (!(error < FAR))
			printf("# %s: wrong by %g of its length\n",
			    slice->name, error);
	}
	if (!ok(bad <= all / 8 && far == 0, "%s %s, %d of %dx%dx%d%s: %zu "
	    "tensors' slopes", s->arch, s->stem, s->n, s->h, s->w,
	    s->channels, mixed, all))
		printf("# %zu are not near, %zu far\n", bad, far);
	end(&w);
}

/* Moving the target moves the loss, but no gradient is made for it. */
static void
target_is_constant(void)
{
	const struct setting s = { "resnet18", "cifar", 1, 3, 7, 5, 3, false,
		1 };
	struct work w;
	double before, after;
	float *x;

	if (!ok(begin(&w, &s) &&
	    method_gradients(&w.run, &w.batch, &before) == 0, "a step"))
		return;
	ok(w.run.target.grad == NULL, "pitfall 6: the target has no "
	    "gradient");
	x = host(w.run.target.n_values);
	kernel_download(kernel, x, w.run.target.value,
	    w.run.target.n_values);
	for (size_t i = 0; i < w.run.target.n_values; i++)
		x[i] *= 1 + 0.1f * (float)(i % 3);
	kernel_upload(kernel, w.run.target.value, x, w.run.target.n_values);
	ok(method_gradients(&w.run, &w.batch, &after) == 0 &&
	    fabs(after - before) > 1e-4, "pitfall 6: but moves the loss");
	free(x);
	end(&w);
}

int
main(void)
{
	/* Deep networks of a few samples are too crooked to be measured in
	 * 32 bits; they are made of the same blocks. */
	static const struct setting settings[] = {
		{ "resnet18", "cifar", 4, 31, 9, 7, 3, false, 1 },
		{ "resnet18", "cifar", 3, 23, 7, 5, 3, true, 1 },
		{ "resnet18", "imagenet", 3, 17, 37, 33, 1, false, 1 },
		{ "resnet50", "cifar", 4, 23, 9, 7, 5, false, 4 },
	};
	struct pool *pool = pool_new(2);

	kernel = pool == NULL ? NULL : kernel_new(pool);
	if (kernel == NULL)
		return 1;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		check(&settings[i]);
	target_is_constant();
	kernel_free(kernel);
	pool_free(pool);
	return tap_done();
}
