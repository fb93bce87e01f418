/* SPDX-License-Identifier: MIT */
#include "train/infer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct infer {
	struct kernel *kernel;
	struct enc_model model;
	struct nn_params own;
	const struct nn_params *params;	/* own, or somebody's */
	struct batch_norm norm;
	size_t trained[2];		/* height, width at training; 0: unknown */
	size_t given[2];		/* of the first images here */
	struct nn_plan *plan;
	int n, h, w;		/* that the plan is for */
	float *memory, *x;	/* device */
	size_t memory_room, x_room;
};

static int
init(struct infer *f, struct ckpt *c, const char *network, bool heads,
    const double *mean, const double *std, int n_channels)
{
	struct enc_spec spec;
	char prefix[32];
	int rc;

	if ((rc = ckpt_spec(c, &spec)) < 0)
		return rc;
	if (!heads)
		spec.projector.n = spec.predictor.n = 0;
	/* A momentum network has no predictor. */
	if (strcmp(network, "target") == 0)
		spec.predictor.n = 0;
	snprintf(prefix, sizeof(prefix), "%s.", network);
	if (!ckpt_has(c, prefix) && strcmp(network, "target") == 0)
		return fail(FAIL_USAGE, "%s has no target network; give "
		    "--network online", ckpt_path(c));
	if ((rc = batch_norm_init(&f->norm, spec.shape.channels, mean, std,
	    n_channels)) < 0 ||
	    (rc = enc_model_init(&f->model, &spec)) < 0 ||
	    (rc = ckpt_check(c, prefix, &f->model.net.layout,
		f->model.net.layout.n)) < 0 ||
	    (rc = nn_params_init(&f->own, f->kernel, &f->model.net.layout,
		f->model.net.layout.n, false)) < 0)
		return rc;
	f->params = &f->own;
	f->trained[0] = ckpt_input(c, "height");
	f->trained[1] = ckpt_input(c, "width");
	return ckpt_load(c, prefix, &f->own);
}

static struct infer *
make(struct kernel *k)
{
	struct infer *f = calloc(1, sizeof(*f));

	if (f == NULL)
		fail_memory(sizeof(*f));
	else
		f->kernel = k;
	return f;
}

struct infer *
infer_new(struct kernel *k, struct ckpt *c, const char *network, bool heads,
    const double *mean, const double *std, int n_channels)
{
	struct infer *f = make(k);

	if (f == NULL)
		return NULL;
	if (init(f, c, network, heads, mean, std, n_channels) == 0)
		return f;
	infer_free(f);
	return NULL;
}

struct infer *
infer_live(struct kernel *k, const struct enc_spec *spec,
    const struct nn_params *params, const struct batch_norm *norm,
    size_t view_size)
{
	struct enc_spec bare = *spec;
	struct infer *f = make(k);

	if (f == NULL)
		return NULL;
	bare.projector.n = bare.predictor.n = 0;
	f->params = params;
	f->norm = *norm;
	f->trained[0] = f->trained[1] = view_size;
	if (enc_model_init(&f->model, &bare) == 0)
		return f;
	infer_free(f);
	return NULL;
}

void
infer_free(struct infer *f)
{
	if (f == NULL)
		return;
	nn_plan_free(f->plan);
	kernel_release(f->kernel, f->memory);
	kernel_release(f->kernel, f->x);
	nn_params_fini(&f->own);
	enc_model_fini(&f->model);
	free(f);
}

int
infer_channels(const struct infer *f)
{
	return f->norm.channels;
}

static int
columns(const struct infer *f, int value)
{
	return value < 0 ? 0 : nn_channels(&f->model.net, value);
}

int
infer_size(struct infer *f, const struct tensor *t)
{
	const size_t h = t->shape[1], w = t->shape[2];
	const bool first = f->given[0] == 0;

	if (t->shape[0] == 0)
		return 0;
	if (!first && (h != f->given[0] || w != f->given[1]))
		return fail(FAIL_FORMAT, "images of %zux%zu px after images of "
		    "%zux%zu; ssl-decode --size N makes all alike", w, h,
		    f->given[1], f->given[0]);
	f->given[0] = h;
	f->given[1] = w;
	if (first && f->trained[0] > 0 && (h != f->trained[0] ||
	    w != f->trained[1]))
		log_line(LOG_WARNING, "images are %zux%zu px, the network was "
		    "trained on views of %zux%zu; ssl-decode --size N resizes",
		    w, h, f->trained[1], f->trained[0]);
	return 0;
}

int
infer_features(const struct infer *f)
{
	return columns(f, f->model.feature);
}

int
infer_projections(const struct infer *f)
{
	return columns(f, f->model.projection);
}

int
infer_predictions(const struct infer *f)
{
	return columns(f, f->model.prediction);
}

/* Room for at least n floats. */
static int
grow(struct infer *f, float **x, size_t *room, size_t n)
{
	if (n <= *room && *x != NULL)
		return 0;
	kernel_release(f->kernel, *x);
	*room = 0;
	*x = kernel_alloc(f->kernel, n);
	if (*x == NULL)
		return fail_last();
	*room = n;
	return 0;
}

static int
plan(struct infer *f, int n, int h, int w)
{
	int wanted[3] = { f->model.feature }, n_wanted = 1;

	if (f->plan != NULL && f->n == n && f->h == h && f->w == w)
		return 0;
	if (f->model.projection >= 0)
		wanted[n_wanted++] = f->model.projection;
	if (f->model.prediction >= 0)
		wanted[n_wanted++] = f->model.prediction;
	nn_plan_free(f->plan);
	f->plan = nn_plan_new(&f->model.net, f->kernel, NN_INFER, n, h, w,
	    wanted, n_wanted);
	if (f->plan == NULL)
		return fail_last();
	f->n = n;
	f->h = h;
	f->w = w;
	return grow(f, &f->memory, &f->memory_room,
	    nn_plan_memory(f->plan));
}

/* The parts' pictures side by side on the device. */
static void
upload(struct infer *f, const struct infer_part *parts, int n_parts)
{
	const size_t c = (size_t)f->norm.channels;
	const size_t area = (size_t)f->h * (size_t)f->w;
	float *to = f->x;

	for (int i = 0; i < n_parts; i++) {
		const struct infer_part *p = &parts[i];
		const size_t skip = p->first * area * c;

		if (p->pixels->dtype == DTYPE_U1)
			kernel_upload_pixels(f->kernel, to,
			    (const uint8_t *)p->pixels->data + skip,
			    p->n * area, f->norm.channels, f->norm.scale,
			    f->norm.shift);
		else
			kernel_upload_scaled(f->kernel, to,
			    (const float *)p->pixels->data + skip,
			    p->n * area, f->norm.channels, f->norm.scale,
			    f->norm.shift);
		to += p->n * area * c;
	}
}

static void
download(struct infer *f, int value, size_t row, size_t n, float *to)
{
	const size_t c = (size_t)columns(f, value);

	if (to != NULL && c > 0)
		kernel_download(f->kernel, to,
		    nn_value(f->plan, f->memory, value) + row * c, n * c);
}

/* FAIL_DIVERGED unless n rows of `size` values are finite; `first` is the
 * number of the first row. */
static int
check_rows(const char *field, const float *x, size_t first, size_t n,
    size_t size)
{
	for (size_t i = 0; x != NULL && i < n * size; i++)
		if (!isfinite(x[i]))
			return fail(FAIL_DIVERGED, "%s: %s in sample %zu",
			    field, isnan(x[i]) ? "NaN" : "infinity", first +
			    i / size);
	return 0;
}

static int
check_result(const struct infer *f, const struct infer_part *p)
{
	int rc = check_rows("feature", p->feature, p->first, p->n,
	    (size_t)infer_features(f));

	if (rc == 0)
		rc = check_rows("projection", p->projection, p->first, p->n,
		    (size_t)infer_projections(f));
	if (rc == 0)
		rc = check_rows("prediction", p->prediction, p->first, p->n,
		    (size_t)infer_predictions(f));
	return rc < 0 ? fail_note("the network does not give finite numbers")
		      : 0;
}

/* All parts in one pass. */
static int
run_batch(struct infer *f, const struct infer_part *parts, int n_parts,
    int *bad)
{
	const struct tensor *t = parts[0].pixels;
	size_t n = 0, row = 0;
	int rc;

	*bad = 0;
	for (int i = 0; i < n_parts; i++)
		n += parts[i].n;
	if (n == 0)
		return 0;
	rc = plan(f, (int)n, (int)t->shape[1], (int)t->shape[2]);
	if (rc == 0)
		rc = grow(f, &f->x, &f->x_room, n * t->shape[1] *
		    t->shape[2] * t->shape[3]);
	if (rc < 0)
		return rc;
	upload(f, parts, n_parts);
	nn_forward(f->plan, f->params, f->memory, f->x);
	for (*bad = 0; *bad < n_parts; ++*bad) {
		const struct infer_part *p = &parts[*bad];

		download(f, f->model.feature, row, p->n, p->feature);
		download(f, f->model.projection, row, p->n, p->projection);
		download(f, f->model.prediction, row, p->n, p->prediction);
		if ((rc = check_result(f, p)) < 0)
			return rc;
		row += p->n;
	}
	return 0;
}

int
infer_run(struct infer *f, const struct infer_part *parts, int n_parts,
    int *bad)
{
	struct infer_part p = parts[0];
	const size_t all = p.first + p.n;
	int rc = 0;

	if (n_parts > 1 || p.n <= INFER_BATCH)
		return run_batch(f, parts, n_parts, bad);
	while (p.first < all && rc == 0) {
		p.n = all - p.first < INFER_BATCH ? all - p.first :
		    INFER_BATCH;
		rc = run_batch(f, &p, 1, bad);
		p.first += p.n;
		p.feature += p.n * (size_t)infer_features(f);
		if (p.projection != NULL)
			p.projection += p.n * (size_t)infer_projections(f);
		if (p.prediction != NULL)
			p.prediction += p.n * (size_t)infer_predictions(f);
	}
	*bad = 0;
	return rc;
}
