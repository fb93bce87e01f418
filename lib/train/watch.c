/* SPDX-License-Identifier: MIT */
#include "train/watch.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/log.h"
#include "eval/spread.h"

/* Collapse is judged as ssl-eval stats does. */
static void
judge(struct watch *w, uint64_t step, const struct watch_look *l, size_t n,
    size_t p)
{
	const double spread = l->deviation * sqrt((double)p);
	const bool few = n >= SPREAD_ROOM && p >= SPREAD_ROOM &&
	    l->rank < SPREAD_RANK;

	if (w->told_collapse || !(few || spread < SPREAD_DEVIATION))
		return;
	w->told_collapse = true;
	log_line(LOG_WARNING, "step %" PRIu64 ": collapsed: embeddings of "
	    "different pictures are alike (deviation %.3g of 1, effective "
	    "rank %.3g of %zu)", step, spread, l->rank, n < p ? n : p);
}

static void
judge_growth(struct watch *w, const struct method_run *r, uint64_t step)
{
	const struct nn_params *p = &r->online;
	const double norm = sqrt(kernel_square_sum(p->kernel, p->value,
	    p->n_values));

	if (w->first_norm == 0)
		w->first_norm = norm;
	if (w->told_growth || norm < WATCH_GROWN * w->first_norm)
		return;
	w->told_growth = true;
	log_line(LOG_WARNING, "step %" PRIu64 ": diverging: the parameters "
	    "are %.3g times as long as at first; a lower --lr may help",
	    step, norm / w->first_norm);
}

int
watch_step(struct watch *w, const struct method_run *r, uint64_t step,
    struct watch_look *l)
{
	const float *a = r->seen[0], *b = r->seen[1];
	const size_t n = (size_t)r->planned.n, p = method_columns(r);
	double other = NAN;
	int rc;

	*l = (struct watch_look){ NAN, NAN, NAN, NAN };
	if (w->every == 0 || w->pool == NULL || step % w->every != 0)
		return 0;
	judge_growth(w, r, step);
	if (a == NULL || n < 2)
		return 0;
	if ((rc = spread_deviation(a, n, p, &l->deviation)) < 0 ||
	    (rc = spread_rank(a, n, p, w->pool, &l->rank)) < 0 ||
	    (rc = spread_uniformity(a, n, p, w->pool, &l->uniformity)) < 0)
		return rc;
	if (b != NULL) {
		l->alignment = spread_alignment(a, b, n, p);
		rc = spread_uniformity(b, n, p, w->pool, &other);
		l->uniformity = (l->uniformity + other) / 2;
	}
	judge(w, step, l, n, p);
	return rc;
}

/* Any of n numbers of the device, or so large that its square is not. */
static bool
not_finite(struct kernel *k, const float *x, size_t n)
{
	return !isfinite(kernel_square_sum(k, x, n));
}

static bool
host_not_finite(const float *x, size_t n)
{
	for (size_t i = 0; x != NULL && i < n; i++)
		if (!isfinite(x[i]))
			return true;
	return false;
}

/* A parameter or statistic of one network. */
static bool
blame_network(const struct nn_params *p, const char *prefix, char *name,
    size_t room)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct nn_slice *s = &p->layout->slices[i];

		if (!not_finite(p->kernel, nn_param(p, (int)i), s->n))
			continue;
		snprintf(name, room, "%s%s", prefix, s->name);
		return true;
	}
	return false;
}

static bool
blame_gradient(const struct nn_params *p, char *name, size_t room)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct nn_slice *s = &p->layout->slices[i];

		if (nn_is_buffer(s->kind) || !not_finite(p->kernel,
		    nn_param_grad(p, (int)i), s->n))
			continue;
		snprintf(name, room, "the gradient of online.%s", s->name);
		return true;
	}
	return false;
}

static bool
blame_view(const struct method_run *r, const struct method_view *v, int n)
{
	return v->x != NULL && not_finite(r->kernel, v->x, (size_t)n *
	    (size_t)v->h * (size_t)v->w * (size_t)r->model.net.channels);
}

bool
watch_blame(const struct method_run *r, const struct method_batch *b,
    char *name, size_t room)
{
	const size_t n = (size_t)b->n * method_columns(r);

	for (int v = 0; v < b->n_views; v++)
		if (blame_view(r, &b->view[v], b->n)) {
			snprintf(name, room, "view%d", v);
			return true;
		}
	if (b->n_support > 0 && blame_view(r, &b->support, b->n_support)) {
		snprintf(name, room, "the labelled stream's view0");
		return true;
	}
	if (blame_network(&r->online, "online.", name, room) ||
	    blame_network(&r->target, "target.", name, room))
		return true;
	if (r->keys.row != NULL && not_finite(r->kernel, r->keys.row,
	    r->keys.k * r->keys.p)) {
		snprintf(name, room, "the queue");
		return true;
	}
	for (int v = 0; v < 2; v++)
		if (host_not_finite(r->seen[v], n)) {
			snprintf(name, room, "the embedding of view%d", v);
			return true;
		}
	return blame_gradient(&r->online, name, room);
}
