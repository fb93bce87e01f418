/* SPDX-License-Identifier: MIT */
/* conv_weight: the gradient of a convolution's weights. */
#include <string.h>

#include "kernel/cpu.h"
#include "kernel/gather.h"
#include "kernel/winograd.h"

/* A weight gradient is cut into about so many tasks. */
#define TASKS ((size_t)16)

/*
 * The weight gradient: [k,o] = gathered^T dy.  A task is a block of k and a
 * piece of the rows; pieces are added in order afterwards.
 */
struct weight_job {
	struct kernel *kernel;
	struct gather g;
	const float *x, *dy;
	float *partial;		/* [pieces][k rounded up][padded] */
	float *dw;
	float *dy_blocks;	/* [workers][TILE_ROWS][padded] */
	int o, padded, k, k_padded;
	size_t pieces, piece;	/* rows in a piece */
};

/* Rows of dy with zeros behind their last channel. */
static void
copy_padded(const struct weight_job *j, float *to, size_t first, size_t n)
{
	const size_t o = (size_t)j->o, padded = (size_t)j->padded;
	const float *from = j->dy + first * o;

	for (size_t i = 0; i < n; i++, from += o, to += padded)
		memcpy(to, from, o * sizeof(*to));
}

static void
weight_task(void *arg, size_t i, int worker)
{
	const struct weight_job *j = arg;
	const struct simd *simd = j->kernel->simd;
	const struct simd_conv *conv = simd_conv[simd->set];
	const struct simd_outer *outer = simd_outer[simd->set];
	const size_t rows = gather_rows(&j->g), padded = (size_t)j->padded;
	const int k0 = (int)(i / j->pieces) * TILE_K;
	const int now = j->k - k0 < TILE_K ? j->k - k0 : TILE_K;
	const size_t first = i % j->pieces * j->piece;
	const size_t end = rows - first < j->piece ? rows : first + j->piece;
	float *tile = j->kernel->tiles[worker];
	float *dy = j->dy_blocks + (size_t)worker * TILE_ROWS * padded;
	float *to = j->partial + (i % j->pieces * (size_t)j->k_padded
	    + (size_t)k0) * padded;

	memset(to, 0, round_up((size_t)now, (size_t)simd->rows) * padded
	    * sizeof(*to));
	for (size_t row = first; row < end; row += TILE_ROWS) {
		const size_t n = end - row < TILE_ROWS ? end - row : TILE_ROWS;
		const float *b = j->dy + row * padded;

		conv->gather(&j->g, tile, j->x, row, n, k0, now);
		if (j->padded != j->o) {
			copy_padded(j, dy, row, n);
			b = dy;
		}
		outer->tile(to, padded, tile, b, padded, (int)n, now,
		    j->padded);
	}
}

/* dw [o,c,taps] += the pieces' sum, for rows first..end of k.  The sum of a
 * row is made in the first piece's place. */
static void
weight_add(void *arg, size_t first, size_t end, int worker)
{
	const struct weight_job *j = arg;
	const struct simd_pass *pass = simd_pass[j->kernel->simd->set];
	const size_t taps = (size_t)j->g.n_taps;
	const size_t channels = (size_t)j->g.channels;
	const size_t padded = (size_t)j->padded;
	const size_t piece = (size_t)j->k_padded * padded;

	(void)worker;
	for (size_t k = first; k < end; k++) {
		float *sum = j->partial + k * padded;
		float *to = j->dw + k % channels * taps + k / channels;

		for (size_t p = 1; p < j->pieces; p++)
			pass->add(sum, sum + p * piece, padded);
		for (size_t o = 0; o < (size_t)j->o; o++)
			to[o * channels * taps] += sum[o];
	}
}

/* Pieces enough that blocks of k times pieces give every thread work. */
static size_t
count_pieces(size_t rows, size_t k)
{
	const size_t k_blocks = (k + TILE_K - 1) / TILE_K;
	const size_t blocks = (rows + TILE_ROWS - 1) / TILE_ROWS;
	const size_t pieces = (TASKS + k_blocks - 1) / k_blocks;

	return pieces < blocks ? pieces : blocks;
}

static void
weight_shape(struct weight_job *j, struct kernel *k, const struct conv *s)
{
	const size_t rows_of_tile = (size_t)k->simd->rows;
	size_t rows;

	gather_forward(&j->g, s);
	j->kernel = k;
	j->o = s->o;
	j->padded = (int)round_up((size_t)s->o, (size_t)k->simd->lanes);
	j->k = gather_k(&j->g);
	j->k_padded = (int)round_up((size_t)j->k, rows_of_tile);
	rows = gather_rows(&j->g);
	j->pieces = count_pieces(rows, (size_t)j->k);
	j->piece = round_up((rows + j->pieces - 1) / j->pieces, TILE_ROWS);
	j->pieces = (rows + j->piece - 1) / j->piece;
}

static size_t
weight_floats(const struct weight_job *j)
{
	return j->pieces * (size_t)j->k_padded * (size_t)j->padded;
}

void
kernel_conv_backward_weight(struct kernel *k, float *dw, const float *x,
    const float *dy, const struct conv *s)
{
	struct weight_job j;
	const size_t workers = (size_t)pool_threads(k->pool);
	size_t dy_floats;

	if (winograd_fits(s)) {
		winograd_backward_weight(k, dw, x, dy, s);
		return;
	}
	weight_shape(&j, k, s);
	j.x = x;
	j.dy = dy;
	j.dw = dw;
	j.partial = cpu_partial(k, weight_floats(&j));
	dy_floats = workers * TILE_ROWS * (size_t)j.padded;
	j.dy_blocks = cpu_packed(k, dy_floats);
	if (j.padded != j.o)
		memset(j.dy_blocks, 0, dy_floats * sizeof(*j.dy_blocks));
	pool_each(k->pool, (size_t)((j.k + TILE_K - 1) / TILE_K) * j.pieces,
	    weight_task, &j);
	cpu_pieces(k, (size_t)j.k, 16, weight_add, &j);
}

int
conv_reserve_weight(struct kernel *k, const struct conv *s)
{
	struct weight_job j;

	weight_shape(&j, k, s);
	return cpu_reserve(k, (size_t)pool_threads(k->pool) * TILE_ROWS
	    * (size_t)j.padded, weight_floats(&j));
}
