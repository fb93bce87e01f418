/* SPDX-License-Identifier: MIT */
/*
 * CLSA (Wang & Qi 2021): MoCo with further views.  View 0 and all weak ones
 * from view 2 on are queries, view 1 is the key, strong views shall see the
 * keys as the weak ones do.  Sizes may differ, so that each view is a pass of
 * its own, taken back before the next; weak ones come first.
 */
#include <string.h>

#include "method/parts.h"

enum { KEY, VIEW, GRADIENT, EXPECTED, FIRST, N_HOST };

static bool
is_query(const struct method_batch *b, int v, bool strong)
{
	return v != 1 && b->view[v].strong == strong;
}

static int
plan(struct method_run *r, const struct method_batch *b)
{
	int n_strong = 0, rc;

	if (b->view[0].strong || b->view[1].strong)
		return fail(FAIL_USAGE, "clsa takes view0 and view1 for weak "
		    "views, query and key; the stream says they are strong");
	for (int v = 0; v < b->n_views; v++) {
		n_strong += b->view[v].strong;
		if (v != 1 && (rc = parts_plan_online(r, v, &b->view[v],
		    b->n, r->model.projection)) < 0)
			return rc;
	}
	if (n_strong == 0)
		return fail(FAIL_USAGE, "clsa needs a strong view behind "
		    "view0 and view1; the stream has none");
	if ((rc = parts_plan_target(r, 1, &b->view[1], b->n)) < 0)
		return rc;
	rc = parts_reserve(r, N_HOST, (size_t)b->n * method_columns(r));
	r->seen[0] = r->host[FIRST];
	r->seen[1] = r->host[KEY];
	return rc;
}

/* One view forward, its loss, and back. */
static int
pass(struct method_run *r, const struct method_batch *b, struct loss_call *c,
    int v, size_t n_weak)
{
	const int last = r->model.projection;
	const struct loss_array view = { .real = r->host[VIEW],
		.grad = r->host[GRADIENT] };
	int rc;

	parts_forward(r, v, b->view[v].x, last, r->host[VIEW]);
	if (v == 0)
		memcpy(r->host[FIRST], r->host[VIEW], c->n * c->p *
		    sizeof(float));
	arena_reset(&r->work.host);
	c->in[LOSS_CLSA_Q] = c->strong[0] = view;
	rc = b->view[v].strong ?
	    loss_clsa_strong(c, 0, r->host[EXPECTED], n_weak) :
	    loss_clsa_weak(c, r->host[EXPECTED]);
	if (rc == 0)
		parts_backward(r, v, b->view[v].x, last, r->host[GRADIENT]);
	return rc;
}

static int
gradients(struct method_run *r, const struct method_batch *b, double *loss)
{
	struct loss_call c = parts_call(r, (size_t)b->n);
	double contrast = 0;
	size_t n_weak = 0;
	int rc = parts_keys(r, b, 1, r->host[KEY]);

	c.k = r->keys.k;
	c.in[LOSS_CLSA_K].real = r->host[KEY];
	c.in[LOSS_CLSA_QUEUE].real = r->keys.row;
	memset(r->host[EXPECTED], 0, c.n * c.p * sizeof(float));
	if (rc == 0)
		rc = loss_defaults(&loss_clsa, &c.options);
	for (int v = 0; v < b->n_views && rc == 0; v++)
		if (is_query(b, v, false)) {
			rc = pass(r, b, &c, v, 0);
			contrast += c.part[0];
			n_weak++;
		}
	for (int v = 0; v < b->n_views && rc == 0; v++)
		if (is_query(b, v, true))
			rc = pass(r, b, &c, v, n_weak);
	*loss = contrast + c.options.strong_weight * c.part[1];
	return rc;
}

static void
after(struct method_run *r, double ema)
{
	(void)ema;
	keys_push(&r->keys, r->host[KEY], (size_t)r->planned.n);
}

/* Of the first query. */
static void
logits(const struct method_run *r, struct logits *l)
{
	l->n = l->m = (size_t)r->planned.n;
	l->query = r->host[FIRST];
	l->key = r->host[KEY];
	l->queue = true;
}

const struct method method_clsa = {
	.name = "clsa",
	.help = "moco, and strong views that see keys as weak ones do",
	.loss = &loss_clsa,
	.n_views = 3,
	.more_views = true,
	.target = true,
	.queue = true,
	.projector = "d-relu-128",
	.ema = 0.999,
	.plan = plan,
	.before = parts_follow,
	.gradients = gradients,
	.after = after,
	.logits = logits,
};
