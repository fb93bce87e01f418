/* SPDX-License-Identifier: MIT */
#include "loss/views.h"

#include <math.h>
#include <string.h>

#include "loss/groups.h"
#include "loss/unit.h"
#include "loss/softmax.h"

/* The rows that take part: m samples, both views one behind the other. */
struct views {
	struct softmax s;	/* n = 2m; a row's own key is its other view */
	size_t m;
	size_t *sample;		/* [m] of the record, by class */
	double *norm;		/* [2m] */
	double *target;		/* [2m,p] mean of a row's positives */
	double *slope;		/* [p] scratch */
};

static int
take_memory(struct views *v, struct loss_work *w, size_t n, size_t p)
{
	v->sample = arena_get(&w->host, (n + 1) * sizeof(*v->sample));
	v->norm = softmax_doubles(w, 2 * n + 1);
	v->target = softmax_doubles(w, 2 * n * p);
	v->slope = softmax_doubles(w, p);
	return v->sample == NULL || v->norm == NULL || v->target == NULL ||
	    v->slope == NULL ? fail_last() : 0;
}

/* Unit rows of the samples that take part, and the same with the views
 * swapped: everybody's own key. */
static int
gather(struct views *v, struct loss_call *c, const int64_t *label)
{
	const size_t p = c->p;
	float *row, *twin;

	v->m = c->n;
	for (size_t i = 0; i < c->n; i++)
		v->sample[i] = i;
	if (label != NULL)
		v->m = groups_order(v->sample, label, c->n);
	row = softmax_floats(c->work, 2 * v->m * p);
	twin = softmax_floats(c->work, 2 * v->m * p);
	if (row == NULL || twin == NULL)
		return fail_last();
	for (size_t i = 0; i < 2 * v->m; i++) {
		const size_t other = (i + v->m) % (2 * v->m);

		unit_rows(row + i * p, &v->norm[i], c->in[i / v->m].real +
		    v->sample[i % v->m] * p, 1, p);
		memcpy(twin + other * p, row + i * p, p * sizeof(*row));
	}
	v->s = (struct softmax){ .n = 2 * v->m, .p = p, .query = row,
		.key = twin, .scale = 1 / c->options.temperature };
	return 0;
}

/* target = the mean of the rows first to end of both views but the row
 * itself, for all of them. */
static void
mean_of_class(struct views *v, size_t first, size_t end)
{
	const size_t p = v->s.p, m = v->m;
	const double others = 2 * (double)(end - first) - 1;

	memset(v->slope, 0, p * sizeof(*v->slope));
	for (size_t i = first; i < end; i++)
		for (size_t d = 0; d < p; d++)
			v->slope[d] += (double)v->s.query[i * p + d] +
			    (double)v->s.query[(m + i) * p + d];
	for (size_t i = first; i < end; i++)
		for (size_t d = 0; d < p; d++)
			for (size_t at = i * p + d; at < 2 * m * p;
			    at += m * p)
				v->target[at] = (v->slope[d] -
				    (double)v->s.query[at]) / others;
}

static void
find_targets(struct views *v, const int64_t *label)
{
	for (size_t first = 0, end; first < v->m; first = end) {
		end = label == NULL ? first + 1 :
		    groups_end(v->sample, label, v->m, first);
		if (end - first > 1)
			mean_of_class(v, first, end);
		else	/* exactly the other view */
			for (size_t at = first; at < 2 * v->m; at += v->m)
				for (size_t d = 0; d < v->s.p; d++)
					v->target[at * v->s.p + d] = (double)
					    v->s.key[at * v->s.p + d];
	}
}

/* log(all) - own, and from there to the mean of all positives. */
static double
loss_of(const struct views *v)
{
	const struct softmax *s = &v->s;
	double sum = 0;

	for (size_t i = 0; i < s->n; i++) {
		sum += softmax_loss(s, i);
		for (size_t d = 0; d < s->p; d++)
			sum += s->scale * (double)s->query[i * s->p + d] *
			    ((double)s->key[i * s->p + d] -
				v->target[i * s->p + d]);
	}
	return sum / (double)s->n;
}

/*
 * As an anchor a row has share (mean - twin) + (twin - target); as a
 * candidate, what other anchors' softmax gives it, less its twin's share,
 * and (twin - target) again: positives are positives both ways.  `back` is
 * NULL where candidates are constants.
 */
static void
write_grad(const struct views *v, struct loss_call *c, const float *back)
{
	const struct softmax *s = &v->s;
	const size_t p = s->p, m = v->m;

	for (size_t i = 0; i < s->n; i++) {
		const float *twin = s->key + i * p, *mean = s->mean + i * p;
		const double *target = v->target + i * p;
		const double of_twin = back == NULL ? 0 :
		    s->share[(i + m) % s->n];
		const double ways = back == NULL ? 1 : 2;
		float *grad = c->in[i / m].grad;

		for (size_t d = 0; d < p; d++) {
			const double t = (double)twin[d];
			const double given = back == NULL ? 0 :
			    (double)back[i * p + d];

			v->slope[d] = s->scale / (double)s->n * (s->share[i] *
			    ((double)mean[d] - t) + ways * (t - target[d]) +
			    given - of_twin * t);
		}
		if (grad != NULL)
			unit_slope(grad + v->sample[i % m] * p, v->slope,
			    s->query + i * p, v->norm[i], p);
	}
}

/* The others' softmax of all rows among themselves, and back (unless
 * NULL). */
static int
attend(struct views *v, struct loss_work *w, float *back)
{
	struct softmax *s = &v->s;
	const size_t size = s->n * s->p;
	const struct attend a = { .n = s->n, .m = s->n, .p = s->p,
		.scale = (float)s->scale, .period = v->m };
	float *row = softmax_device(w, 2 * size), *result;
	double *all = softmax_doubles(w, s->n);
	int rc;

	s->own = softmax_doubles(w, s->n);
	s->rest = softmax_doubles(w, s->n);
	s->share = softmax_doubles(w, s->n);
	if (row == NULL || all == NULL || s->own == NULL || s->rest == NULL ||
	    s->share == NULL)
		return fail_last();
	if ((rc = kernel_attend_reserve(w->kernel, &a)) < 0)
		return rc;
	result = row + size;
	kernel_upload(w->kernel, row, s->query, size);
	kernel_attend(w->kernel, s->rest, result, row, row, &a);
	kernel_download(w->kernel, s->mean, result, size);
	for (size_t i = 0; i < s->n; i++) {
		s->own[i] = s->scale * unit_dot(s->query + i * s->p,
		    s->key + i * s->p, s->p);
		all[i] = softmax_all(s, i);
		s->share[i] = exp(s->rest[i] - all[i]);
	}
	if (back == NULL)
		return 0;
	kernel_attend_back(w->kernel, result, all, row, row, &a);
	kernel_download(w->kernel, back, result, size);
	return 0;
}

static void
clear(struct loss_call *c)
{
	c->loss = 0;
	for (int i = 0; i < 2; i++)
		if (c->in[i].grad != NULL)
			memset(c->in[i].grad, 0,
			    c->n * c->p * sizeof(float));
}

int
views_run(struct loss_call *c, const int64_t *label)
{
	struct views v;
	float *back = NULL;
	int rc;

	clear(c);
	if ((rc = take_memory(&v, c->work, c->n, c->p)) < 0 ||
	    (rc = gather(&v, c, label)) < 0 || v.m == 0)
		return rc;
	v.s.mean = softmax_floats(c->work, 2 * v.m * c->p);
	if (!c->options.anchor_only)
		back = softmax_floats(c->work, 2 * v.m * c->p);
	if (v.s.mean == NULL || (back == NULL && !c->options.anchor_only))
		return fail_last();
	if ((rc = attend(&v, c->work, back)) < 0)
		return rc;
	find_targets(&v, label);
	c->loss = loss_of(&v);
	write_grad(&v, c, back);
	return 0;
}
