/* SPDX-License-Identifier: MIT */
#include "eval/spread.h"

#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "eval/dot.h"
#include "eval/eigen.h"
#include "kernel/kernel.h"

/* 1 / max(|x|, 1e-12) */
static double
inverse_norm(const float *x, size_t dim)
{
	double sum = 0;

	for (size_t d = 0; d < dim; d++)
		sum += (double)x[d] * x[d];
	return 1 / fmax(sqrt(sum), 1e-12);
}

int
spread_deviation(const float *z, size_t n, size_t dim, double *deviation)
{
	double *sums = calloc(dim > 0 ? 2 * dim : 1, sizeof(*sums));

	if (sums == NULL)
		return fail_memory(2 * dim * sizeof(*sums));
	/* Normalised numbers are below 1: sums of squares lose nothing. */
	for (size_t i = 0; i < n; i++) {
		const double inverse = inverse_norm(z + i * dim, dim);

		for (size_t d = 0; d < dim; d++) {
			const double x = z[i * dim + d] * inverse;

			sums[d] += x;
			sums[dim + d] += x * x;
		}
	}
	*deviation = 0;
	for (size_t d = 0; d < dim; d++) {
		const double mean = sums[d] / (double)n;

		*deviation += sqrt(fmax(sums[dim + d] / (double)n
		    - mean * mean, 0)) / (double)dim;
	}
	free(sums);
	return 0;
}

double
spread_alignment(const float *a, const float *b, size_t n, size_t dim)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++, a += dim, b += dim) {
		const double u = inverse_norm(a, dim);
		const double v = inverse_norm(b, dim);

		for (size_t d = 0; d < dim; d++)
			sum += (a[d] * u - b[d] * v) * (a[d] * u - b[d] * v);
	}
	return sum / (double)n;
}

#define BLOCK ((size_t)128)	/* rows whose distances are made at a time, */
#define TILE ((size_t)2048)	/* to so many */

struct pairs {
	size_t n, row, column, columns;	/* the tile: rows from `row` on */
	const float *product;		/* [BLOCK,columns] cosines */
	const double *square;		/* [n] |z'|^2: 1, or 0 for zeros */
	double *sum;			/* [n] of a row, over later rows */
};

static void
sum_pairs(void *arg, size_t i, int worker)
{
	const struct pairs *p = arg;
	const size_t row = p->row + i;
	const size_t end = p->column + p->columns;
	const float *cosine = p->product + i * p->columns;
	double sum = 0;

	(void)worker;
	for (size_t j = row + 1 > p->column ? row + 1 : p->column; j < end;
	    j++)
		sum += exp(-2 * (p->square[row] + p->square[j]
		    - 2 * (double)cosine[j - p->column]));
	p->sum[row] += sum;
}

/* `normal` holds normalised rows on the device. */
static void
sum_tiles(struct kernel *k, const float *normal, float *device, float *host,
    size_t dim, struct pairs *p, struct pool *pool)
{
	for (p->row = 0; p->row < p->n; p->row += BLOCK) {
		const size_t m = p->n - p->row < BLOCK ? p->n - p->row
		    : BLOCK;

		for (p->column = p->row; p->column < p->n;
		    p->column += p->columns) {
			const size_t left = p->n - p->column;

			p->columns = left < TILE ? left : TILE;
			kernel_product(k, device, normal + p->row * dim,
			    normal + p->column * dim, (struct product){
			    .m = m, .n = p->columns, .k = dim,
			    .transpose_b = true });
			kernel_download(k, host, device, m * p->columns);
			pool_each(pool, m, sum_pairs, p);
		}
	}
}

/* Row by row onto the device; square [n] is written. */
static void
upload_normal(struct kernel *k, float *normal, double *square, float *row,
    const float *z, size_t n, size_t dim)
{
	for (size_t i = 0; i < n; i++) {
		const double inverse = inverse_norm(z + i * dim, dim);

		square[i] = 0;
		for (size_t d = 0; d < dim; d++) {
			row[d] = (float)(z[i * dim + d] * inverse);
			square[i] += (double)row[d] * row[d];
		}
		kernel_upload(k, normal + i * dim, row, dim);
	}
}

int
spread_uniformity(const float *z, size_t n, size_t dim, struct pool *pool,
    double *uniformity)
{
	struct kernel *k = kernel_new(pool);
	float *normal = k == NULL ? NULL : kernel_alloc(k, n * dim);
	float *device = k == NULL ? NULL : kernel_alloc(k, BLOCK * TILE);
	float *host = malloc((BLOCK * TILE + dim) * sizeof(*host));
	double *sums = calloc(2 * n, sizeof(*sums));
	struct pairs p = { .n = n, .product = host, .square = sums,
		.sum = sums == NULL ? NULL : sums + n };
	double sum = 0;
	int rc = 0;

	if (k == NULL || normal == NULL || device == NULL)
		rc = fail_last();
	else if (host == NULL || sums == NULL)
		rc = fail_memory(n * sizeof(*sums));
	else {
		upload_normal(k, normal, sums, host, z, n, dim);
		sum_tiles(k, normal, device, host, dim, &p, pool);
		for (size_t i = 0; i < n; i++)
			sum += p.sum[i];
		*uniformity = log(sum / ((double)n * (double)(n - 1) / 2));
	}
	if (k != NULL) {
		kernel_release(k, normal);
		kernel_release(k, device);
		kernel_free(k);
	}
	free(host);
	free(sums);
	return rc;
}

#define STRIP ((size_t)8)	/* rows of the product in one task */

/* The smaller of z^T z and z z^T, in double: their common eigenvalues are
 * the squares of the singular values. */
struct gram {
	const float *z;
	size_t n, dim, size;
	double *g;		/* [size,size] */
	double *rows;		/* [threads,4,dim] */
};

/* Some rows of z^T z, right of the diagonal, four rows of z at a time. */
static void
columns_strip(void *arg, size_t strip, int worker)
{
	const struct gram *t = arg;
	const size_t dim = t->dim, from = strip * STRIP;
	const size_t end = dim - from < STRIP ? dim : from + STRIP;
	double *z = t->rows + (size_t)worker * 4 * dim;

	for (size_t at = 0; at < t->n; at += 4) {
		for (size_t r = 0; r < 4; r++)
			for (size_t d = from; d < dim; d++)
				z[r * dim + d] = at + r < t->n
				    ? t->z[(at + r) * dim + d] : 0;
		for (size_t i = from; i < end; i++) {
			const double a = z[i], b = z[dim + i];
			const double c = z[2 * dim + i], e = z[3 * dim + i];
			double *g = t->g + i * dim;

			for (size_t j = from; j < dim; j++)
				g[j] += (a * z[j] + b * z[dim + j])
				    + (c * z[2 * dim + j]
				    + e * z[3 * dim + j]);
		}
	}
}

static void
rows_strip(void *arg, size_t strip, int worker)
{
	const struct gram *t = arg;
	const size_t from = strip * STRIP;
	const size_t end = t->n - from < STRIP ? t->n : from + STRIP;

	(void)worker;
	for (size_t i = from; i < end; i++)
		for (size_t j = i; j < t->n; j++)
			t->g[i * t->n + j] = eval_dot_floats(t->z + i * t->dim,
			    t->z + j * t->dim, t->dim, t->z + i * t->dim);
}

/* exp of the entropy of the square roots of `values` [n], scaled to sum 1. */
static double
effective_rank(double *values, size_t n)
{
	double sum = 0, entropy = 0;

	for (size_t i = 0; i < n; i++) {
		values[i] = sqrt(fmax(values[i], 0));
		sum += values[i];
	}
	for (size_t i = 0; i < n; i++)
		if (values[i] > 0)
			entropy -= values[i] / sum * log(values[i] / sum);
	return sum > 0 ? exp(entropy) : 0;
}

static int
rank_of(struct gram *t, struct pool *pool, double *rank)
{
	double *values = malloc(t->size * sizeof(*values));
	const size_t strips = (t->size + STRIP - 1) / STRIP;
	int rc;

	if (values == NULL)
		return fail_memory(t->size * sizeof(*values));
	pool_each(pool, strips, t->size == t->dim ? columns_strip
	    : rows_strip, t);
	for (size_t i = 0; i < t->size; i++)
		for (size_t j = 0; j < i; j++)
			t->g[i * t->size + j] = t->g[j * t->size + i];
	rc = eigen_values(values, t->g, t->size, pool);
	if (rc == 0)
		*rank = effective_rank(values, t->size);
	free(values);
	return rc;
}

int
spread_rank(const float *z, size_t n, size_t dim, struct pool *pool,
    double *rank)
{
	struct gram t = { .z = z, .n = n, .dim = dim,
		.size = n < dim ? n : dim };
	size_t size;
	int rc;

	if (num_mul(t.size, t.size, &size) < 0
	    || num_mul(size, sizeof(double), &size) < 0)
		return fail_last();
	t.g = calloc(1, size);
	t.rows = malloc((size_t)pool_threads(pool) * 4 * dim
	    * sizeof(*t.rows));
	rc = t.g == NULL || t.rows == NULL ? fail_memory(size)
	    : rank_of(&t, pool, rank);
	free(t.g);
	free(t.rows);
	return rc;
}

int
spread_measure(struct spread *s, const float *z, size_t n, size_t dim,
    struct pool *pool)
{
	if (spread_deviation(z, n, dim, &s->deviation) < 0
	    || spread_uniformity(z, n, dim, pool, &s->uniformity) < 0
	    || spread_rank(z, n, dim, pool, &s->rank) < 0)
		return fail_last();
	s->one_way = s->deviation * sqrt((double)dim) < SPREAD_DEVIATION;
	s->few_ways = n >= SPREAD_ROOM && dim >= SPREAD_ROOM
	    && s->rank < SPREAD_RANK;
	return 0;
}
