/* SPDX-License-Identifier: MIT */
/* What all methods share: networks, plans, memory. */
#include "method/method.h"

#include <stdlib.h>
#include <string.h>

static int
check(const struct method *row, const struct enc_spec *spec)
{
	if (spec->projector.n == 0)
		return fail(FAIL_USAGE, "%s needs a projector", row->name);
	if (row->predictor && spec->predictor.n == 0)
		return fail(FAIL_USAGE, "%s needs a predictor", row->name);
	return 0;
}

static int
check_sizes(const struct method_run *r)
{
	const struct nn_net *net = &r->model.net;

	if (r->row->predictor && nn_channels(net, r->model.prediction) !=
	    nn_channels(net, r->model.projection))
		return fail(FAIL_USAGE, "the predictor gives %d numbers, the "
		    "projector %d; they must be as many",
		    nn_channels(net, r->model.prediction),
		    nn_channels(net, r->model.projection));
	return 0;
}

int
method_init(struct method_run *r, const struct method *row, struct kernel *k,
    const struct enc_spec *spec)
{
	const struct nn_layout *layout = &r->model.net.layout;
	int rc;

	memset(r, 0, sizeof(*r));
	r->row = row;
	r->kernel = k;
	if ((rc = check(row, spec)) < 0)
		return rc;
	if ((rc = enc_model_init(&r->model, spec)) < 0)
		return rc;
	rc = check_sizes(r);
	if (rc == 0)
		rc = nn_params_init(&r->online, k, layout, layout->n, true);
	if (rc == 0 && row->target)
		rc = nn_params_init(&r->target, k, layout,
		    nn_slices(&r->model.net, r->model.projection), false);
	if (rc < 0)
		method_fini(r);
	return rc;
}

void
method_unplan(struct method_run *r)
{
	for (int i = 0; i < METHOD_VIEWS; i++) {
		nn_plan_free(r->plan[i]);
		nn_plan_free(r->target_plan[i]);
		r->plan[i] = r->target_plan[i] = NULL;
	}
	kernel_release(r->kernel, r->memory);
	kernel_release(r->kernel, r->work);
	kernel_release(r->kernel, r->slope);
	r->memory = r->work = r->slope = NULL;
	for (int i = 0; i < 2 * METHOD_VIEWS; i++) {
		free(r->host[i]);
		r->host[i] = NULL;
	}
	memset(&r->planned, 0, sizeof(r->planned));
}

void
method_fini(struct method_run *r)
{
	if (r->kernel == NULL)
		return;
	method_unplan(r);
	nn_params_fini(&r->online);
	nn_params_fini(&r->target);
	enc_model_fini(&r->model);
	memset(r, 0, sizeof(*r));
}

int
method_reserve(struct method_run *r, size_t memory, size_t work, size_t slope,
    int n_host, size_t host)
{
	r->memory = kernel_alloc(r->kernel, memory);
	r->work = kernel_alloc(r->kernel, work);
	r->slope = kernel_alloc(r->kernel, slope);
	if (r->memory == NULL || r->work == NULL || r->slope == NULL)
		return fail_note("a batch of %d; try a smaller one",
		    r->planned.n);
	for (int i = 0; i < n_host; i++) {
		r->host[i] = calloc(host, sizeof(float));
		if (r->host[i] == NULL)
			return fail_memory(host * sizeof(float));
	}
	return 0;
}

void
method_copy_target(struct method_run *r)
{
	if (r->row->target)
		nn_params_copy(&r->target, &r->online);
}

int
method_draw(struct method_run *r, uint64_t seed)
{
	const int rc = nn_params_draw(&r->online, seed);

	if (rc == 0)
		method_copy_target(r);
	return rc;
}

static bool
fits(const struct method_batch *a, const struct method_batch *b)
{
	if (a->n != b->n || a->n_views != b->n_views)
		return false;
	for (int i = 0; i < a->n_views; i++)
		if (a->view[i].h != b->view[i].h ||
		    a->view[i].w != b->view[i].w)
			return false;
	return true;
}

int
method_gradients(struct method_run *r, const struct method_batch *b,
    double *loss)
{
	if (!fits(&r->planned, b)) {
		int rc;

		method_unplan(r);
		r->planned = *b;
		if ((rc = r->row->plan(r, b)) < 0) {
			method_unplan(r);
			return rc;
		}
	}
	nn_params_zero_grad(&r->online);
	return r->row->gradients(r, b, loss);
}

void
method_after(struct method_run *r, double ema)
{
	r->row->after(r, ema);
}
