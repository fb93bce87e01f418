/* SPDX-License-Identifier: MIT */
#include "eval/knn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "kernel/kernel.h"

#define TILE ((size_t)4096)	/* training rows in one product, at most */

struct candidate {
	float similarity;	/* as the float product has it */
	size_t row;
};

struct knn {
	const struct features *train;
	struct pool *pool;
	struct kernel *kernel;
	size_t k, tile;
	double margin;		/* at most this far off is the float product */
	float *scaled;		/* [max(tile,block),dim], rows near norm 1 */
	double *inverse;	/* [train n] 1 / norm, 0 for a row of zeros */
	int *shift;		/* [train n] the product has rows times 2^-shift, */
	float *reach;		/* [train n] and this is inverse 2^shift */
	float *dev_query, *dev_train, *dev_product;
	float *product;		/* [block,tile] */
	struct candidate *candidates;	/* [threads,tile] */

	/* The search under way. */
	const float *x;
	struct neighbour *near;
	size_t *have;		/* [block] neighbours so far */
	double *query_inverse;	/* [block] */
	int *query_shift;	/* [block] */
	float *query_reach;	/* [block] */
	size_t begin, n_train;	/* the tile's rows */
};

/* Eight sums side by side, always in this order: the compiler may use
 * vectors and the result stays the same. */
static double
dot(const float *a, const float *b, size_t n)
{
	double sum[8] = { 0 };
	size_t i = 0;

	for (; i + 8 <= n; i += 8)
		for (size_t j = 0; j < 8; j++)
			sum[j] += (double)a[i + j] * b[i + j];
	for (; i < n; i++)
		sum[0] += (double)a[i] * b[i];
	return ((sum[0] + sum[4]) + (sum[2] + sum[6])) +
	    ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

/* How to look at a row: 1 / norm, and the power of two near its norm, which
 * scales it without rounding. */
static void
measure(const float *x, size_t dim, double *inverse, int *shift, float *reach)
{
	const double norm = sqrt(dot(x, x, dim));

	*inverse = norm > 0 ? 1 / norm : 0;
	*shift = norm > 0 ? ilogb(norm) : 0;
	*reach = (float)ldexp(*inverse, *shift);
}

static void
scale_rows(float *to, const float *x, size_t n, size_t dim, const int *shift)
{
	for (size_t i = 0; i < n; i++) {
		const double factor = ldexp(1, -shift[i]);

		for (size_t d = 0; d < dim; d++)
			to[i * dim + d] = (float)(x[i * dim + d] * factor);
	}
}

static int
reserve(struct knn *s)
{
	const size_t dim = s->train->dim, n = s->train->n;
	const size_t threads = (size_t)pool_threads(s->pool);
	const size_t tall = s->tile > KNN_BLOCK ? s->tile : KNN_BLOCK;
	size_t size;

	if (num_mul(tall, dim, &size) < 0 ||
	    num_mul(size, sizeof(float), &size) < 0)
		return fail_last();
	s->kernel = kernel_new(s->pool);
	if (s->kernel == NULL)
		return fail_last();
	s->dev_query = kernel_alloc(s->kernel, KNN_BLOCK * dim);
	s->dev_train = kernel_alloc(s->kernel, s->tile * dim);
	s->dev_product = kernel_alloc(s->kernel, KNN_BLOCK * s->tile);
	if (s->dev_query == NULL || s->dev_train == NULL ||
	    s->dev_product == NULL)
		return fail_last();
	s->scaled = malloc(size);
	s->inverse = malloc(n * sizeof(*s->inverse));
	s->shift = malloc(n * sizeof(*s->shift));
	s->reach = malloc(n * sizeof(*s->reach));
	s->product = malloc(KNN_BLOCK * s->tile * sizeof(*s->product));
	s->candidates = malloc(threads * s->tile * sizeof(*s->candidates));
	s->have = malloc(KNN_BLOCK * sizeof(*s->have));
	s->query_inverse = malloc(KNN_BLOCK * sizeof(*s->query_inverse));
	s->query_shift = malloc(KNN_BLOCK * sizeof(*s->query_shift));
	s->query_reach = malloc(KNN_BLOCK * sizeof(*s->query_reach));
	if (s->scaled == NULL || s->inverse == NULL || s->shift == NULL ||
	    s->reach == NULL || s->product == NULL || s->candidates == NULL ||
	    s->have == NULL || s->query_inverse == NULL ||
	    s->query_shift == NULL || s->query_reach == NULL)
		return fail_memory(size);
	return 0;
}

/*
 * A float sum of D products is off by at most D 2^-24 sum |a b| to first
 * order, in whatever order it is made, and sum |a b| <= |a| |b|; then come
 * two more factors, a limit and the comparison.  1.01 covers the higher orders.
 */
static double
float_margin(size_t dim)
{
	return 1.01 * (double)(dim + 8) * 0x1p-24;
}

struct knn *
knn_new(const struct features *train, size_t k, struct pool *pool)
{
	struct knn *s;

	if (k < 1 || k > train->n) {
		fail(FAIL_USAGE, "k is %zu, but there are only %zu training "
		    "rows; choose a smaller --k",
		    k, train->n);
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL) {
		fail_memory(sizeof(*s));
		return NULL;
	}
	s->train = train;
	s->pool = pool;
	s->k = k;
	s->tile = train->n < TILE ? train->n : TILE;
	s->margin = float_margin(train->dim);
	if (reserve(s) < 0) {
		knn_free(s);
		return NULL;
	}
	for (size_t i = 0; i < train->n; i++)
		measure(train->x + i * train->dim, train->dim, &s->inverse[i],
		    &s->shift[i], &s->reach[i]);
	return s;
}

static bool
nearer(const struct neighbour *a, const struct neighbour *b)
{
	if (a->similarity != b->similarity)
		return a->similarity > b->similarity;
	return a->row < b->row;
}

static void
swap(struct neighbour *a, struct neighbour *b)
{
	const struct neighbour t = *a;

	*a = *b;
	*b = t;
}

/* heap [n] with the farthest at the root; heap[at] may be too near. */
static void
sift_down(struct neighbour *heap, size_t n, size_t at)
{
	for (;;) {
		size_t next = 2 * at + 1;

		if (next >= n)
			return;
		if (next + 1 < n && nearer(&heap[next], &heap[next + 1]))
			next++;
		if (!nearer(&heap[at], &heap[next]))
			return;
		swap(&heap[at], &heap[next]);
		at = next;
	}
}

static void
sift_up(struct neighbour *heap, size_t at)
{
	while (at > 0 && nearer(&heap[(at - 1) / 2], &heap[at])) {
		swap(&heap[(at - 1) / 2], &heap[at]);
		at = (at - 1) / 2;
	}
}

/* Keeps the k nearest of what was offered. */
static void
offer(struct neighbour *heap, size_t *have, size_t k, struct neighbour x)
{
	if (*have < k) {
		heap[*have] = x;
		sift_up(heap, (*have)++);
	} else if (nearer(&x, &heap[0])) {
		heap[0] = x;
		sift_down(heap, k, 0);
	}
}

/* The kth largest similarity, 1 <= k <= n; c [n] is put into another order
 * (Hoare's selection). */
static float
kth_largest(struct candidate *c, size_t n, size_t k)
{
	const ptrdiff_t at = (ptrdiff_t)k - 1;
	ptrdiff_t low = 0, high = (ptrdiff_t)n - 1;

	while (low < high) {
		const float pivot = c[at].similarity;
		ptrdiff_t i = low, j = high;

		while (i <= j) {
			while (c[i].similarity > pivot)
				i++;
			while (c[j].similarity < pivot)
				j--;
			if (i <= j) {
				const struct candidate t = c[i];

				c[i++] = c[j];
				c[j--] = t;
			}
		}
		if (j < at)
			low = i;
		if (at < i)
			high = j;
	}
	return c[at].similarity;
}

/* Those of a tile that may belong to the k nearest: c is written. */
static size_t
gather(const struct knn *s, size_t query, const float *product,
    struct candidate *c)
{
	const struct neighbour *heap = s->near + query * s->k;
	const float *reach = s->reach + s->begin;
	const float scale = s->query_reach[query];
	const float least = s->have[query] < s->k ? -HUGE_VALF :
	    (float)(heap[0].similarity - s->margin);
	size_t n = 0;

	for (size_t j = 0; j < s->n_train; j++) {
		const float similarity = product[j] * reach[j] * scale;

		c[n].similarity = similarity;
		c[n].row = s->begin + j;
		n += similarity >= least;
	}
	return n;
}

static void
search_tile(void *arg, size_t query, int worker)
{
	struct knn *s = arg;
	const size_t dim = s->train->dim;
	const float *x = s->x + query * dim;
	struct candidate *c = s->candidates + (size_t)worker * s->tile;
	const size_t n = gather(s, query, s->product + query * s->n_train, c);
	double least = -HUGE_VAL;

	/* The tile's own kth is as good a limit, give or take the error. */
	if (n > s->k)
		least = kth_largest(c, n, s->k) - 2 * s->margin;
	for (size_t i = 0; i < n; i++) {
		const size_t row = c[i].row;

		if (c[i].similarity < least)
			continue;
		offer(s->near + query * s->k, &s->have[query], s->k,
		    (struct neighbour){ dot(x, s->train->x + row * dim, dim) *
		    (s->inverse[row] * s->query_inverse[query]), row });
	}
}

static int
compare(const void *a, const void *b)
{
	return nearer(a, b) ? -1 : nearer(b, a) ? 1 : 0;
}

static void
sort_near(void *arg, size_t query, int worker)
{
	struct knn *s = arg;

	(void)worker;
	qsort(s->near + query * s->k, s->k, sizeof(*s->near), compare);
}

void
knn_search(struct knn *s, const float *x, size_t n, struct neighbour *near)
{
	const size_t dim = s->train->dim;

	s->x = x;
	s->near = near;
	for (size_t i = 0; i < n; i++) {
		s->have[i] = 0;
		measure(x + i * dim, dim, &s->query_inverse[i],
		    &s->query_shift[i], &s->query_reach[i]);
	}
	scale_rows(s->scaled, x, n, dim, s->query_shift);
	kernel_upload(s->kernel, s->dev_query, s->scaled, n * dim);
	for (s->begin = 0; s->begin < s->train->n; s->begin += s->n_train) {
		const size_t left = s->train->n - s->begin;

		s->n_train = left < s->tile ? left : s->tile;
		scale_rows(s->scaled, s->train->x + s->begin * dim,
		    s->n_train, dim, s->shift + s->begin);
		kernel_upload(s->kernel, s->dev_train, s->scaled,
		    s->n_train * dim);
		kernel_product(s->kernel, s->dev_product, s->dev_query,
		    s->dev_train, (struct product){ .m = n, .n = s->n_train,
		    .k = dim, .transpose_b = true });
		kernel_download(s->kernel, s->product, s->dev_product,
		    n * s->n_train);
		pool_each(s->pool, n, search_tile, s);
	}
	pool_each(s->pool, n, sort_near, s);
}

void
knn_free(struct knn *s)
{
	if (s == NULL)
		return;
	if (s->kernel != NULL) {
		kernel_release(s->kernel, s->dev_query);
		kernel_release(s->kernel, s->dev_train);
		kernel_release(s->kernel, s->dev_product);
		kernel_free(s->kernel);
	}
	free(s->scaled);
	free(s->inverse);
	free(s->shift);
	free(s->reach);
	free(s->product);
	free(s->candidates);
	free(s->have);
	free(s->query_inverse);
	free(s->query_shift);
	free(s->query_reach);
	free(s);
}
