/* SPDX-License-Identifier: MIT */
/*
 * The whole of a step, for every method and every encoder: the gradient of
 * each parameter tensor along a direction half its own, half random, against
 * central differences of the loss; and that nothing flows into the target or
 * the queue.
 */
#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "method/parts.h"
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
	const char *method, *arch, *stem;
	int width, n, h, w, channels;
	bool mixed, symmetric;
	int groups;
	size_t every;		/* tensor is measured */
};

enum { VIEWS = 5, MOST = 64 };

/* A method, a batch, and the numbers they borrow. */
struct work {
	struct method_run run;
	struct method_batch batch;
	float *x;			/* device, all views */
	int64_t index[MOST], label[MOST];
	float lambda[MOST];
	float *value, *slope, *way;	/* host, n_values */
	float *expected;		/* host, [n,p]: CLSA's weak views */
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

/* As many views as the method reads, one behind the other; CLSA has weak
 * ones 0, 1, 3 and strong ones 2 and 4; a support is one view more. */
static void
make_batch(struct work *w, const struct setting *s)
{
	const size_t n = (size_t)(s->n * s->h * s->w * s->channels);
	const struct method *m = w->run.row;
	struct rng r = rng_at(3, 1, 4, 1, 5);
	float *x = host(n);

	w->batch = (struct method_batch){ .n = s->n, .n_views =
	    m->more_views ? VIEWS : 2, .label = w->label };
	w->x = kernel_alloc(kernel, VIEWS * n);
	for (int v = 0; v < VIEWS; v++) {
		for (size_t i = 0; i < n; i++)
			x[i] = (float)rng_normal(&r);
		kernel_upload(kernel, w->x + (size_t)v * n, x, n);
		w->batch.view[v] = (struct method_view){ w->x +
			(size_t)v * n, s->h, s->w, v == 2 || v == 4 };
	}
	for (int i = 0; i < s->n; i++) {
		w->index[i] = (i + 1) % s->n;
		w->label[i] = i % 4;
		w->lambda[i] = (float)rng_between(&r, 0.5, 1);
	}
	if (s->mixed) {
		w->batch.mix_index = w->index;
		w->batch.mix_lambda = w->lambda;
	}
	if (m->support) {
		w->batch.n_support = s->n - 3;
		w->batch.support = w->batch.view[2];
		w->batch.support_label = w->label;
	}
	free(x);
}

static bool
begin(struct work *w, const struct setting *s)
{
	struct enc_spec spec = { .encoder = enc_find(s->arch) };
	const struct method *m = method_find(s->method);
	const bool norm = m->predictor || m == &method_npair;

	memset(w, 0, sizeof(*w));
	spec.shape = (struct enc_shape){ s->channels, s->width, s->stem };
	spec.projector = enc_head_mlp(5, norm, 3, !m->predictor);
	spec.predictor = enc_head_mlp(7, true, 3, false);
	if (!m->predictor)
		spec.predictor.n = 0;
	if (method_init(&w->run, m, kernel, &spec) < 0)
		return false;
	w->run.options = (struct method_options){ .residual_scale = 1,
	    .groups = s->groups,
		.symmetric = s->symmetric, .fresh_target = true,
		.loss = { .temperature = 0.7, .strong_temperature = 1.1,
			.strong_weight = 0.6 } };
	if (method_draw(&w->run, 11) < 0 || (m->queue &&
	    keys_init(&w->run.keys, kernel, (size_t)(4 * s->n), 3, 5) < 0))
		return false;
	make_batch(w, s);
	w->n = w->run.online.n_values;
	w->value = host(w->n);
	w->slope = host(w->n);
	w->way = host(w->n);
	w->expected = host((size_t)s->n * 3);
	kernel_download(kernel, w->value, w->run.online.value, w->n);
	return true;
}

static void
end(struct work *w)
{
	kernel_release(kernel, w->x);
	free(w->expected);
	free(w->value);
	free(w->slope);
	free(w->way);
	method_fini(&w->run);
}

/*
 * CLSA's loss with what the weak views expected before the parameters were
 * moved: its strong views have no slope by way of them.
 */
static double
clsa_loss(struct work *w)
{
	struct method_run *r = &w->run;
	struct loss_call c = parts_call(r, (size_t)w->batch.n);
	float *view = r->host[1];
	double loss;

	r->options.loss.strong_weight = 0;
	if (method_gradients(r, &w->batch, &loss) < 0)
		return NAN;
	r->options.loss.strong_weight = c.options.strong_weight;
	c.k = r->keys.k;
	c.in[LOSS_CLSA_K].real = r->host[0];
	c.in[LOSS_CLSA_QUEUE].real = r->keys.row;
	for (int v = 2; v < VIEWS; v += 2) {
		parts_forward(r, v, w->batch.view[v].x, r->model.projection,
		    view);
		c.strong[0] = (struct loss_array){ .real = view };
		arena_reset(&r->work.host);
		if (loss_clsa_strong(&c, 0, w->expected, 2) < 0)
			return NAN;
	}
	return loss + c.options.strong_weight * c.part[1];
}

static double
loss_of(struct work *w)
{
	double loss;

	if (w->run.row == &method_clsa)
		return clsa_loss(w);
	return method_gradients(&w->run, &w->batch, &loss) < 0 ? NAN : loss;
}

static double
moved_loss(struct work *w, const struct nn_slice *s, double step)
{
	const struct nn_params *p = &w->run.online;
	float *x = host(s->n);
	double loss;

	for (size_t i = 0; i < s->n; i++)
		x[i] = (float)(w->value[s->at + i] +
		    step * w->way[s->at + i]);
	kernel_upload(kernel, p->value + s->at, x, s->n);
	loss = loss_of(w);
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
	const char *how = s->mixed ? ", mixed" : s->symmetric ?
	    ", symmetric" : s->groups > 1 ? ", groups" : "";
	struct work w;
	size_t bad = 0, far = 0, all = 0;
	double loss;

	if (!ok(begin(&w, s) &&
	    method_gradients(&w.run, &w.batch, &loss) == 0, "%s, %s %s%s: a "
	    "step", s->method, s->arch, s->stem, how)) {
		printf("# %s\n", fail_text());
		return;
	}
	ok(loss > 0 && loss < 40, "%s: a loss of %g", s->method, loss);
	if (w.run.row == &method_clsa)
		memcpy(w.expected, w.run.host[3], (size_t)s->n * 3 *
		    sizeof(float));
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
	if (!ok(bad <= all / 8 && far == 0, "%s, %s %s, %d of %dx%dx%d%s: %zu "
	    "tensors' slopes", s->method, s->arch, s->stem, s->n, s->h, s->w,
	    s->channels, how, all))
		printf("# %zu are not near, %zu far\n", bad, far);
	end(&w);
}

/* Moving the target or the queue moves the loss, but no gradient is made for
 * them. */
static void
constants(const char *method)
{
	const struct setting s = { method, "resnet18", "cifar", 1, 4, 7, 5, 3,
		false, false, 1, 1 };
	struct work w;
	double before, after;
	float *x;
	size_t n;

	if (!ok(begin(&w, &s) &&
	    method_gradients(&w.run, &w.batch, &before) == 0, "a step"))
		return;
	n = w.run.target.n_values;
	ok(w.run.target.grad == NULL, "pitfall 6: %s: the target has no "
	    "gradient", method);
	x = host(n);
	kernel_download(kernel, x, w.run.target.value, n);
	for (size_t i = 0; i < n; i++)
		x[i] *= 1 + 0.1f * (float)(i % 3);
	kernel_upload(kernel, w.run.target.value, x, n);
	ok(method_gradients(&w.run, &w.batch, &after) == 0 &&
	    fabs(after - before) > 1e-4, "pitfall 6: but moves the loss");
	if (w.run.row->queue) {
		const float turned[] = { 0.6f, 0, -0.8f };

		kernel_upload(kernel, w.run.keys.row, turned, 3);
		ok(method_gradients(&w.run, &w.batch, &before) == 0 &&
		    fabs(after - before) > 1e-4, "pitfall 6: so do past "
		    "keys");
	}
	free(x);
	end(&w);
}

int
main(void)
{
	/* Deep networks of a few samples are too crooked to be measured in
	 * 32 bits; they are made of the same blocks. */
	static const struct setting settings[] = {
		{ "byol", "resnet18", "cifar", 4, 31, 9, 7, 3, false, false,
		    1, 1 },
		{ "byol", "resnet18", "cifar", 3, 23, 7, 5, 3, true, false,
		    1, 1 },
		{ "byol", "resnet18", "cifar", 3, 23, 7, 5, 3, true, true,
		    1, 4 },
		{ "byol", "resnet18", "imagenet", 3, 17, 37, 33, 1, false,
		    false, 1, 1 },
		{ "byol", "resnet50", "cifar", 4, 23, 9, 7, 5, false, false,
		    1, 4 },
		{ "clsa", "resnet18", "cifar", 3, 21, 9, 7, 3, false, false,
		    1, 3 },
		{ "moco", "resnet18", "cifar", 4, 24, 9, 7, 3, false, false,
		    1, 2 },
		{ "moco", "resnet18", "cifar", 3, 21, 9, 7, 3, true, false,
		    1, 3 },
		{ "moco", "resnet18", "cifar", 3, 21, 9, 7, 3, false, true,
		    1, 3 },
		{ "moco", "resnet18", "cifar", 4, 32, 9, 7, 3, false, false,
		    4, 2 },
		{ "npair", "resnet18", "cifar", 4, 19, 9, 7, 3, false, false,
		    1, 2 },
		{ "npair", "resnet18", "cifar", 4, 19, 9, 7, 3, true, false,
		    1, 3 },
		{ "npair", "resnet18", "cifar", 4, 19, 9, 7, 3, false, true,
		    1, 3 },
		{ "simclr", "resnet18", "cifar", 4, 19, 9, 7, 3, false,
		    false, 1, 2 },
		{ "suncet", "resnet18", "cifar", 4, 15, 9, 7, 3, false,
		    false, 1, 2 },
		{ "supcon", "resnet18", "cifar", 4, 19, 9, 7, 3, false,
		    false, 1, 2 },
	};
	struct pool *pool = pool_new(2);

	kernel = pool == NULL ? NULL : kernel_new(pool);
	if (kernel == NULL)
		return 1;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		check(&settings[i]);
	constants("byol");
	constants("moco");
	constants("clsa");
	kernel_free(kernel);
	pool_free(pool);
	return tap_done();
}
