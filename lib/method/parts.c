/* SPDX-License-Identifier: MIT */
#include "method/parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/num.h"
#include "base/rng.h"
#include "method/ema.h"

static size_t
larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* Passes that a batch of n samples is taken in. */
static int
passes(const struct method_run *r, size_t n)
{
	const size_t m = (size_t)r->options.microbatch;

	return m > 0 && m < n ? (int)(n / m) : 1;
}

/* Groups of a pass, or passes that are groups. */
static int
groups(const struct method_run *r)
{
	const int all = passes(r, (size_t)r->planned.n);

	return all > 1 ? all : r->options.groups > 0 ? r->options.groups : 1;
}

/* What one of these passes is. */
static int
pass_of(const struct method_run *r, const struct method_view *view, int n,
    struct nn_batch *b)
{
	const int all = passes(r, (size_t)n);

	*b = (struct nn_batch){ n / all, all > 1 ||
	    r->options.groups == 0 ? 1 : r->options.groups, view->h, view->w };
	if (all > 1 && r->options.groups > 1)
		return fail(FAIL_USAGE, "microbatches are batch norm's groups "
		    "already; leave --bn-groups out");
	if (all > 1 && n % r->options.microbatch != 0)
		return fail(FAIL_USAGE, "a pass of %d samples is not a whole "
		    "number of microbatches of %d", n,
		    r->options.microbatch);
	return 0;
}

/* Numbers of a value for all n samples of a plan. */
static size_t
count(const struct nn_plan *p, size_t n, int value)
{
	return n * nn_shape_count(nn_plan_shape(p, value));
}

/* Room for keys' views in another order. */
static int
reserve_order(struct method_run *r)
{
	const size_t n = (size_t)r->planned.n;
	size_t most = 1;

	if (!r->row->queue || groups(r) == 1)
		return 0;
	for (int v = 0; v < METHOD_VIEWS; v++)
		if (r->target_plan[v] != NULL)
			most = larger(most, count(r->target_plan[v], n, 0));
	r->shuffled = kernel_alloc(r->kernel, most);
	r->order = calloc(n, sizeof(*r->order));
	return r->shuffled == NULL ? fail_last() : r->order == NULL ?
	    fail_memory(n * sizeof(*r->order)) : 0;
}

int
parts_reserve(struct method_run *r, int n_host, size_t host)
{
	size_t memory = 1, back = 1;

	for (int v = 0; v < METHOD_VIEWS; v++) {
		if (r->plan[v] != NULL) {
			memory = larger(memory, nn_plan_memory(r->plan[v]));
			back = larger(back, nn_plan_work(r->plan[v]));
		}
		if (r->look[v] != NULL)
			memory = larger(memory, nn_plan_memory(r->look[v]));
		if (r->target_plan[v] != NULL)
			memory = larger(memory,
			    nn_plan_memory(r->target_plan[v]));
	}
	r->memory = kernel_alloc(r->kernel, memory);
	r->back = kernel_alloc(r->kernel, back);
	r->slope = kernel_alloc(r->kernel, host);
	if (r->memory == NULL || r->back == NULL || r->slope == NULL)
		return fail_note("a batch of %d; try a smaller one",
		    r->planned.n);
	for (int i = 0; i < n_host; i++) {
		r->host[i] = calloc(host, sizeof(float));
		if (r->host[i] == NULL)
			return fail_memory(host * sizeof(float));
	}
	return reserve_order(r);
}

void
parts_unplan(struct method_run *r)
{
	float **const device[] = { &r->memory, &r->back, &r->slope,
		&r->shuffled };

	for (int i = 0; i < METHOD_VIEWS; i++) {
		nn_plan_free(r->plan[i]);
		nn_plan_free(r->target_plan[i]);
		nn_plan_free(r->look[i]);
		r->plan[i] = r->target_plan[i] = r->look[i] = NULL;
	}
	for (size_t i = 0; i < sizeof(device) / sizeof(device[0]); i++) {
		kernel_release(r->kernel, *device[i]);
		*device[i] = NULL;
	}
	for (int i = 0; i < 2 * METHOD_VIEWS; i++) {
		free(r->host[i]);
		r->host[i] = NULL;
	}
	free(r->order);
	r->order = NULL;
	r->seen[0] = r->seen[1] = NULL;
	r->last = 0;
	memset(&r->planned, 0, sizeof(r->planned));
}

int
parts_plan_online(struct method_run *r, int v, const struct method_view *view,
    int n, int last)
{
	int wanted[METHOD_KEEP + 1] = { last }, n_wanted = 1;
	struct nn_batch b;
	const int rc = pass_of(r, view, n, &b);

	if (rc < 0)
		return rc;
	for (int i = 0; i < r->options.n_keep; i++)
		if (r->options.keep[i] < last)
			wanted[n_wanted++] = r->options.keep[i];
	if (v == 0 && b.n == b.groups && n > 1)
		log_line(LOG_WARNING, "batch norm has %d groups of one sample: "
		    "fewer --bn-groups or a larger --microbatch", n);
	r->rows[v] = (size_t)n;
	r->plan[v] = nn_plan_grouped(&r->model.net, r->kernel, NN_TRAIN, b,
	    wanted, n_wanted);
	if (r->plan[v] == NULL)
		return fail_last();
	if (passes(r, r->rows[v]) == 1)
		return 0;
	r->look[v] = nn_plan_grouped(&r->model.net, r->kernel, NN_TRACK, b,
	    &last, 1);
	return r->look[v] == NULL ? fail_last() : 0;
}

int
parts_plan_target(struct method_run *r, int v, const struct method_view *view,
    int n)
{
	struct nn_batch b;
	const int rc = pass_of(r, view, n, &b);

	if (rc < 0)
		return rc;
	r->target_plan[v] = nn_plan_grouped(&r->model.net, r->kernel,
	    NN_TRACK, b, &r->model.projection, 1);
	return r->target_plan[v] == NULL ? fail_last() : 0;
}

/* All of n samples through a plan, a pass after the other; value `last` to
 * the host. */
static void
look(struct method_run *r, struct nn_plan *p, const struct nn_params *net,
    const float *x, size_t n, int last, float *host)
{
	const int all = passes(r, n);
	const size_t m = n / (size_t)all;

	for (int i = 0; i < all; i++) {
		const size_t at = (size_t)i;

		if (all > 1)
			nn_plan_part(p, i, all);
		nn_forward(p, net, r->memory, x + at * count(p, m, 0));
		kernel_download(r->kernel, host + at * count(p, m, last),
		    nn_value(p, r->memory, last), count(p, m, last));
	}
}

void
parts_forward(struct method_run *r, int v, const float *x, int last,
    float *host)
{
	look(r, r->look[v] != NULL ? r->look[v] : r->plan[v], &r->online, x,
	    r->rows[v], last, host);
}

void
parts_backward(struct method_run *r, int v, const float *x, int last,
    const float *slope)
{
	struct nn_plan *p = r->plan[v];
	const int all = passes(r, r->rows[v]);
	const size_t m = r->rows[v] / (size_t)all;

	r->last = v;
	if (all > 1)
		nn_plan_part(p, 0, 0);
	for (int i = 0; i < all; i++) {
		const size_t at = (size_t)i;
		const float *part = x + at * count(p, m, 0);

		/* What a single pass still has, several must make again. */
		if (all > 1)
			nn_forward(p, &r->online, r->memory, part);
		kernel_upload(r->kernel, r->slope, slope + at * count(p, m,
		    last), count(p, m, last));
		nn_backward(p, &r->online, r->memory, r->back, part,
		    r->slope);
	}
}

void
parts_target(struct method_run *r, int v, const float *x, float *host)
{
	look(r, r->target_plan[v], &r->target, x, (size_t)r->planned.n,
	    r->model.projection, host);
}

const struct nn_plan *
method_last(const struct method_run *r, size_t *n)
{
	*n = r->rows[r->last] / (size_t)passes(r, r->rows[r->last]);
	return r->plan[r->last];
}

int
parts_keys(struct method_run *r, const struct method_batch *b, int v,
    float *host)
{
	const struct method_view *view = &b->view[v];
	const size_t p = method_columns(r), n = (size_t)b->n;
	const size_t size = (size_t)view->h * (size_t)view->w *
	    (size_t)r->model.net.channels;
	struct rng draw = rng_at(r->options.seed, 0, b->step, (uint32_t)v,
	    RNG_SPLIT);
	float *row;

	if (groups(r) == 1) {
		parts_target(r, v, view->x, host);
		return 0;
	}
	arena_reset(&r->work.host);
	row = arena_get(&r->work.host, n * p * sizeof(*row));
	if (row == NULL)
		return fail_last();
	rng_permutation(&draw, r->order, n);
	for (size_t i = 0; i < n; i++)
		kernel_copy(r->kernel, r->shuffled + i * size,
		    view->x + r->order[i] * size, size);
	parts_target(r, v, r->shuffled, row);
	for (size_t i = 0; i < n; i++)
		memcpy(host + r->order[i] * p, row + i * p,
		    p * sizeof(*row));
	return 0;
}

void
parts_follow(struct method_run *r, double ema)
{
	struct nn_params *slow = &r->target;

	ema_step(slow, &r->online, ema);
	if (r->options.buffers == METHOD_AVERAGE)
		kernel_average(r->kernel, slow->buffer, r->online.buffer,
		    slow->n_buffers, (float)ema);
	else if (r->options.buffers == METHOD_COPY)
		kernel_copy(r->kernel, slow->buffer, r->online.buffer,
		    slow->n_buffers);
}

struct loss_call
parts_call(struct method_run *r, size_t n)
{
	return (struct loss_call){ .n = n, .p = method_columns(r),
		.options = r->options.loss, .work = &r->work };
}

int
parts_plan_joint(struct method_run *r, const struct method_batch *b)
{
	const struct method_view *first = &b->view[0];
	const int n = b->n * b->n_views + b->n_support;
	int rc;

	for (int v = 1; v < b->n_views; v++)
		if (b->view[v].h != first->h || b->view[v].w != first->w)
			return fail(FAIL_USAGE, "%s takes both views in one "
			    "batch, so they must be of one size, not %dx%d "
			    "and %dx%d", r->row->name, first->w, first->h,
			    b->view[v].w, b->view[v].h);
	if (b->n_support > 0 && (b->support.h != first->h ||
	    b->support.w != first->w))
		return fail(FAIL_USAGE, "pictures of the labelled stream must "
		    "be of the views' size, not %dx%d", b->support.w,
		    b->support.h);
	rc = parts_plan_online(r, 0, first, n, r->model.projection);
	if (rc == 0)
		rc = parts_reserve(r, PARTS_HOST, (size_t)n *
		    method_columns(r));
	if (rc < 0)
		return rc;
	r->seen[0] = parts_joint(r, b, 0).real;
	r->seen[1] = parts_joint(r, b, 1).real;
	return 0;
}

void
parts_forward_joint(struct method_run *r, const struct method_batch *b)
{
	const struct method_view *v = &b->view[0];
	const size_t size = (size_t)b->n * (size_t)v->h * (size_t)v->w *
	    (size_t)r->model.net.channels;

	assert(b->view[1].x == v->x + size);
	assert(b->n_support == 0 || b->support.x == v->x +
	    (size_t)b->n_views * size);
	(void)size;
	parts_forward(r, 0, v->x, r->model.projection, r->host[PARTS_Z]);
}

void
parts_backward_joint(struct method_run *r, const struct method_batch *b)
{
	parts_backward(r, 0, b->view[0].x, r->model.projection,
	    r->host[PARTS_SLOPE]);
}

void
parts_logits_joint(const struct method_run *r, struct logits *l)
{
	l->query = l->key = r->host[PARTS_Z];
	l->n = l->m = 2 * (size_t)r->planned.n;
}

struct loss_array
parts_joint(const struct method_run *r, const struct method_batch *b, int v)
{
	const size_t at = (size_t)(v * b->n) * method_columns(r);

	return (struct loss_array){ .real = r->host[PARTS_Z] + at,
		.grad = r->host[PARTS_SLOPE] + at };
}
