/* SPDX-License-Identifier: MIT */
#include "eval/keep.h"

#include <math.h>
#include <stdlib.h>

#include "base/clones.h"
#include "eval/dot.h"

#define LEAST_ROOM ((size_t)1024)
#define BINS ((size_t)256)	/* of similarities, to find the kth */
#define STRETCH ((size_t)32)	/* products looked at side by side: bits */

size_t
keep_room(size_t k)
{
	return 4 * k > LEAST_ROOM ? 4 * k : LEAST_ROOM;
}

/*
 * A float sum of D products is off by at most D 2^-24 sum |a b| to first
 * order, in whatever order it is made, and sum |a b| <= |a| |b|; then come
 * the roundings of a and b when they are brought to norm 1, and that of the
 * limit.  1.01 covers the higher orders.
 */
double
keep_margin(size_t dim)
{
	return 1.01 * (double)(dim + 8) * 0x1p-24;
}

double
keep_inverse(const float *x, size_t dim)
{
	const double norm = sqrt(eval_dot_floats(x, x, dim, x));

	return norm > 0 ? 1 / norm : 0;
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

/* Keeps the k nearest of what was pushed; they are a heap from the kth on. */
static void
push(struct keep *q, size_t k, struct neighbour x)
{
	if (q->have < k) {
		q->near[q->have++] = x;
		for (size_t at = q->have == k ? k / 2 : 0; at-- > 0;)
			sift_down(q->near, k, at);
	} else if (nearer(&x, &q->near[0])) {
		q->near[0] = x;
		sift_down(q->near, k, 0);
	}
}

void
keep_begin(struct keep *q, const struct keep_rule *r, const float *x,
    struct neighbour *near, struct candidate *pending)
{
	*q = (struct keep){ .x = x, .near = near, .pending = pending,
		.inverse = keep_inverse(x, r->train->dim),
		.least = -HUGE_VALF };
}

/* A multiple of 2^-44: far coarser than what a double sum of products loses,
 * so that equal directions are equally near, and far finer than margins. */
static double
rounded(double similarity)
{
	return rint(similarity * 0x1p44) * 0x1p-44;
}

void
keep_settle(struct keep *q, const struct keep_rule *r, size_t end)
{
	const size_t dim = r->train->dim;

	while (q->settled < q->n_pending
	    && q->pending[q->settled].row < end) {
		const size_t row = q->pending[q->settled++].row;
		const size_t next = q->settled < q->n_pending
		    ? q->pending[q->settled].row : row;

		push(q, r->k, (struct neighbour){
		    rounded(eval_dot_floats(q->x, r->train->x + row * dim,
		    dim, r->train->x + next * dim)
		    * (r->inverse[row] * q->inverse)), row });
	}
}

/* All of them, which makes room. */
static void
settle_all(struct keep *q, const struct keep_rule *r)
{
	keep_settle(q, r, r->train->n);
	q->n_pending = q->settled = 0;
	if (q->have == r->k)
		q->least = fmaxf(q->least, (float)(q->near[0].similarity
		    - r->margin));
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
	for (size_t b = 0; b < BINS; b++)
		least[b] = high;
	for (size_t i = 0; i < n; i++) {
		const float here = c[i].similarity;
		const size_t b = (size_t)(int)((here - low) * scale);

		in[b]++;
		least[b] = here < least[b] ? here : least[b];
	}
	while (count < k)
		count += in[--bin];
	return least[bin];
}

/* Where k candidates are, others must be too, but for the error. */
void
keep_thin(struct keep *q, const struct keep_rule *r)
{
	const size_t n = q->n_pending;
	size_t kept = 0;

	if (n <= r->k)
		return;
	q->least = fmaxf(q->least, (float)(reached_by(q->pending, n, r->k)
	    - 2 * r->margin));
	for (size_t i = 0; i < n; i++) {
		const struct candidate here = q->pending[i];

		q->pending[kept] = here;
		kept += here.similarity >= q->least;
	}
	q->n_pending = kept;
}

/* Room for a stretch more; the limit may rise. */
static void
make_room(struct keep *q, const struct keep_rule *r)
{
	keep_thin(q, r);
	if (q->n_pending > r->room / 2)
		settle_all(q, r);
}

/* How far from products [n] on it goes until a stretch has some that reach
 * the limit, and which (bit j is its jth product).  The end may be short of a
 * stretch; its products are not looked at. */
CLONES static size_t
skip(const float *products, size_t n, float least, uint32_t *which)
{
	size_t at = 0;

	for (*which = 0; at + STRETCH <= n; at += STRETCH) {
		uint32_t reach = 0;

		for (uint32_t j = 0; j < STRETCH; j++)
			reach |= (uint32_t)(products[at + j] >= least) << j;
		if (reach != 0) {
			*which = reach;
			break;
		}
	}
	return at;
}

/* The same of a rest that is shorter than a stretch. */
static uint32_t
rest(const float *products, size_t n, float least)
{
	uint32_t reach = 0;

	for (size_t j = 0; j < n; j++)
		reach |= (uint32_t)(products[j] >= least) << j;
	return reach;
}

void
keep_offer(struct keep *q, const struct keep_rule *r, const float *products,
    size_t from, size_t n)
{
	if (q->n_pending > r->room / 2)
		keep_thin(q, r);
	for (size_t at = 0; at < n; at += STRETCH) {
		uint32_t which;

		at += skip(products + at, n - at, q->least, &which);
		if (n - at < STRETCH)
			which = rest(products + at, n - at, q->least);
		if (q->n_pending + STRETCH > r->room)
			make_room(q, r);
		for (; which != 0; which &= which - 1) {
			const size_t i = at + (size_t)__builtin_ctz(which);

			q->pending[q->n_pending++] = (struct candidate){
				products[i], (uint32_t)(from + i) };
		}
	}
}

/* They are a heap: the farthest goes behind the others, again and again. */
void
keep_end(struct keep *q, const struct keep_rule *r)
{
	for (size_t n = r->k; n-- > 1;) {
		swap(&q->near[0], &q->near[n]);
		sift_down(q->near, n, 0);
	}
}
