/* SPDX-License-Identifier: MIT */
/* conv: convolutions by gathered tiles (gather.h) and register-blocked
 * products (simd_tiles.h). */
#include <string.h>

#include "kernel/cpu.h"
#include "kernel/gather.h"
#include "kernel/moments.h"
#include "kernel/winograd.h"

/* Results of a block of rows are kept in the cache: at most so many. */
#define BLOCK_FLOATS ((size_t)1 << 16)

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
	struct epilogue epilogue;
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

/* Grid points lie apart in the result when the backward pass has strides. */
static void
scatter_rows(const struct job *j, const float *block, size_t first, size_t n)
{
	const struct simd_pass *pass = simd_pass[j->simd->set];
	const struct gather *g = &j->g;
	const size_t columns = (size_t)j->columns;
	size_t w = first % (size_t)g->columns;
	size_t h = first / (size_t)g->columns % (size_t)g->rows;
	size_t picture = first / (size_t)g->columns / (size_t)g->rows;

	for (size_t i = 0; i < n; i++, block += j->padded) {
		const size_t row = picture * (size_t)g->to_h + (size_t)g->h0
		    + (size_t)g->step * h;
		float *to = j->to + (row * (size_t)g->to_w + (size_t)g->w0
		    + (size_t)g->step * w) * columns;

		if (j->accumulate)
			pass->add(to, block, columns);
		else
			memcpy(to, block, columns * sizeof(*to));
		if (++w == (size_t)g->columns) {
			w = 0;
			if (++h == (size_t)g->rows) {
				h = 0;
				picture++;
			}
		}
	}
}

static void
block_products(const struct job *j, float *block, size_t first, size_t n,
    float *tile)
{
	const struct simd_conv *loops = simd_conv[j->simd->set];
	const int k = gather_k(&j->g);
	const size_t panel = 2 * (size_t)j->simd->lanes;
	const size_t packed_columns = round_up((size_t)j->columns, panel);

	for (int k0 = 0; k0 < k; k0 += TILE_K) {
		const int now = k - k0 < TILE_K ? k - k0 : TILE_K;

		loops->gather(&j->g, tile, j->source, first, n, k0, now);
		loops->product(block, (size_t)j->padded, tile,
		    j->packed + (size_t)k0 * packed_columns,
		    (size_t)now * panel, (int)n, j->padded, now, k0 > 0);
	}
	if (k == 0)
		memset(block, 0, n * (size_t)j->padded * sizeof(*block));
}

/* Whole tiles whose rows lie in the result as in the block go straight
 * there; the rest by way of the worker's block. */
static void
job_block(void *arg, size_t first, size_t end, int worker)
{
	const struct job *j = arg;
	const size_t n = end - first;
	float *tile = j->kernel->tiles[worker];
	float *block = j->blocks + (size_t)worker * j->block
	    * (size_t)j->padded;

	if (j->g.step == 1 && j->padded == j->columns && !j->accumulate
	    && n % (size_t)j->simd->rows == 0) {
		block_products(j, j->to + first * (size_t)j->columns, first,
		    n, tile);
	} else {
		block_products(j, block, first, n, tile);
		scatter_rows(j, block, first, n);
	}
	epilogue_rows(&j->epilogue, first / j->block, true, first, n);
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
	j->epilogue = (struct epilogue){ 0 };
	j->blocks = cpu_partial(k, (size_t)pool_threads(k->pool) * j->block
	    * (size_t)j->padded);
}

static size_t
count_blocks(const struct simd *simd, const struct conv *s)
{
	const size_t rows = (size_t)s->n * (size_t)conv_extent(s, s->h)
	    * (size_t)conv_extent(s, s->w);
	const size_t block = block_rows(simd, (int)round_up((size_t)s->o,
	    (size_t)simd->lanes));

	return (rows + block - 1) / block;
}

static size_t
count_pieces(const struct simd *simd, const struct conv *s)
{
	return winograd_fits(s) ? winograd_pieces(simd, s)
	    : count_blocks(simd, s);
}

static void
forward(struct kernel *k, float *y, const float *x, const float *w,
    const struct conv *s, struct epilogue epilogue)
{
	const size_t taps = (size_t)s->size * (size_t)s->size;
	struct job j;
	float *packed;

	if (winograd_fits(s)) {
		winograd_forward(k, y, x, w, s, epilogue);
		return;
	}
	gather_forward(&j.g, s);
	job_begin(&j, k, y, x, s->o, false);
	packed = cpu_packed(k, packed_floats(k->simd, gather_k(&j.g), s->o));
	pack(k, &j.g, w, s->o, taps, (size_t)s->c * taps, packed);
	j.packed = packed;
	j.epilogue = epilogue;
	run_job(&j);
}

void
kernel_conv_forward(struct kernel *k, float *y, const float *x,
    const float *w, const struct conv *s)
{
	forward(k, y, x, w, s, (struct epilogue){ 0 });
}

void
kernel_conv_forward_moments(struct kernel *k, float *y, float *mean,
    float *inv_std, float epsilon, const float *x, const float *w,
    const struct conv *s)
{
	const size_t c = (size_t)s->o, pieces = count_pieces(k->simd, s);
	struct moments m = { .simd = k->simd, .y = y, .c = c,
		.pieces = pieces, .mean = mean, .inv_std = inv_std,
		.epsilon = (double)epsilon,
		.sums = cpu_sums(k, moments_room(pieces, c)) };
	const struct norm norm = { .rows = (size_t)s->n
		* (size_t)conv_extent(s, s->h) * (size_t)conv_extent(s, s->w),
		.channels = s->o, .epsilon = epsilon };

	if (pieces == 0) {
		kernel_conv_forward(k, y, x, w, s);
		kernel_norm_measure(k, mean, inv_std, y, &norm);
		return;
	}
	forward(k, y, x, w, s, (struct epilogue){ .moments = &m });
	moments_end(k, &m);
}

void
kernel_conv_infer(struct kernel *k, float *y, const float *x, const float *w,
    const struct conv *s, const float *scale, const float *shift,
    const float *running_mean, const float *running_var,
    const float *residual, const struct norm *norm)
{
	const size_t c = (size_t)s->o;
	float *a = (float *)cpu_sums(k, c);
	const struct finish f = { .simd = k->simd, .y = y, .a = a, .b = a + c,
		.residual = residual, .c = c, .relu = norm->relu };

	if (count_pieces(k->simd, s) == 0) {
		kernel_conv_forward(k, y, x, w, s);
		kernel_norm_infer(k, y, y, scale, shift, running_mean,
		    running_var, residual, norm);
		return;
	}
	finish_coefficients(a, a + c, scale, shift, running_mean,
	    running_var, norm);
	forward(k, y, x, w, s, (struct epilogue){ .finish = &f });
}

void
kernel_conv_backward_data(struct kernel *k, float *dx, const float *dy,
    const float *w, const struct conv *s, bool accumulate)
{
	const size_t taps = (size_t)s->size * (size_t)s->size;
	float *packed;

	if (winograd_fits(s)) {
		winograd_backward_data(k, dx, dy, w, s, accumulate);
		return;
	}
	packed = cpu_packed(k, packed_floats(k->simd, s->o * (int)taps, s->c));
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

int
kernel_conv_reserve(struct kernel *k, const struct conv *s, bool backward)
{
	const size_t workers = (size_t)pool_threads(k->pool);
	const int taps = s->size * s->size;
	const int padded_o = (int)round_up((size_t)s->o,
	    (size_t)k->simd->lanes);
	const int padded_c = (int)round_up((size_t)s->c,
	    (size_t)k->simd->lanes);
	const struct norm norm = { .rows = (size_t)s->n
	    * (size_t)conv_extent(s, s->h) * (size_t)conv_extent(s, s->w),
	    .channels = s->o };

	if (cpu_reserve_sums(k, moments_room(count_pieces(k->simd, s) + 1,
	    (size_t)s->o)) < 0 || kernel_norm_reserve(k, &norm) < 0)
		return fail_last();
	if (winograd_fits(s))
		return winograd_reserve(k, s, backward);
	if (cpu_reserve(k, packed_floats(k->simd, taps * s->c, s->o), workers
	    * block_rows(k->simd, padded_o) * (size_t)padded_o) < 0)
		return fail_last();
	if (!backward)
		return 0;
	if (cpu_reserve(k, packed_floats(k->simd, taps * s->o, s->c), workers
	    * block_rows(k->simd, padded_c) * (size_t)padded_c) < 0)
		return fail_last();
	return conv_reserve_weight(k, s);
}
