/* SPDX-License-Identifier: MIT */
/*
 * MoCo (He et al. 2020): queries of view 0, keys of view 1 by a network that
 * follows before each batch, and a ring of past keys that the batch's join
 * after the step.  Where batch norm has groups, the keys' batch is shuffled.
 *
 * Symmetric: view 1 asks too, about keys of view 0; the losses add up, and
 * both views' keys go into the ring.
 */
#include "method/parts.h"

enum { K0, K1, QUERY, GRADIENT, N_HOST };

static int
directions(const struct method_run *r)
{
	return r->options.symmetric ? 2 : 1;
}

static int
plan(struct method_run *r, const struct method_batch *b)
{
	int rc;

	if (r->options.symmetric && b->mix_index != NULL)
		return fail(FAIL_USAGE, "mixed records have one direction; "
		    "leave --symmetric out");
	for (int v = 0; v < directions(r); v++) {
		rc = parts_plan_online(r, v, &b->view[v], b->n,
		    r->model.projection);

		if (rc == 0)
			rc = parts_plan_target(r, 1 - v, &b->view[1 - v],
			    b->n);
		if (rc < 0)
			return rc;
	}
	rc = parts_reserve(r, N_HOST, (size_t)b->n * method_columns(r));
	r->seen[0] = r->host[directions(r) == 2 ? K0 : QUERY];
	r->seen[1] = r->host[K1];
	return rc;
}

/* View v's queries against the other's keys and the ring. */
static int
direction(struct method_run *r, const struct method_batch *b, int v,
    double *loss)
{
	struct loss_call c = parts_call(r, (size_t)b->n);
	const int last = r->model.projection;
	int rc;

	parts_forward(r, v, b->view[v].x, last, r->host[QUERY]);
	c.k = r->keys.k;
	c.in[LOSS_MOCO_Q].real = r->host[QUERY];
	c.in[LOSS_MOCO_Q].grad = r->host[GRADIENT];
	c.in[LOSS_MOCO_K].real = r->host[K1 - v];
	c.in[LOSS_MOCO_QUEUE].real = r->keys.row;
	c.in[LOSS_MOCO_INDEX].whole = b->mix_index;
	c.in[LOSS_MOCO_LAMBDA].real = b->mix_lambda;
	if ((rc = loss_run(&loss_moco, &c)) < 0)
		return rc;
	*loss += c.loss;
	parts_backward(r, v, b->view[v].x, last, r->host[GRADIENT]);
	return 0;
}

static int
gradients(struct method_run *r, const struct method_batch *b, double *loss)
{
	int rc = 0;

	*loss = 0;
	for (int v = 0; v < directions(r) && rc == 0; v++)
		rc = parts_keys(r, b, 1 - v, r->host[K1 - v]);
	for (int v = 0; v < directions(r) && rc == 0; v++)
		rc = direction(r, b, v, loss);
	return rc;
}

static void
after(struct method_run *r, double ema)
{
	(void)ema;
	for (int v = 2 - directions(r); v < 2; v++)
		keys_push(&r->keys, r->host[K0 + v],
		    (size_t)r->planned.n);
}

/* Of the direction taken last. */
static void
logits(const struct method_run *r, struct logits *l)
{
	l->n = l->m = (size_t)r->planned.n;
	l->query = r->host[QUERY];
	l->key = r->host[directions(r) == 2 ? K0 : K1];
	l->own = r->planned.mix_index == NULL;
	l->queue = true;
}

const struct method method_moco = {
	.name = "moco",
	.help = "find the own key among a queue of past ones",
	.loss = &loss_moco,
	.n_views = 2,
	.target = true,
	.queue = true,
	.symmetric = true,
	.projector = "d-relu-128",
	.ema = 0.999,
	.plan = plan,
	.before = parts_follow,
	.gradients = gradients,
	.after = after,
	.logits = logits,
};
