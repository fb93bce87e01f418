/* SPDX-License-Identifier: MIT */
/* What all methods share: networks, plans, memory. */
#include "method/parts.h"

#include <string.h>

static int
check_sizes(const struct method_run *r)
{
	const struct nn_net *net = &r->model.net;

	if (r->model.prediction >= 0 && nn_channels(net, r->model.prediction) !=
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
	r->options.residual_scale = 1;
	loss_work_init(&r->work, k);
	if ((rc = enc_model_init(&r->model, spec)) < 0)
		return rc;
	/* Without a projector features are their own projections. */
	if (r->model.projection < 0)
		r->model.projection = r->model.feature;
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
method_fini(struct method_run *r)
{
	if (r->kernel == NULL)
		return;
	parts_unplan(r);
	keys_fini(&r->keys);
	loss_work_fini(&r->work);
	nn_params_fini(&r->online);
	nn_params_fini(&r->target);
	enc_model_fini(&r->model);
	memset(r, 0, sizeof(*r));
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
	const enum nn_draw how = r->options.draw;
	const float scale = r->options.residual_scale;
	const int rc = nn_params_draw(&r->online, how, scale, seed);

	if (rc < 0)
		return rc;
	method_copy_target(r);
	return r->row->target && r->options.fresh_target ?
	    nn_params_draw_twin(&r->target, how, scale, seed) : 0;
}

static bool
fits(const struct method_batch *a, const struct method_batch *b)
{
	if (a->n != b->n || a->n_views != b->n_views ||
	    a->n_support != b->n_support ||
	    (a->mix_index == NULL) != (b->mix_index == NULL))
		return false;
	if (a->n_support > 0 && (a->support.h != b->support.h ||
	    a->support.w != b->support.w))
		return false;
	for (int i = 0; i < a->n_views; i++)
		if (a->view[i].h != b->view[i].h ||
		    a->view[i].w != b->view[i].w ||
		    a->view[i].strong != b->view[i].strong)
			return false;
	return true;
}

/* FAIL_USAGE for a batch that the method cannot learn from. */
static int
check_batch(const struct method_run *r, const struct method_batch *b)
{
	const struct method *m = r->row;

	if (b->n == 1 && m->loss->temperature > 0 && !m->queue)
		return fail(FAIL_USAGE, "a batch of one sample: %s compares a "
		    "sample with the others of its batch, so its loss would "
		    "be 0; make batches of two or more", m->name);
	return !m->queue ? 0 : keys_check(&r->keys,
	    (size_t)b->n * (r->options.symmetric ? 2 : 1));
}

int
method_gradients(struct method_run *r, const struct method_batch *b,
    double *loss)
{
	if (!fits(&r->planned, b)) {
		int rc;

		parts_unplan(r);
		r->planned = *b;
		if ((rc = check_batch(r, b)) < 0 ||
		    (rc = r->row->plan(r, b)) < 0) {
			parts_unplan(r);
			return rc;
		}
	}
	nn_params_zero_grad(&r->online);
	return r->row->gradients(r, b, loss);
}

void
method_before(struct method_run *r, double ema)
{
	if (r->row->before != NULL)
		r->row->before(r, ema);
}

void
method_after(struct method_run *r, double ema)
{
	if (r->row->after != NULL)
		r->row->after(r, ema);
}

size_t
method_columns(const struct method_run *r)
{
	return (size_t)nn_channels(&r->model.net, r->model.projection);
}
