/* SPDX-License-Identifier: MIT */
/* conv: convolutions by gathered tiles (gather.h) and register-blocked
 * products (simd_tiles.h). */
#include <string.h>

#include "kernel/cpu.h"
#include "kernel/gather.h"

/* Results of a block of rows are kept in the cache: at most so many. */
#define BLOCK_FLOATS ((size_t)1 << 16)

/* Sums of a weight gradient over pieces of the batch: at most so many
 * numbers in all, and at most so many pieces. */
#define PARTIAL_FLOATS ((size_t)1 << 22)
#define MOST_PIECES 16

int
conv_extent(const struct conv *s, int extent)
{
	return (extent + 2 * s->pad - s->size) / s->stride + 1;
}

/* The product of one gather: c [rows,columns] = gathered [rows,k] packed. */
struct job {
	const struct simd *simd;
	struct kernel *kernel;
	struct gather g;
	const float *source;
	const float *packed;		/* [k blocks][panels][<=TILE_K][2*lanes] */
	float *blocks;			/* results, one block a worker */
	float *to;
	int columns, padded;		/* of the result; in whole vectors */
	size_t block;			/* rows a task */
	bool accumulate;
};

static size_t
packed_floats(const struct simd *simd, int k, int columns)
{
	return (size_t)k * round_up((size_t)columns, 2 * (size_t)simd->lanes);
}

/* Rows of a block: whole tiles that fit the tile buffer and the cache. */
static size_t
block_rows(const struct simd *simd, int padded)
{
	const size_t tile = (size_t)simd->rows;
	size_t rows = BLOCK_FLOATS / (size_t)padded;

	rows = rows < TILE_ROWS ? rows : TILE_ROWS;
	rows -= rows % tile;
	return rows > tile ? rows : tile;
}

static void
store_rows(const struct job *j, const float *block, size_t first, size_t n)
{
	const size_t columns = (size_t)j->columns;

	for (size_t i = 0; i < n; i++, block += j->padded) {
		float *to = j->to + gather_target(&j->g, first + i) * columns;

		if (j->accumulate)
			j->simd->add(to, block, columns);
		else
			memcpy(to, block, columns * sizeof(*to));
	}
}

static void
job_block(void *arg, size_t first, size_t end, int worker)
{
	const struct job *j = arg;
	const int k = gather_k(&j->g);
	const size_t panel = 2 * (size_t)j->simd->lanes;
	const size_t packed_columns = round_up((size_t)j->columns, panel);
	float *tile = j->kernel->tiles[worker];
	float *block = j->blocks + (size_t)worker * j->block
	    * (size_t)j->padded;

	for (int k0 = 0; k0 < k; k0 += TILE_K) {
		const int now = k - k0 < TILE_K ? k - k0 : TILE_K;

		gather_tile(&j->g, tile, j->source, first, end - first, k0,
		    now);
		j->simd->tile_product(block, (size_t)j->padded, tile,
		    j->packed + (size_t)k0 * packed_columns,
		    (size_t)now * panel, (int)(end - first), j->padded, now,
		    k0 > 0);
	}
	if (k == 0)
		memset(block, 0, j->block * (size_t)j->padded
		    * sizeof(*block));
	store_rows(j, block, first, end - first);
}

static void
run_job(struct job *j)
{
	cpu_pieces(j->kernel, gather_rows(&j->g), j->block, job_block, j);
}

/* Where number `i` of the gathered row meets column `column` of the result in
 * the weights [o,c,size,size]. */
struct packing {
	const struct simd *simd;
	const struct gather *g;
	const float *w;
	float *packed;
	int columns, k;
	size_t by_channel, by_column;	/* strides in w */
};

static void
pack_panel(void *arg, size_t i, int worker)
{
	const struct packing *p = arg;
	const size_t panel = 2 * (size_t)p->simd->lanes;
	const size_t panels = round_up((size_t)p->columns, panel) / panel;
	const int k0 = (int)(i / panels) * TILE_K;
	const int now = p->k - k0 < TILE_K ? p->k - k0 : TILE_K;
	const size_t first = i % panels * panel;
	float *to = p->packed + ((size_t)k0 * panels
	    + i % panels * (size_t)now) * panel;

	(void)worker;
	for (int kk = k0; kk < k0 + now; kk++) {
		const float *w = p->w + (size_t)(kk % p->g->channels)
		    * p->by_channel
		    + (size_t)p->g->tap[kk / p->g->channels];

		for (size_t j = first; j < first + panel; j++)
			*to++ = j < (size_t)p->columns
			    ? w[j * p->by_column] : 0;
	}
}

static void
pack(struct kernel *k, const struct gather *g, const float *w, int columns,
    size_t by_channel, size_t by_column, float *packed)
{
	struct packing p = { .simd = k->simd, .g = g, .w = w,
		.packed = packed, .columns = columns, .k = gather_k(g),
		.by_channel = by_channel, .by_column = by_column };
	const size_t panel = 2 * (size_t)k->simd->lanes;

	pool_each(k->pool, (size_t)((p.k + TILE_K - 1) / TILE_K)
	    * (round_up((size_t)columns, panel) / panel), pack_panel, &p);
}

static void
job_begin(struct job *j, struct kernel *k, float *to, const float *source,
    int columns, bool accumulate)
{
	j->simd = k->simd;
	j->kernel = k;
	j->source = source;
	j->to = to;
	j->columns = columns;
	j->padded = (int)round_up((size_t)columns, (size_t)k->simd->lanes);
	j->block = block_rows(k->simd, j->padded);
	j->accumulate = accumulate;
	j->blocks = cpu_partial(k, (size_t)pool_threads(k->pool) * j->block
	    * (size_t)j->padded);
}

void
kernel_conv_forward(struct kernel *k, float *y, const float *x,
    const float *w, const struct conv *s)
{
	const size_t taps = (size_t)s->size * (size_t)s->size;
	struct job j;
	float *packed;

	gather_forward(&j.g, s);
	job_begin(&j, k, y, x, s->o, false);
	packed = cpu_packed(k, packed_floats(k->simd, gather_k(&j.g), s->o));
	pack(k, &j.g, w, s->o, taps, (size_t)s->c * taps, packed);
	j.packed = packed;
	run_job(&j);
}

void
kernel_conv_backward_data(struct kernel *k, float *dx, const float *dy,
    const float *w, const struct conv *s, bool accumulate)
{
	const size_t taps = (size_t)s->size * (size_t)s->size;
	float *packed = cpu_packed(k, packed_floats(k->simd,
	    s->o * (int)taps, s->c));

	for (int h0 = 0; h0 < s->stride && h0 < s->h; h0++) {
		for (int w0 = 0; w0 < s->stride && w0 < s->w; w0++) {
			struct job j;

			gather_backward(&j.g, s, h0, w0);
			if (accumulate && j.g.n_taps == 0)
				continue;
			job_begin(&j, k, dx, dy, s->c, accumulate);
			pack(k, &j.g, w, s->c, (size_t)s->c * taps, taps,
			    packed);
			j.packed = packed;
			run_job(&j);
		}
	}
}

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

		gather_tile(&j->g, tile, j->x, row, n, k0, now);
		if (j->padded != j->o) {
			copy_padded(j, dy, row, n);
			b = dy;
		}
		simd->tile_outer(to, padded, tile, b, padded, (int)n, now,
		    j->padded);
	}
}

/* dw [o,c,taps] += the pieces' sum, for one row of k. */
static void
weight_add(void *arg, size_t first, size_t end, int worker)
{
	const struct weight_job *j = arg;
	const size_t taps = (size_t)j->g.n_taps;
	const size_t channels = (size_t)j->g.channels;
	const size_t piece = (size_t)j->k_padded * (size_t)j->padded;

	(void)worker;
	for (size_t o = first; o < end; o++) {
		float *to = j->dw + o * channels * taps;

		for (size_t c = 0; c < channels; c++)
			for (size_t t = 0; t < taps; t++) {
				const float *from = j->partial
				    + (t * channels + c) * (size_t)j->padded
				    + o;
				float sum = 0;

				for (size_t p = 0; p < j->pieces; p++)
					sum += from[p * piece];
				*to++ += sum;
			}
	}
}

/* As many pieces as memory allows, so that small layers have work for all. */
static size_t
count_pieces(size_t rows, size_t numbers)
{
	size_t pieces = PARTIAL_FLOATS / numbers;
	const size_t blocks = (rows + TILE_ROWS - 1) / TILE_ROWS;

	pieces = pieces < MOST_PIECES ? pieces : MOST_PIECES;
	pieces = pieces < blocks ? pieces : blocks;
	return pieces > 0 ? pieces : 1;
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
	j->pieces = count_pieces(rows, (size_t)j->k_padded
	    * (size_t)j->padded);
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
	cpu_pieces(k, (size_t)s->o, 4, weight_add, &j);
}

int
kernel_conv_reserve(struct kernel *k, const struct conv *s, bool backward)
{
	const size_t workers = (size_t)pool_threads(k->pool);
	const int taps = s->size * s->size;
	const int padded_o = (int)round_up((size_t)s->o,
	    (size_t)k->simd->lanes);
	const int padded_c = (int)round_up((size_t)s->c,
	    (size_t)k->simd->lanes);
	struct weight_job j;

	if (cpu_reserve(k, packed_floats(k->simd, taps * s->c, s->o), workers
	    * block_rows(k->simd, padded_o) * (size_t)padded_o) < 0)
		return fail_last();
	if (!backward)
		return 0;
	if (cpu_reserve(k, packed_floats(k->simd, taps * s->o, s->c), workers
	    * block_rows(k->simd, padded_c) * (size_t)padded_c) < 0)
		return fail_last();
	weight_shape(&j, k, s);
	return cpu_reserve(k, workers * TILE_ROWS * (size_t)padded_o,
	    weight_floats(&j));
}
