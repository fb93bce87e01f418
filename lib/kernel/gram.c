/* SPDX-License-Identifier: MIT */
/*
 * gram: products of columns with each other.  Rows are copied next to one
 * another, a load that the cache holds at a time, so that strips of columns
 * find them there; each strip takes the columns left of it.
 */
#include <string.h>

#include "kernel/cpu.h"

#define LOAD_FLOATS ((size_t)1 << 18)	/* for the second-level cache */
#define NEAR ((size_t)128)	/* rows that the first-level cache holds */
#define STRIP ((size_t)32)	/* columns of one task */
#define UNIT ((size_t)16)	/* columns are padded to */

struct work {
	const struct simd *simd;
	float *g, *load;
	const float *x;
	size_t n, among, d, columns, lda;
	size_t at, rows;	/* of the load */
};

/* Rows of the load are not a power of two apart, nor a whole page. */
static size_t
apart(size_t d)
{
	return round_up(d, UNIT) + UNIT;
}

static size_t
load_rows(size_t d)
{
	const size_t rows = LOAD_FLOATS / apart(d);

	return rows < NEAR ? NEAR : rows - rows % NEAR;
}

size_t
kernel_gram_stride(size_t d)
{
	return round_up(d, UNIT);
}

int
kernel_gram_reserve(struct kernel *k, size_t d)
{
	return cpu_reserve(k, 0, load_rows(d) * apart(d));
}

static void
take_rows(void *arg, size_t first, size_t end, int worker)
{
	const struct work *w = arg;

	(void)worker;
	for (size_t i = first; i < end; i++) {
		const size_t row = (w->at + i) * w->among / w->n;
		float *to = w->load + i * w->lda;

		memcpy(to, w->x + row * w->d, w->d * sizeof(*to));
		memset(to + w->d, 0, (w->columns - w->d) * sizeof(*to));
	}
}

static void
add_strip(void *arg, size_t i, int worker)
{
	const struct work *w = arg;
	const size_t strips = (w->columns + STRIP - 1) / STRIP;
	/* The longest first. */
	const size_t at = (strips - 1 - i) * STRIP;
	const size_t m = w->columns - at < STRIP ? w->columns - at : STRIP;

	(void)worker;
	for (size_t row = 0; row < w->rows; row += NEAR) {
		const size_t n = w->rows - row < NEAR ? w->rows - row : NEAR;
		const float *x = w->load + row * w->lda;

		simd_outer[w->simd->set]->block(w->g + at * w->columns,
		    w->columns, x + at, w->lda, x, w->lda, (int)n, (int)m,
		    (int)(at + m));
	}
}

void
kernel_gram(struct kernel *k, float *g, const float *x, size_t n, size_t among,
    size_t d)
{
	const size_t most = load_rows(d), columns = kernel_gram_stride(d);
	struct work w = { .simd = k->simd, .g = g, .x = x, .n = n,
		.among = among, .d = d, .columns = columns, .lda = apart(d) };

	w.load = cpu_partial(k, most * w.lda);
	memset(g, 0, columns * columns * sizeof(*g));
	for (; w.at < n; w.at += w.rows) {
		w.rows = n - w.at < most ? n - w.at : most;
		cpu_pieces(k, w.rows, 64, take_rows, &w);
		pool_each(k->pool, (columns + STRIP - 1) / STRIP, add_strip,
		    &w);
	}
}
