/* SPDX-License-Identifier: MIT */
/* linear_sgd: the fit by mini-batches with momentum. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "eval/linear_fit.h"
#include "kernel/kernel.h"

/* Mini-batches at work. */
struct sgd_work {
	const struct logistic_rows *rows;
	const struct linear_plan *plan;
	struct kernel *kernel;
	float *w, *speed, *gradient;	/* [K,D] on the device */
	float *b, *b_speed, *b_gradient;	/* [K] there */
	float *x, *scores;		/* [batch,D], [K,batch] there */
	float *host_x, *host_scores;	/* here */
	int32_t *host_label;		/* [batch] */
	float *host_b;			/* [K] */
	double *db;			/* [K] */
	size_t *order;			/* [n] of the rows */
	size_t batch;
};

static int
sgd_reserve(struct sgd_work *s, struct pool *pool)
{
	const size_t d = s->rows->dim, k = s->rows->classes;

	s->kernel = kernel_new(pool);
	if (s->kernel == NULL)
		return fail_last();
	s->w = kernel_alloc(s->kernel, k * d);
	s->speed = kernel_alloc(s->kernel, k * d);
	s->gradient = kernel_alloc(s->kernel, k * d);
	s->b = kernel_alloc(s->kernel, k);
	s->b_speed = kernel_alloc(s->kernel, k);
	s->b_gradient = kernel_alloc(s->kernel, k);
	s->x = kernel_alloc(s->kernel, s->batch * d);
	s->scores = kernel_alloc(s->kernel, s->batch * k);
	if (s->w == NULL || s->speed == NULL || s->gradient == NULL
	    || s->b == NULL || s->b_speed == NULL || s->b_gradient == NULL
	    || s->x == NULL || s->scores == NULL)
		return fail_last();
	s->host_x = malloc(s->batch * d * sizeof(float));
	s->host_scores = malloc(s->batch * k * sizeof(float));
	s->host_label = malloc(s->batch * sizeof(*s->host_label));
	s->host_b = malloc(k * sizeof(float));
	s->db = malloc(k * sizeof(double));
	s->order = malloc(s->rows->n * sizeof(*s->order));
	if (s->host_x == NULL || s->host_scores == NULL
	    || s->host_label == NULL || s->host_b == NULL || s->db == NULL
	    || s->order == NULL)
		return fail_memory(s->batch * d * sizeof(float));
	return 0;
}

static void
sgd_free(struct sgd_work *s)
{
	float *const there[] = { s->w, s->speed, s->gradient, s->b,
		s->b_speed, s->b_gradient, s->x, s->scores };

	for (size_t i = 0; s->kernel != NULL
	    && i < sizeof(there) / sizeof(there[0]); i++)
		kernel_release(s->kernel, there[i]);
	kernel_free(s->kernel);
	free(s->host_x);
	free(s->host_scores);
	free(s->host_label);
	free(s->host_b);
	free(s->db);
	free(s->order);
}

/* Weights of N(0, 0.01^2), offsets 0, drawn class by class; p is scratch. */
static int
sgd_begin(struct sgd_work *s)
{
	const size_t d = s->rows->dim, k = s->rows->classes;
	float *w = malloc(k * d * sizeof(*w));

	if (w == NULL)
		return fail_memory(k * d * sizeof(*w));
	for (size_t c = 0; c < k; c++) {
		struct rng r = rng_at(s->plan->seed, 0, c, 0, RNG_INIT);

		for (size_t i = 0; i < d; i++)
			w[c * d + i] = (float)(0.01 * rng_normal(&r));
	}
	kernel_upload(s->kernel, s->w, w, k * d);
	free(w);
	return 0;
}

/* The mean loss of a batch of n rows, and what it says to change. */
static double
sgd_gradient(struct sgd_work *s, const size_t *which, size_t n)
{
	const size_t d = s->rows->dim, k = s->rows->classes;
	double loss;

	for (size_t i = 0; i < n; i++) {
		memcpy(s->host_x + i * d, s->rows->x + which[i] * d,
		    d * sizeof(float));
		s->host_label[i] = s->rows->label[which[i]];
	}
	kernel_upload(s->kernel, s->x, s->host_x, n * d);
	kernel_product(s->kernel, s->scores, s->w, s->x, (struct product){
	    .m = k, .n = n, .k = d, .transpose_b = true });
	kernel_download(s->kernel, s->host_scores, s->scores, n * k);
	kernel_download(s->kernel, s->host_b, s->b, k);
	memset(s->db, 0, k * sizeof(*s->db));
	loss = logistic_columns(s->host_scores, s->host_b, s->host_label, n, k,
	    s->db);
	for (size_t i = 0; i < n * k; i++)
		s->host_scores[i] /= (float)n;
	for (size_t c = 0; c < k; c++)
		s->host_b[c] = (float)(s->db[c] / (double)n);
	kernel_upload(s->kernel, s->b_gradient, s->host_b, k);
	kernel_upload(s->kernel, s->scores, s->host_scores, n * k);
	kernel_product(s->kernel, s->gradient, s->scores, s->x,
	    (struct product){ .m = k, .n = d, .k = n });
	return loss;
}

static void
sgd_step(struct sgd_work *s, double rate)
{
	const size_t d = s->rows->dim, k = s->rows->classes;
	struct sgd step = { .momentum = (float)s->plan->momentum,
		.decay = (float)(s->plan->l2 / (double)s->rows->n),
		.rate_in = 1, .rate_out = (float)rate,
		.nesterov = s->plan->nesterov };

	kernel_sgd(s->kernel, s->w, s->speed, s->gradient, k * d, &step);
	step.decay = 0;
	kernel_sgd(s->kernel, s->b, s->b_speed, s->b_gradient, k, &step);
}

static int
sgd_epochs(struct sgd_work *s)
{
	const struct linear_plan *plan = s->plan;
	const size_t n = s->rows->n;
	const int64_t per_epoch = (int64_t)((n + s->batch - 1) / s->batch);
	int64_t step = 0;

	for (int64_t epoch = 0; epoch < plan->epochs; epoch++) {
		struct rng r = rng_at(plan->seed, (uint64_t)epoch, 0, 0,
		    RNG_SHUFFLE);
		double loss = 0;

		rng_permutation(&r, s->order, n);
		for (size_t at = 0; at < n; at += s->batch, step++) {
			loss += sgd_gradient(s, s->order + at,
			    n - at < s->batch ? n - at : s->batch);
			sgd_step(s, linear_rate(plan, epoch, step,
			    plan->epochs * per_epoch));
		}
		if (!isfinite(loss))
			return fail(FAIL_DIVERGED, "epoch %" PRId64 ": the "
			    "loss is not finite; choose a smaller --lr",
			    epoch);
	}
	return 0;
}

/* What was fitted, and the function's value there. */
static int
sgd_finish(struct sgd_work *s, double *p, struct pool *pool,
    struct linear_end *end)
{
	const size_t w = s->rows->classes * s->rows->dim;
	const size_t n = w + s->rows->classes;
	float *host = malloc(n * sizeof(*host));
	double *gradient = malloc(n * sizeof(*gradient));
	struct logistic *t = logistic_new(s->rows, pool);
	int rc = t == NULL ? fail_last() : 0;

	if (rc == 0 && (host == NULL || gradient == NULL))
		rc = fail_memory(n * sizeof(*gradient));
	if (rc == 0) {
		kernel_download(s->kernel, host, s->w, w);
		kernel_download(s->kernel, host + w, s->b, n - w);
		for (size_t i = 0; i < n; i++)
			p[i] = host[i];
		end->value = logistic_value(t, p, s->plan->l2, gradient);
		end->settled = true;
		end->steps = s->plan->epochs
		    * (int64_t)((s->rows->n + s->batch - 1) / s->batch);
	}
	logistic_free(t);
	free(host);
	free(gradient);
	return rc;
}

int
linear_sgd(double *p, const struct logistic_rows *rows,
    const struct linear_plan *plan, struct pool *pool, struct linear_end *end)
{
	struct sgd_work s = { .rows = rows, .plan = plan };
	int rc;

	s.batch = (uint64_t)plan->batch < rows->n ? (size_t)plan->batch
	    : rows->n;
	*end = (struct linear_end){ 0 };
	rc = sgd_reserve(&s, pool);
	if (rc == 0)
		rc = sgd_begin(&s);
	if (rc == 0)
		rc = sgd_epochs(&s);
	if (rc == 0)
		rc = sgd_finish(&s, p, pool, end);
	sgd_free(&s);
	return rc;
}
