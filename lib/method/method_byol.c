/* SPDX-License-Identifier: MIT */
/*
 * BYOL (Grill et al. 2020).  Four passes, each with batch norm's statistics
 * of its own batch: the target network on both views, then the online one.
 * A direction's loss needs one prediction only, so each online pass is taken
 * back before the next begins, and one pass's activations are kept at a time.
 * The target follows after the optimizer's step.
 *
 * With i-Mix (Lee et al. 2021) view 0 is mixed and view 1 is not: one
 * direction, from the mixed view to the plain one, unless `symmetric`.
 */
#include "base/log.h"
#include "method/parts.h"

enum { Z0, Z1, PREDICTION, GRADIENT, N_HOST };

/* Directions: view v is predicted from. */
static int
directions(const struct method_run *r, const struct method_batch *b)
{
	return b->mix_index == NULL || r->options.symmetric ? 2 : 1;
}

/* The value that predicts: without a predictor, the projection itself. */
static int
prediction(const struct method_run *r)
{
	return r->model.prediction < 0 ? r->model.projection :
	    r->model.prediction;
}

static int
plan(struct method_run *r, const struct method_batch *b)
{
	int rc;

	if (r->options.symmetric && b->mix_index == NULL)
		log_line(LOG_WARNING, "--symmetric: byol predicts both views "
		    "of records that are not mixed anyway");
	for (int v = 0; v < directions(r, b); v++) {
		rc = parts_plan_online(r, v, &b->view[v], b->n,
		    prediction(r));
		if (rc == 0)
			rc = parts_plan_target(r, 1 - v, &b->view[1 - v],
			    b->n);
		if (rc < 0)
			return rc;
	}
	rc = parts_reserve(r, N_HOST, (size_t)b->n * method_columns(r));
	r->seen[0] = r->host[directions(r, b) == 2 ? Z0 : Z1];
	r->seen[1] = directions(r, b) == 2 ? r->host[Z1] : NULL;
	return rc;
}

static int
gradients(struct method_run *r, const struct method_batch *b, double *loss)
{
	const size_t p = method_columns(r), n = (size_t)b->n;
	const int last = prediction(r), both = directions(r, b);

	*loss = 0;
	for (int v = 2 - both; v < 2; v++)
		parts_target(r, v, b->view[v].x, r->host[Z0 + v]);
	for (int v = 0; v < both; v++) {
		const float *x = b->view[v].x;

		parts_forward(r, v, x, last, r->host[PREDICTION]);
		*loss += loss_byol_direction(n, p, r->host[PREDICTION],
		    r->host[Z1 - v], b->mix_index, b->mix_lambda,
		    r->host[GRADIENT]);
		parts_backward(r, v, x, last, r->host[GRADIENT]);
	}
	return 0;
}

const struct method method_byol = {
	.name = "byol",
	.help = "predict a momentum network's projection of the other view",
	.loss = &loss_byol,
	.n_views = 2,
	.target = true,
	.predictor = true,
	.symmetric = true,
	.projector = "4096-bn-relu-256nobias",
	.ema = 0.99,
	.ema_cosine = true,
	.draw = NN_HAIKU,
	.residual_scale = 0.25f,
	.plan = plan,
	.gradients = gradients,
	.after = parts_follow,
};
