/* SPDX-License-Identifier: MIT */
#include "eval/knn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "kernel/kernel.h"

#define TILE ((size_t)512)	/* training rows in one product, … */
#define BAND ((size_t)256)	/* … and queries, at most */
#define FEW ((size_t)4)		/* rows of a product that are looked at */
#define SLICE ((size_t)1024)	/* queries that pass a tile while it is near */
#define LEAST_ROOM ((size_t)1024)	/* candidates a query has room for */
#define SLICE_ROOM ((size_t)1 << 22)	/* … and all of a slice, at most */
#define BINS ((size_t)256)	/* of similarities, to find the kth */
#define STRETCH ((size_t)16)	/* products looked at side by side */

struct candidate {
	float similarity;	/* as the float product has it */
	uint32_t row;
};

/* One thread's device and arrays. */
struct desk {
	struct pool *pool;	/* of this one thread */
	struct kernel *kernel;
	float *dev_query;	/* [slice,dim] */
	float *dev_train;	/* [tile,dim] */
	float *dev_product;	/* [band,tile] */
	float *product;		/* [FEW,tile] of it, here */
	float *scaled;		/* [max(tile,band),dim] rows near norm 1 */
	struct candidate *pending;	/* [slice,room] by row, rising */
	size_t *n_pending;	/* [slice] */
	size_t *settled;	/* [slice] of them, compared exactly */
	float *least;		/* [slice] similarities below are too far */
	size_t *have;		/* [slice] neighbours so far, of `near` */
	double *inverse;	/* [slice] of the queries, as below */
	int *shift;		/* [slice] */
	float *reach;		/* [slice] */
};

struct knn {
	const struct features *train;
	struct pool *pool;
	size_t k, tile, slice, room;
	double margin;		/* at most this far off is the float product */
	double *inverse;	/* [train n] 1 / norm, 0 for a row of zeros */
	int *shift;		/* [train n] the product has rows times 2^-shift, */
	float *reach;		/* [train n] and this is inverse 2^shift */
	struct desk *desks;	/* one a worker */
	int n_desks;

	/* The search under way. */
	const float *x;		/* [n,dim] */
	size_t n, share;	/* queries, and those of one task */
	struct neighbour *near;	/* [n,k] */
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

/* to [n,dim] = x times 2^-shift, exactly. */
static void
scale_rows(float *to, const float *x, size_t n, size_t dim, const int *shift)
{
	for (size_t i = 0; i < n; i++, to += dim, x += dim) {
		const double factor = ldexp(1, -shift[i]);
		const float same = (float)factor;

		if (abs(shift[i]) < 100)	/* a float can be such a factor */
			for (size_t d = 0; d < dim; d++)
				to[d] = x[d] * same;
		else
			for (size_t d = 0; d < dim; d++)
				to[d] = (float)(x[d] * factor);
	}
}

static int
furnish(struct desk *d, const struct knn *s)
{
	const size_t dim = s->train->dim;
	const size_t tall = s->tile > BAND ? s->tile : BAND;

	d->pool = pool_new(1);
	if (d->pool == NULL || (d->kernel = kernel_new(d->pool)) == NULL)
		return fail_last();
	d->dev_query = kernel_alloc(d->kernel, s->slice * dim);
	d->dev_train = kernel_alloc(d->kernel, s->tile * dim);
	d->dev_product = kernel_alloc(d->kernel, BAND * s->tile);
	if (d->dev_query == NULL || d->dev_train == NULL
	    || d->dev_product == NULL)
		return fail_last();
	d->product = malloc(FEW * s->tile * sizeof(*d->product));
	d->scaled = malloc(tall * dim * sizeof(*d->scaled));
	d->pending = malloc(s->slice * s->room * sizeof(*d->pending));
	d->n_pending = malloc(s->slice * sizeof(*d->n_pending));
	d->settled = malloc(s->slice * sizeof(*d->settled));
	d->least = malloc(s->slice * sizeof(*d->least));
	d->have = malloc(s->slice * sizeof(*d->have));
	d->inverse = malloc(s->slice * sizeof(*d->inverse));
	d->shift = malloc(s->slice * sizeof(*d->shift));
	d->reach = malloc(s->slice * sizeof(*d->reach));
	if (d->product == NULL || d->scaled == NULL || d->pending == NULL
	    || d->n_pending == NULL || d->settled == NULL || d->least == NULL || d->have == NULL
	    || d->inverse == NULL || d->shift == NULL || d->reach == NULL)
		return fail_memory(s->slice * s->room
		    * sizeof(*d->pending));
	return 0;
}

static int
reserve(struct knn *s)
{
	const size_t n = s->train->n;
	size_t size;

	if (num_mul(SLICE, s->train->dim * sizeof(float), &size) < 0)
		return fail_last();
	s->n_desks = pool_threads(s->pool);
	s->inverse = malloc(n * sizeof(*s->inverse));
	s->shift = malloc(n * sizeof(*s->shift));
	s->reach = malloc(n * sizeof(*s->reach));
	s->desks = calloc((size_t)s->n_desks, sizeof(*s->desks));
	if (s->inverse == NULL || s->shift == NULL || s->reach == NULL
	    || s->desks == NULL)
		return fail_memory(n * sizeof(*s->inverse));
	for (int i = 0; i < s->n_desks; i++)
		if (furnish(&s->desks[i], s) < 0)
			return fail_last();
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

#define PIECE ((size_t)1024)	/* training rows in one task */

static void
measure_piece(void *arg, size_t piece, int worker)
{
	struct knn *s = arg;
	const size_t from = piece * PIECE, dim = s->train->dim;
	const size_t end = s->train->n - from < PIECE ? s->train->n
	    : from + PIECE;

	(void)worker;
	for (size_t i = from; i < end; i++)
		measure(s->train->x + i * dim, dim, &s->inverse[i],
		    &s->shift[i], &s->reach[i]);
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
	s->train = train;
	s->pool = pool;
	s->k = k;
	s->tile = train->n < TILE ? train->n : TILE;
	s->room = 4 * k > LEAST_ROOM ? 4 * k : LEAST_ROOM;
	s->slice = SLICE_ROOM / s->room;
	s->slice = s->slice < 16 ? 16 : s->slice > SLICE ? SLICE : s->slice;
	s->margin = float_margin(train->dim);
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

/* A query at work: one of a desk's slice. */
struct query {
	const struct knn *s;
	struct desk *d;
	size_t q;		/* its place in the slice */
	const float *x;		/* [dim] */
	struct neighbour *near;	/* [k], a heap of d->have[q] */
};

/* Compares pending candidates exactly, those of rows before `end`; the k
 * nearest of all so far stay. */
static void
settle(const struct query *a, size_t end)
{
	const struct features *train = a->s->train;
	struct desk *d = a->d;
	const struct candidate *c = d->pending + a->q * a->s->room;
	size_t i = d->settled[a->q];

	for (; i < d->n_pending[a->q] && c[i].row < end; i++) {
		const size_t row = c[i].row;

		offer(a->near, &d->have[a->q], a->s->k, (struct neighbour){
		    dot(a->x, train->x + row * train->dim, train->dim)
		    * (a->s->inverse[row] * d->inverse[a->q]), row });
	}
	d->settled[a->q] = i;
}

/* All of them, which makes room. */
static void
settle_all(const struct query *a)
{
	struct desk *d = a->d;

	settle(a, a->s->train->n);
	d->n_pending[a->q] = d->settled[a->q] = 0;
	if (d->have[a->q] == a->s->k)
		d->least[a->q] = fmaxf(d->least[a->q],
		    (float)(a->near[0].similarity - a->s->margin));
}

/*
 * A similarity that k or more of c [n] reach, and few more: the least in the
 * fullest bins, which are equal parts of the range.  (Whatever rounding does
 * to a part's number, a larger similarity has no smaller one.)
 */
static float
reached_by(const struct candidate *c, size_t n, size_t k)
{
	float low = c[0].similarity, high = low, least[BINS], scale;
	uint32_t in[BINS] = { 0 };
	size_t bin = BINS, count = 0;

	for (size_t i = 1; i < n; i++) {
		low = c[i].similarity < low ? c[i].similarity : low;
		high = c[i].similarity > high ? c[i].similarity : high;
	}
	scale = (float)(BINS - 1) / (high - low);
	if (!(scale < HUGE_VALF))
		return low;
	for (size_t i = 0; i < n; i++) {
		const size_t b = (size_t)((c[i].similarity - low) * scale);

		if (in[b]++ == 0 || c[i].similarity < least[b])
			least[b] = c[i].similarity;
	}
	while (count < k)
		count += in[--bin];
	return least[bin];
}

/* Where k pending candidates are, others must be too, but for the error. */
static void
thin_out(const struct query *a)
{
	struct desk *d = a->d;
	struct candidate *c = d->pending + a->q * a->s->room;
	const size_t n = d->n_pending[a->q];
	size_t kept = 0;

	if (n <= a->s->k)
		return;
	d->least[a->q] = fmaxf(d->least[a->q],
	    (float)(reached_by(c, n, a->s->k) - 2 * a->s->margin));
	for (size_t i = 0; i < n; i++) {
		const struct candidate here = c[i];

		c[kept] = here;
		kept += here.similarity >= d->least[a->q];
	}
	d->n_pending[a->q] = kept;
}

/* What a product times `reach` must come to, lest the similarity be below
 * `least` by more than a rounding. */
static float
limit(float least, float scale)
{
	double t;

	if (!(scale > 0) || !(least > -HUGE_VALF))
		return -HUGE_VALF;
	t = least / (double)scale;
	return (float)(t - fabs(t) * 0x1p-21 - 0x1p-100);
}

static bool
any_reaches(const float *product, const float *reach, float t)
{
	float most[4];

	for (size_t j = 0; j < 4; j++)
		most[j] = product[j] * reach[j];
	for (size_t i = 4; i < STRETCH; i += 4)
		for (size_t j = 0; j < 4; j++) {
			const float s = product[i + j] * reach[i + j];

			most[j] = s > most[j] ? s : most[j];
		}
	most[0] = most[1] > most[0] ? most[1] : most[0];
	most[2] = most[3] > most[2] ? most[3] : most[2];
	return (most[2] > most[0] ? most[2] : most[0]) >= t;
}

/* Room for a stretch more; the limit may rise. */
static void
make_room(const struct query *a)
{
	thin_out(a);
	if (a->d->n_pending[a->q] > a->s->room / 2)
		settle_all(a);
}

/* Takes what may belong to the k nearest out of n products with the training
 * rows from `begin` on. */
static void
gather(const struct query *a, const float *product, size_t begin, size_t n)
{
	struct desk *d = a->d;
	struct candidate *c = d->pending + a->q * a->s->room;
	const float *reach = a->s->reach + begin;
	const float scale = d->reach[a->q];
	size_t pending;
	float t;

	if (d->n_pending[a->q] > a->s->room / 2)
		thin_out(a);
	pending = d->n_pending[a->q];
	t = limit(d->least[a->q], scale);
	for (size_t at = 0; at < n; at += STRETCH) {
		const size_t end = n - at < STRETCH ? n : at + STRETCH;

		if (end - at == STRETCH
		    && !any_reaches(product + at, reach + at, t))
			continue;
		if (pending + STRETCH > a->s->room) {
			d->n_pending[a->q] = pending;
			make_room(a);
			pending = d->n_pending[a->q];
			t = limit(d->least[a->q], scale);
		}
		for (size_t j = at; j < end; j++)
			if (product[j] * reach[j] >= t)
				c[pending++] = (struct candidate){
					product[j] * reach[j] * scale,
					(uint32_t)(begin + j) };
	}
	d->n_pending[a->q] = pending;
}

static int
compare(const void *a, const void *b)
{
	return nearer(a, b) ? -1 : nearer(b, a) ? 1 : 0;
}

/* The product of queries at..at+m-1 of a slice with a tile, a few rows at a
 * time, which are looked at while they are in the nearest cache. */
static void
gather_band(const struct knn *s, struct desk *d, size_t from, size_t at,
    size_t m, size_t begin, size_t rows)
{
	for (size_t i = 0; i < m; i++) {
		const size_t query = from + at + i;

		if (i % FEW == 0)
			kernel_download(d->kernel, d->product, d->dev_product
			    + i * rows, (m - i < FEW ? m - i : FEW) * rows);
		gather(&(struct query){ s, d, at + i, s->x + query
		    * s->train->dim, s->near + query * s->k }, d->product
		    + i % FEW * rows, begin, rows);
	}
}

/* The queries from..from+n-1 of the search against one tile. */
static void
search_tile(const struct knn *s, struct desk *d, size_t from, size_t n,
    size_t begin)
{
	const size_t dim = s->train->dim;
	const size_t rows = s->train->n - begin < s->tile
	    ? s->train->n - begin : s->tile;

	scale_rows(d->scaled, s->train->x + begin * dim, rows, dim,
	    s->shift + begin);
	kernel_upload(d->kernel, d->dev_train, d->scaled, rows * dim);
	for (size_t at = 0; at < n; at += BAND) {
		const size_t m = n - at < BAND ? n - at : BAND;

		kernel_product(d->kernel, d->dev_product, d->dev_query
		    + at * dim, d->dev_train, (struct product){ .m = m,
		    .n = rows, .k = dim, .transpose_b = true });
		gather_band(s, d, from, at, m, begin, rows);
	}
}

static void
begin_slice(const struct knn *s, struct desk *d, size_t from, size_t n)
{
	const size_t dim = s->train->dim;

	for (size_t at = 0; at < n; at += BAND) {
		const size_t m = n - at < BAND ? n - at : BAND;
		const float *x = s->x + (from + at) * dim;

		for (size_t i = at; i < at + m; i++) {
			measure(s->x + (from + i) * dim, dim, &d->inverse[i],
			    &d->shift[i], &d->reach[i]);
			d->n_pending[i] = d->settled[i] = d->have[i] = 0;
			d->least[i] = -HUGE_VALF;
		}
		scale_rows(d->scaled, x, m, dim, d->shift + at);
		kernel_upload(d->kernel, d->dev_query + at * dim, d->scaled,
		    m * dim);
	}
}

static void
search_slice(void *arg, size_t slice, int worker)
{
	const struct knn *s = arg;
	struct desk *d = &s->desks[worker];
	const size_t from = slice * s->share;
	const size_t n = s->n - from < s->share ? s->n - from : s->share;

	begin_slice(s, d, from, n);
	for (size_t begin = 0; begin < s->train->n; begin += s->tile)
		search_tile(s, d, from, n, begin);
	for (size_t i = 0; i < n; i++)
		thin_out(&(struct query){ .s = s, .d = d, .q = i });
	/* A tile's rows serve all queries while they are near. */
	for (size_t end = s->tile; end - s->tile < s->train->n;
	    end += s->tile)
		for (size_t i = 0; i < n; i++)
			settle(&(struct query){ s, d, i, s->x + (from + i)
			    * s->train->dim, s->near + (from + i) * s->k },
			    end);
	for (size_t i = 0; i < n; i++)
		qsort(s->near + (from + i) * s->k, s->k, sizeof(*s->near),
		    compare);
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
		kernel_release(d->kernel, d->dev_query);
		kernel_release(d->kernel, d->dev_train);
		kernel_release(d->kernel, d->dev_product);
		kernel_free(d->kernel);
	}
	pool_free(d->pool);
	free(d->product);
	free(d->scaled);
	free(d->pending);
	free(d->n_pending);
	free(d->settled);
	free(d->least);
	free(d->have);
	free(d->inverse);
	free(d->shift);
	free(d->reach);
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
	free(s->shift);
	free(s->reach);
	free(s);
}
