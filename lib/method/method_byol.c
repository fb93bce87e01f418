/* SPDX-License-Identifier: MIT */
/*
 * BYOL (Grill et al. 2020).  Four passes, each with batch norm's statistics
 * of its own batch: the target network on both views, then the online one.
 * A direction's loss needs one prediction only, so each online pass is taken
 * back before the next begins, and one pass's activations are kept at a time.
 * The target follows after the optimizer's step.
 */
#include "method/ema.h"
#include "method/method.h"

enum { Z0, Z1, PREDICTION, GRADIENT, N_HOST };

/* Linear with bias, batch norm, ReLU, linear without. */
static struct enc_head
projector(int hidden, int out)
{
	return enc_head_mlp(hidden, true, out, false);
}

static size_t
larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static int
plan(struct method_run *r, const struct method_batch *b)
{
	const struct nn_net *net = &r->model.net;
	const size_t n = (size_t)b->n *
	    (size_t)nn_channels(net, r->model.projection);
	size_t memory = 0, work = 0;

	for (int v = 0; v < 2; v++) {
		const struct method_view *view = &b->view[v];

		r->plan[v] = nn_plan_new(net, r->kernel, NN_TRAIN, b->n,
		    view->h, view->w, &r->model.prediction, 1);
		if (r->plan[v] == NULL)
			return fail_last();
		r->target_plan[v] = nn_plan_new(net, r->kernel, NN_TRACK,
		    b->n, view->h, view->w, &r->model.projection, 1);
		if (r->target_plan[v] == NULL)
			return fail_last();
		memory = larger(memory, nn_plan_memory(r->plan[v]));
		memory = larger(memory, nn_plan_memory(r->target_plan[v]));
		work = larger(work, nn_plan_work(r->plan[v]));
	}
	return method_reserve(r, memory, work, n, N_HOST, n);
}

static int
gradients(struct method_run *r, const struct method_batch *b, double *loss)
{
	const struct enc_model *m = &r->model;
	const size_t p = (size_t)nn_channels(&m->net, m->projection);
	const size_t n = (size_t)b->n;

	*loss = 0;
	for (int v = 0; v < 2; v++) {
		nn_forward(r->target_plan[v], &r->target, r->memory,
		    b->view[v].x);
		kernel_download(r->kernel, r->host[Z0 + v],
		    nn_value(r->target_plan[v], r->memory, m->projection),
		    n * p);
	}
	for (int v = 0; v < 2; v++) {
		const float *x = b->view[v].x;

		nn_forward(r->plan[v], &r->online, r->memory, x);
		kernel_download(r->kernel, r->host[PREDICTION],
		    nn_value(r->plan[v], r->memory, m->prediction), n * p);
		*loss += loss_byol_direction(n, p, r->host[PREDICTION],
		    r->host[Z1 - v], b->mix_index, b->mix_lambda,
		    r->host[GRADIENT]);
		kernel_upload(r->kernel, r->slope, r->host[GRADIENT], n * p);
		nn_backward(r->plan[v], &r->online, r->memory, r->work, x,
		    r->slope);
	}
	return 0;
}

static void
after(struct method_run *r, double ema)
{
	ema_step(&r->target, &r->online, ema);
}

const struct method method_byol = {
	.name = "byol",
	.help = "predict a momentum network's projection of the other view",
	.n_views = 2,
	.target = true,
	.predictor = true,
	.projector = projector,
	.plan = plan,
	.gradients = gradients,
	.after = after,
};
