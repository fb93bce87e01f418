/* SPDX-License-Identifier: MIT */
#include "loss/softmax.h"

#include <math.h>
#include <string.h>

#include "loss/unit.h"

void
loss_work_init(struct loss_work *w, struct kernel *k)
{
	memset(w, 0, sizeof(*w));
	w->kernel = k;
}

void
loss_work_fini(struct loss_work *w)
{
	if (w->device != NULL)
		kernel_release(w->kernel, w->device);
	arena_free(&w->host);
	memset(w, 0, sizeof(*w));
}

float *
softmax_floats(struct loss_work *w, size_t n)
{
	return arena_get(&w->host, n * sizeof(float));
}

double *
softmax_doubles(struct loss_work *w, size_t n)
{
	return arena_get(&w->host, n * sizeof(double));
}

float *
softmax_device(struct loss_work *w, size_t n)
{
	if (n <= w->room)
		return w->device;
	if (w->device != NULL)
		kernel_release(w->kernel, w->device);
	w->room = 0;
	w->device = kernel_alloc(w->kernel, n);
	if (w->device != NULL)
		w->room = n;
	return w->device;
}

double
softmax_join(double a, double b)
{
	const double high = fmax(a, b);

	return high > -INFINITY ? high + log(exp(a - high) + exp(b - high)) :
	    high;
}

double
softmax_all(const struct softmax *s, size_t i)
{
	return softmax_join(s->own[i], s->rest[i]);
}

double
softmax_loss(const struct softmax *s, size_t i)
{
	return log1p(exp(s->rest[i] - s->own[i]));
}

static struct attend
attend_of(const struct softmax *s, size_t m)
{
	return (struct attend){ .n = s->n, .m = m, .p = s->p,
		.scale = (float)s->scale };
}

/* The others' log-sum-exp and mean: of the batch's keys, then the queue's. */
static int
attend(struct softmax *s, struct loss_work *w)
{
	const size_t size = s->n * s->p;
	struct attend keys = attend_of(s, s->n), queue = attend_of(s, s->k);
	float *query = softmax_device(w, 3 * size), *key, *mean;
	int rc;

	keys.period = s->n;
	queue.accumulate = s->others;
	if (query == NULL)
		return fail_last();
	if ((s->others && (rc = kernel_attend_reserve(w->kernel,
	    &keys)) < 0) || (s->queue != NULL &&
	    (rc = kernel_attend_reserve(w->kernel, &queue)) < 0))
		return rc;
	key = query + size;
	mean = key + size;
	kernel_upload(w->kernel, query, s->query, size);
	kernel_upload(w->kernel, key, s->key, size);
	if (s->others)
		kernel_attend(w->kernel, s->rest, mean, query, key, &keys);
	if (s->queue != NULL)
		kernel_attend(w->kernel, s->rest, mean, query, s->queue,
		    &queue);
	kernel_download(w->kernel, s->mean, mean, size);
	return 0;
}

int
softmax_run(struct softmax *s, struct loss_work *w)
{
	int rc;

	s->own = softmax_doubles(w, s->n);
	s->rest = softmax_doubles(w, s->n);
	s->share = softmax_doubles(w, s->n);
	s->mean = softmax_floats(w, s->n * s->p);
	if (s->own == NULL || s->rest == NULL || s->share == NULL ||
	    s->mean == NULL)
		return fail_last();
	if ((rc = attend(s, w)) < 0)
		return rc;
	for (size_t i = 0; i < s->n; i++) {
		s->own[i] = s->scale * unit_dot(s->query + i * s->p,
		    s->key + i * s->p, s->p);
		s->share[i] = exp(s->rest[i] - softmax_all(s, i));
	}
	return 0;
}

int
softmax_back(const struct softmax *s, struct loss_work *w, float *back)
{
	const size_t size = s->n * s->p;
	struct attend keys = attend_of(s, s->n);
	float *query = softmax_device(w, 3 * size);
	double *all = softmax_doubles(w, s->n);

	keys.period = s->n;
	if (query == NULL || all == NULL ||
	    kernel_attend_reserve(w->kernel, &keys) < 0)
		return fail_last();
	for (size_t i = 0; i < s->n; i++)
		all[i] = softmax_all(s, i);
	kernel_upload(w->kernel, query, s->query, size);
	kernel_upload(w->kernel, query + size, s->key, size);
	kernel_attend_back(w->kernel, query + 2 * size, all, query,
	    query + size, &keys);
	kernel_download(w->kernel, back, query + 2 * size, size);
	return 0;
}
