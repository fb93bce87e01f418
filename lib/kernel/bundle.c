/* SPDX-License-Identifier: MIT */
/*
 * bundle: rows in the order in which the tiles of simd_conv read them.
 *
 * Their numbers are cut into chunks of at most TILE_K, which follow one
 * another.  A left bundle's chunk has its rows TILE_LDA apart; a right one's
 * has panels of two vectors of rows, [chunk][2*lanes].
 */
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "kernel/cpu.h"

struct bundle {
	size_t n, dim;		/* rows, padded to whole tiles or panels */
	size_t chunk, chunks;	/* numbers of a chunk, the last may have less */
	size_t panel;		/* right: rows of one; left: 0 */
	float *data;
};

/* Numbers of the chunk. */
static size_t
width(const struct bundle *b, size_t chunk)
{
	const size_t from = chunk * b->chunk;

	return b->dim - from < b->chunk ? b->dim - from : b->chunk;
}

static float *
chunk_at(const struct bundle *b, size_t chunk)
{
	return b->data + chunk * b->n * (b->panel > 0 ? b->chunk : TILE_LDA);
}

struct bundle *
kernel_bundle_new(struct kernel *k, size_t n, size_t dim, bool right)
{
	struct bundle *b = calloc(1, sizeof(*b));
	size_t size;

	if (b == NULL) {
		fail_memory(sizeof(*b));
		return NULL;
	}
	b->dim = dim;
	b->chunks = (dim + TILE_K - 1) / TILE_K;
	b->chunk = (dim + b->chunks - 1) / b->chunks;
	b->panel = right ? (size_t)k->simd->lanes * 2 : 0;
	/* The last rows' tile may begin at any of them. */
	b->n = right ? round_up(n, b->panel) : n + (size_t)k->simd->rows;
	if (num_mul(b->n, right ? b->chunk : TILE_LDA, &size) < 0
	    || num_mul(size, b->chunks, &size) < 0
	    || (b->data = kernel_alloc(k, size)) == NULL) {
		free(b);
		return NULL;
	}
	return b;
}

void
kernel_bundle_free(struct kernel *k, struct bundle *b)
{
	if (b == NULL)
		return;
	kernel_release(k, b->data);
	free(b);
}

static void
put_left(struct bundle *b, size_t chunk, size_t at, const float *x, size_t n)
{
	const size_t numbers = width(b, chunk);
	float *to = chunk_at(b, chunk) + at * TILE_LDA;

	for (size_t i = 0; i < n; i++)
		memcpy(to + i * TILE_LDA, x + i * b->dim,
		    numbers * sizeof(*x));
}

static void
put_right(struct bundle *b, size_t chunk, size_t at, const float *x, size_t n)
{
	const size_t numbers = width(b, chunk), panel = b->panel;
	float *base = chunk_at(b, chunk);

	/* A few rows side by side, whose places are side by side too. */
	for (size_t i = 0, m; i < n; i += m) {
		float *to = base + (at + i) / panel * panel * numbers
		    + (at + i) % panel;
		const float *from = x + i * b->dim;

		m = panel - (at + i) % panel;
		m = m > n - i ? n - i : m;
		for (size_t j = 0; j < numbers; j++)
			for (size_t l = 0; l < m; l++)
				to[j * panel + l] = from[l * b->dim + j];
	}
}

void
kernel_bundle_put(struct kernel *k, struct bundle *b, size_t at,
    const float *x, size_t n)
{
	(void)k;
	for (size_t chunk = 0; chunk < b->chunks; chunk++) {
		if (b->panel > 0)
			put_right(b, chunk, at, x + chunk * b->chunk, n);
		else
			put_left(b, chunk, at, x + chunk * b->chunk, n);
	}
}

size_t
kernel_bundle_stride(const struct kernel *k, size_t n)
{
	return round_up(n, (size_t)k->simd->lanes);
}

size_t
kernel_bundle_room(const struct kernel *k, size_t m, size_t n)
{
	return round_up(m, (size_t)k->simd->rows) * kernel_bundle_stride(k, n);
}

void
kernel_bundle_product(struct kernel *k, float *c, const struct bundle *left,
    size_t at, size_t m, const struct bundle *right, size_t n)
{
	const size_t stride = kernel_bundle_stride(k, n);
	const size_t rows = round_up(m, (size_t)k->simd->rows);

	for (size_t i = 0; i < left->chunks; i++) {
		const size_t numbers = width(left, i);

		simd_conv[k->simd->set]->product(c, stride, chunk_at(left, i)
		    + at * TILE_LDA, chunk_at(right, i),
		    numbers * right->panel, (int)rows, (int)stride,
		    (int)numbers, i > 0);
	}
}
