/* SPDX-License-Identifier: MIT */
#include "eval/knn.h"

#include <stdlib.h>

#include "base/clones.h"
#include "base/num.h"
#include "eval/keep.h"
#include "kernel/kernel.h"

#define TILE ((size_t)256)	/* training rows in one product, … */
#define BAND ((size_t)126)	/* … and queries, at most: whole tiles of any
				 * instruction set */
#define STEP ((size_t)32)	/* rows brought to norm 1 at a time */
#define SETTLE ((size_t)2048)	/* training rows compared exactly in a pass */
#define FEW ((size_t)4)		/* rows of a product that are looked at */
#define SLICE ((size_t)5120)	/* queries that pass a tile while it is near:
				 * 10,000 on two threads are one search */
#define SLICE_FLOATS ((size_t)16 << 20)	/* numbers of a slice, at most */
#define SLICE_ROOM ((size_t)5 << 20)	/* candidates of a slice, at most */

/* One thread's device and arrays. */
struct desk {
	struct pool *pool;	/* of this one thread */
	struct kernel *kernel;
	struct bundle *query;	/* the slice's, of norm 1 */
	struct bundle *train;	/* the tile's, of norm 1 */
	float *dev_product;	/* of a band and a tile */
	float *product;		/* [FEW,tile's stride] room to look at it */
	float *scaled;		/* [STEP,dim] rows of norm 1 */
	double *inverse;	/* [slice] the queries' */
	struct keep *keeps;	/* [slice] */
	struct candidate *pending;	/* [slice,room] */
};

struct knn {
	struct keep_rule rule;
	struct pool *pool;
	size_t tile, slice;
	double *inverse;	/* the rule's */
	struct desk *desks;	/* one a worker */
	int n_desks;

	/* The search under way. */
	const float *x;		/* [n,dim] */
	size_t n, share;	/* queries, and those of one task */
	struct neighbour *near;	/* [n,k] */
};

/* to [dim] = x times `inverse`. */
CLONES static void
scale_row(float *to, const float *x, size_t dim, double inverse)
{
	for (size_t d = 0; d < dim; d++)
		to[d] = (float)(x[d] * inverse);
}

static int
furnish(struct desk *d, const struct knn *s)
{
	const size_t dim = s->rule.train->dim, room = s->rule.room;

	d->pool = pool_new(1);
	if (d->pool == NULL || (d->kernel = kernel_new(d->pool)) == NULL)
		return fail_last();
	d->query = kernel_bundle_new(d->kernel, s->slice, dim, false);
	d->train = kernel_bundle_new(d->kernel, s->tile, dim, true);
	d->dev_product = kernel_alloc(d->kernel, kernel_bundle_room(d->kernel,
	    BAND, s->tile));
	if (d->query == NULL || d->train == NULL || d->dev_product == NULL)
		return fail_last();
	d->product = malloc(FEW * kernel_bundle_stride(d->kernel, s->tile)
	    * sizeof(*d->product));
	d->scaled = malloc(STEP * dim * sizeof(*d->scaled));
	d->inverse = malloc(s->slice * sizeof(*d->inverse));
	d->keeps = malloc(s->slice * sizeof(*d->keeps));
	d->pending = malloc(s->slice * room * sizeof(*d->pending));
	if (d->product == NULL || d->scaled == NULL || d->inverse == NULL
	    || d->keeps == NULL || d->pending == NULL)
		return fail_memory(s->slice * room * sizeof(*d->pending));
	return 0;
}

static int
reserve(struct knn *s)
{
	const size_t n = s->rule.train->n;
	size_t size;

	if (num_mul(SLICE, s->rule.train->dim * sizeof(float), &size) < 0)
		return fail_last();
	s->n_desks = pool_threads(s->pool);
	s->rule.inverse = s->inverse = malloc(n * sizeof(*s->inverse));
	s->desks = calloc((size_t)s->n_desks, sizeof(*s->desks));
	if (s->inverse == NULL || s->desks == NULL)
		return fail_memory(n * sizeof(*s->inverse));
	for (int i = 0; i < s->n_desks; i++)
		if (furnish(&s->desks[i], s) < 0)
			return fail_last();
	return 0;
}

#define PIECE ((size_t)1024)	/* training rows in one task */

static void
measure_piece(void *arg, size_t piece, int worker)
{
	struct knn *s = arg;
	const struct features *train = s->rule.train;
	const size_t from = piece * PIECE;
	const size_t end = train->n - from < PIECE ? train->n : from + PIECE;

	(void)worker;
	for (size_t i = from; i < end; i++)
		s->inverse[i] = keep_inverse(train->x + i * train->dim,
		    train->dim);
}

/* Queries of a slice: fewer where a row or its candidates are many. */
static size_t
slice_of(size_t room, size_t dim)
{
	const size_t wide = SLICE_FLOATS / (dim > 0 ? dim : 1);
	size_t n = SLICE_ROOM / room;

	n = n < wide ? n : wide;
	return n < 16 ? 16 : n > SLICE ? SLICE : n;
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
	if (train->n > UINT32_MAX) {
		fail(FAIL_LIMIT, "%zu training rows; 2^32 - 1 are possible",
		    train->n);
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL) {
		fail_memory(sizeof(*s));
		return NULL;
	}
	s->rule = (struct keep_rule){ .train = train, .k = k,
		.room = keep_room(k), .margin = keep_margin(train->dim) };
	s->pool = pool;
	s->tile = train->n < TILE ? train->n : TILE;
	s->slice = slice_of(s->rule.room, train->dim);
	if (reserve(s) < 0) {
		knn_free(s);
		return NULL;
	}
	pool_each(pool, (train->n + PIECE - 1) / PIECE, measure_piece, s);
	return s;
}

size_t
knn_block(const struct knn *s)
{
	return s->slice * (size_t)s->n_desks;
}

/* The product of queries at..at+m-1 of a slice with a tile, a few rows at a
 * time, which are looked at while they are near. */
static void
offer_band(const struct knn *s, struct desk *d, size_t at, size_t m,
    size_t begin, size_t rows)
{
	const size_t stride = kernel_bundle_stride(d->kernel, rows);
	const float *p = NULL;

	for (size_t i = 0; i < m; i++, p += stride) {
		if (i % FEW == 0)
			p = kernel_look(d->kernel, d->dev_product + i * stride,
			    (m - i < FEW ? m - i : FEW) * stride, d->product);
		keep_offer(&d->keeps[at + i], &s->rule, p, begin, rows);
	}
}

/* Rows at..at+n-1 of the bundle become those of x [n,dim] times what is their
 * own in `inverse`. */
static void
put(struct desk *d, struct bundle *b, const float *x, size_t dim,
    const double *inverse, size_t n)
{
	for (size_t at = 0, few; at < n; at += few) {
		few = n - at < STEP ? n - at : STEP;
		for (size_t i = 0; i < few; i++)
			scale_row(d->scaled + i * dim, x + (at + i) * dim, dim,
			    inverse[at + i]);
		kernel_bundle_put(d->kernel, b, at, d->scaled, few);
	}
}

/* The n queries of a slice against one tile. */
static void
search_tile(const struct knn *s, struct desk *d, size_t n, size_t begin)
{
	const struct features *train = s->rule.train;
	const size_t rows = train->n - begin < s->tile ? train->n - begin
	    : s->tile;

	put(d, d->train, train->x + begin * train->dim, train->dim,
	    s->inverse + begin, rows);
	for (size_t at = 0; at < n; at += BAND) {
		const size_t m = n - at < BAND ? n - at : BAND;

		kernel_bundle_product(d->kernel, d->dev_product, d->query, at,
		    m, d->train, rows);
		offer_band(s, d, at, m, begin, rows);
	}
}

static void
begin_slice(const struct knn *s, struct desk *d, size_t from, size_t n)
{
	const size_t dim = s->rule.train->dim;

	for (size_t i = 0; i < n; i++) {
		struct keep *q = &d->keeps[i];

		keep_begin(q, &s->rule, s->x + (from + i) * dim,
		    s->near + (from + i) * s->rule.k,
		    d->pending + i * s->rule.room);
		d->inverse[i] = q->inverse;
	}
	put(d, d->query, s->x + from * dim, dim, d->inverse, n);
}

static void
search_slice(void *arg, size_t slice, int worker)
{
	const struct knn *s = arg;
	struct desk *d = &s->desks[worker];
	const size_t from = slice * s->share, rows = s->rule.train->n;
	const size_t n = s->n - from < s->share ? s->n - from : s->share;

	begin_slice(s, d, from, n);
	for (size_t begin = 0; begin < rows; begin += s->tile)
		search_tile(s, d, n, begin);
	for (size_t i = 0; i < n; i++)
		keep_thin(&d->keeps[i], &s->rule);
	/* Rows serve all queries while they are near. */
	for (size_t end = SETTLE; end - SETTLE < rows; end += SETTLE)
		for (size_t i = 0; i < n; i++)
			keep_settle(&d->keeps[i], &s->rule, end);
	for (size_t i = 0; i < n; i++)
		keep_end(&d->keeps[i], &s->rule);
}

void
knn_search(struct knn *s, const float *x, size_t n, struct neighbour *near)
{
	const size_t threads = (size_t)s->n_desks;

	s->x = x;
	s->near = near;
	s->n = n;
	s->share = (n + threads - 1) / threads;
	pool_each(s->pool, (n + s->share - 1) / s->share, search_slice, s);
}

static void
clear(struct desk *d)
{
	if (d->kernel != NULL) {
		kernel_bundle_free(d->kernel, d->query);
		kernel_bundle_free(d->kernel, d->train);
		kernel_release(d->kernel, d->dev_product);
		kernel_free(d->kernel);
	}
	pool_free(d->pool);
	free(d->product);
	free(d->scaled);
	free(d->inverse);
	free(d->keeps);
	free(d->pending);
}

void
knn_free(struct knn *s)
{
	if (s == NULL)
		return;
	for (int i = 0; s->desks != NULL && i < s->n_desks; i++)
		clear(&s->desks[i]);
	free(s->desks);
	free(s->inverse);
	free(s);
}
