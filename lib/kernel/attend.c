/* SPDX-License-Identifier: MIT */
/*
 * attend: softmax over columns that are made a block at a time, as products
 * of rows, and are gone once they are added up (the running maximum is that
 * of Milakov & Gimelshein 2018).  A task is ROWS rows by SPLIT columns,
 * whatever the number of threads; tasks' sums are joined in order.
 */
#include <math.h>
#include <string.h>

#include "kernel/cpu.h"
#include "kernel/gemm.h"

#define ROWS ((size_t)256)
#define COLUMNS ((size_t)256)
#define SPLIT ((size_t)4096)
#define BLOCK (ROWS * COLUMNS)

struct work {
	const struct simd *simd;
	const struct attend *s;
	const float *a, *c;
	float *block;		/* by worker: [ROWS,COLUMNS] */
	float *mean;		/* by split: [n,p], not yet divided */
	float *top;		/* by split: [n], largest a . c */
	float *lse;		/* attend_back: [n], divided by scale */
	double *sum;		/* by split: [n] */
	size_t splits;
	bool accumulate;	/* attend_back */
};

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t
pieces(size_t n, size_t size)
{
	return (n + size - 1) / size;
}

/* Floats of the workers' blocks and of all the rest. */
static size_t
room(struct kernel *k, const struct attend *s, size_t splits)
{
	return (size_t)pool_threads(k->pool) * BLOCK +
	    splits * s->n * (s->p + 1) + s->n;
}

static struct work
begin(struct kernel *k, const float *a, const float *c,
    const struct attend *s)
{
	struct work w = { .simd = k->simd, .s = s, .a = a, .c = c,
		.splits = pieces(s->m, SPLIT), .accumulate = s->accumulate };

	w.block = cpu_partial(k, room(k, s, w.splits));
	w.mean = w.block + (size_t)pool_threads(k->pool) * BLOCK;
	w.top = w.mean + w.splits * s->n * s->p;
	w.lse = w.top + w.splits * s->n;
	w.sum = cpu_sums(k, w.splits * s->n + 1);
	return w;
}

int
kernel_attend_reserve(struct kernel *k, const struct attend *s)
{
	const size_t splits = pieces(s->m, SPLIT);

	if (cpu_reserve_sums(k, splits * s->n + 1) < 0)
		return fail_last();
	return cpu_reserve(k, 0, room(k, s, splits));
}

/* Products that row `row` (of a) leaves out among columns j0 to j0 + n. */
static void
leave_out(float *block, const struct attend *s, size_t row, size_t j0,
    size_t n, float with)
{
	size_t j;

	if (s->period == 0)
		return;
	j = row % s->period;
	if (j < j0)
		j += (j0 - j + s->period - 1) / s->period * s->period;
	for (; j < j0 + n; j += s->period)
		block[j - j0] = with;
}

/* A block without a maximum: all of it is masked, or NaN, which stays. */
static void
take_none(float *block, size_t n, float *top, double *sum)
{
	for (size_t j = 0; j < n; j++)
		if (isnan(block[j])) {
			*top = *top > -INFINITY ? *top : 0;
			*sum = NAN;
			return;
		}
	memset(block, 0, n * sizeof(*block));
}

/* One row's block of products becomes exponentials under its new maximum. */
static void
take_row(const struct work *w, float *block, size_t n, float *mean,
    float *top, double *sum)
{
	const float scale = w->s->scale;
	const float high = simd_softmax[w->simd->set]->max(block, n);

	if (!(high > -INFINITY)) {
		take_none(block, n, top, sum);
		return;
	}
	if (high > *top) {
		const float shrink = *top > -INFINITY ?
		    expf(scale * (*top - high)) : 0;

		for (size_t j = 0; j < w->s->p; j++)
			mean[j] *= shrink;
		*sum *= (double)shrink;
		*top = high;
	}
	*sum += simd_softmax[w->simd->set]->exp(block, n, scale, *top);
}

static void
attend_task(void *arg, size_t i, int worker)
{
	const struct work *w = arg;
	const struct attend *s = w->s;
	const size_t p = s->p, split = i % w->splits;
	const size_t i0 = i / w->splits * ROWS;
	const size_t rows = least(s->n - i0, ROWS);
	const size_t end = least(s->m, (split + 1) * SPLIT);
	float *block = w->block + (size_t)worker * BLOCK;
	float *mean = w->mean + (split * s->n + i0) * p;
	float *top = w->top + split * s->n + i0;
	double *sum = w->sum + split * s->n + i0;

	memset(mean, 0, rows * p * sizeof(*mean));
	for (size_t r = 0; r < rows; r++) {
		top[r] = -INFINITY;
		sum[r] = 0;
	}
	for (size_t j = split * SPLIT; j < end; j += COLUMNS) {
		const size_t n = least(end - j, COLUMNS);

		gemm_panel(block, n, w->a + i0 * p, p, false, w->c + j * p, p,
		    true, rows, n, p, false);
		for (size_t r = 0; r < rows; r++) {
			leave_out(block + r * n, s, i0 + r, j, n, -INFINITY);
			take_row(w, block + r * n, n, mean + r * p, &top[r],
			    &sum[r]);
		}
		gemm_panel(mean, p, block, n, false, w->c + j * p, p, false,
		    rows, p, n, true);
	}
}

/* One row's splits, and what was there before, become one. */
static void
join(const struct work *w, size_t i, double *lse, float *mean)
{
	const struct attend *s = w->s;
	const double scale = (double)s->scale;
	const bool before = s->accumulate && *lse > -INFINITY;
	double high = before ? *lse : -INFINITY, all = 0;

	for (size_t k = 0; k < w->splits; k++) {
		const double top = scale * (double)w->top[k * s->n + i];

		high = top > high ? top : high;
	}
	if (!(high > -INFINITY)) {
		memset(mean, 0, s->p * sizeof(*mean));
		*lse = -INFINITY;
		return;
	}
	for (size_t k = 0; k < w->splits; k++)
		all += w->sum[k * s->n + i] *
		    exp(scale * (double)w->top[k * s->n + i] - high);
	all += before ? exp(*lse - high) : 0;
	for (size_t j = 0; j < s->p; j++)
		mean[j] *= before ? (float)(exp(*lse - high) / all) : 0;
	for (size_t k = 0; k < w->splits; k++) {
		const double share = exp(scale *
		    (double)w->top[k * s->n + i] - high) / all;
		const float *part = w->mean + (k * s->n + i) * s->p;

		for (size_t j = 0; j < s->p; j++)
			mean[j] += (float)share * part[j];
	}
	*lse = high + log(all);
}

struct ends {
	const struct work *work;
	double *lse;
	float *mean;
};

static void
join_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct ends *e = arg;

	(void)worker;
	for (size_t i = first; i < end; i++)
		join(e->work, i, e->lse + i, e->mean + i * e->work->s->p);
}

void
kernel_attend(struct kernel *k, double *lse, float *mean, const float *a,
    const float *c, const struct attend *s)
{
	struct work w = begin(k, a, c, s);
	struct ends ends = { &w, lse, mean };

	if (!s->accumulate)
		memset(mean, 0, s->n * s->p * sizeof(*mean));
	pool_each(k->pool, pieces(s->n, ROWS) * w.splits, attend_task, &w);
	cpu_pieces(k, s->n, 16, join_piece, &ends);
}

/* ROWS rows of c against all of a. */
static void
back_task(void *arg, size_t i, int worker)
{
	const struct work *w = arg;
	const struct attend *s = w->s;
	const size_t p = s->p, j0 = i * ROWS;
	const size_t rows = least(s->m - j0, ROWS);
	float *block = w->block + (size_t)worker * BLOCK;
	float *back = w->mean + j0 * p;

	for (size_t i0 = 0; i0 < s->n; i0 += COLUMNS) {
		const size_t n = least(s->n - i0, COLUMNS);

		gemm_panel(block, n, w->c + j0 * p, p, false, w->a + i0 * p,
		    p, true, rows, n, p, false);
		for (size_t r = 0; r < rows; r++) {
			simd_softmax[w->simd->set]->exp_by(block + r * n,
			    w->lse + i0, n, s->scale);
			leave_out(block + r * n, s, j0 + r, i0, n, 0);
		}
		gemm_panel(back, p, block, n, false, w->a + i0 * p, p, false,
		    rows, p, n, w->accumulate || i0 > 0);
	}
}

void
kernel_attend_back(struct kernel *k, float *back, const double *lse,
    const float *a, const float *c, const struct attend *s)
{
	struct work w = begin(k, a, c, s);

	for (size_t i = 0; i < s->n; i++)
		w.lse[i] = isinf(lse[i]) ? INFINITY :
		    (float)(lse[i] / (double)s->scale);
	if (s->n == 0 && !s->accumulate)
		memset(back, 0, s->m * s->p * sizeof(*back));
	w.mean = back;
	pool_each(k->pool, pieces(s->m, ROWS), back_task, &w);
}
