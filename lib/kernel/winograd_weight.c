/* SPDX-License-Identifier: MIT */
/*
 * winograd_weight: the weight gradient, the transpose of the forward pass:
 * points of the input times points of the slopes, summed over the tiles, and
 * transformed back.  Sums are taken in the order of the tiles, whatever the
 * number of threads.
 */
#include <string.h>

#include "kernel/winograd.h"

#define POINTS WINOGRAD_POINTS

/* Few weights: the tiles are cut into so many pieces, each with sums of its
 * own, and a piece takes so many tiles at a time through its cache. */
#define FEW_WEIGHTS ((size_t)64 * 64)
#define PIECES ((size_t)16)
#define TASK_TILES ((size_t)32)

/* Many weights: a batch of tiles lies transformed in memory, and a task sums
 * so many source channels by twice the lanes of results. */
#define BATCH_FLOATS ((size_t)1 << 21)
#define TASK_CHANNELS ((size_t)64)

struct job {
	struct kernel *kernel;
	struct tiles in, out;
	const float *x, *dy;
	float *dw;
	size_t c, o;
	float *v, *m;	/* of x and of dy; a worker's, or all */
	size_t v_floats, m_floats;	/* of one */
	float *du;	/* [pieces][36][c][o], or a worker's
			 * [36][TASK_CHANNELS][width] */
	size_t tiles, room, width;
	size_t pieces, piece;	/* few weights; piece in tiles */
	size_t first, n;	/* many weights: this batch */
};

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* dw [o,c,3,3] += du [rows,columns] (points `point` apart), the weights from
 * source channel c0 and result channel o0 on. */
static void
add_gradient(const struct job *j, const float *du, size_t point, size_t c0,
    size_t rows, size_t o0, size_t columns)
{
	const struct simd *simd = j->kernel->simd;
	const struct simd_winograd_back *loops = simd_winograd_back[simd->set];
	const size_t lanes = (size_t)simd->lanes;
	float g[9 * 16];

	for (size_t c = c0; c < c0 + rows; c++)
		for (size_t o = o0; o < o0 + columns; o += lanes, du += lanes) {
			loops->gradient(g, du, point);
			for (size_t l = 0; l < lanes; l++) {
				float *to = j->dw + ((o + l) * j->c + c) * 9;

				for (size_t i = 0; i < 9; i++)
					to[i] += g[i * lanes + l];
			}
		}
}

static void
transform(const struct job *j, float *v, float *m, size_t first, size_t n)
{
	const enum simd_set set = j->kernel->simd->set;

	simd_winograd[set]->input(&j->in, v, j->x, first, n);
	simd_winograd_back[set]->slope(&j->out, m, j->dy, first, n);
}

/* One piece of the tiles for all weights. */
static void
sum_piece(void *arg, size_t i, int worker)
{
	const struct job *j = arg;
	const struct simd_outer *loops = simd_outer[j->kernel->simd->set];
	const size_t c = j->c, o = j->o;
	const size_t end = smaller((i + 1) * j->piece, j->tiles);
	float *v = j->v + (size_t)worker * (j->v_floats + j->m_floats);
	float *m = v + j->v_floats;
	float *du = j->du + i * POINTS * c * o;

	memset(du, 0, POINTS * c * o * sizeof(*du));
	for (size_t t = i * j->piece; t < end; t += j->room) {
		const size_t n = smaller(end - t, j->room);

		transform(j, v, m, t, n);
		for (size_t p = 0; p < POINTS; p++)
			loops->block(du + p * c * o, o,
			    v + p * j->in.point_step, j->in.tile_step,
			    m + p * j->out.point_step, j->out.tile_step,
			    (int)n, (int)c, (int)o);
	}
}

/* All pieces' sums in the first one's place, for numbers first..end. */
static void
add_pieces(void *arg, size_t first, size_t end, int worker)
{
	const struct job *j = arg;

	(void)worker;
	for (size_t i = 1; i < j->pieces; i++)
		simd_pass[j->kernel->simd->set]->add(j->du + first, j->du
		    + i * POINTS * j->c * j->o + first, end - first);
}

static void
add_channels(void *arg, size_t first, size_t end, int worker)
{
	const struct job *j = arg;

	(void)worker;
	add_gradient(j, j->du + first * j->o, j->c * j->o, first,
	    end - first, 0, j->o);
}

static void
transform_batch(void *arg, size_t first, size_t end, int worker)
{
	const struct job *j = arg;

	(void)worker;
	transform(j, j->v + first * j->in.tile_step,
	    j->m + first * j->out.tile_step, j->first + first, end - first);
}

/* A panel of the weights for all tiles of the batch. */
static void
sum_panel(void *arg, size_t i, int worker)
{
	const struct job *j = arg;
	const struct simd_outer *loops = simd_outer[j->kernel->simd->set];
	const size_t parts = (j->c + TASK_CHANNELS - 1) / TASK_CHANNELS;
	const size_t c0 = i % parts * TASK_CHANNELS, o0 = i / parts * j->width;
	const size_t rows = smaller(j->c - c0, TASK_CHANNELS);
	const size_t columns = smaller(j->o - o0, j->width);
	const size_t point = rows * columns;
	float *du = j->du + (size_t)worker * POINTS * TASK_CHANNELS
	    * j->width;

	memset(du, 0, POINTS * point * sizeof(*du));
	for (size_t p = 0; p < POINTS; p++)
		loops->block(du + p * point, columns,
		    j->v + p * j->in.point_step + c0, j->in.tile_step,
		    j->m + p * j->out.point_step + o0, j->out.tile_step,
		    (int)j->n, (int)rows, (int)columns);
	add_gradient(j, du, point, c0, rows, o0, columns);
}

static bool
is_small(const struct job *j)
{
	return j->c * j->o <= FEW_WEIGHTS;
}

static void
shape_job(struct job *j, struct kernel *k, const struct conv *s)
{
	size_t batches;

	j->kernel = k;
	j->in = tiles_over(k, s, s->c);
	j->out = tiles_over(k, s, s->o);
	j->c = (size_t)s->c;
	j->o = (size_t)s->o;
	j->width = 2 * (size_t)k->simd->lanes;
	j->tiles = tiles_count(&j->in);
	if (is_small(j)) {
		j->room = TASK_TILES;
		j->piece = round_up((j->tiles + PIECES - 1) / PIECES,
		    TASK_TILES);
		j->pieces = (j->tiles + j->piece - 1) / j->piece;
	} else {
		j->room = BATCH_FLOATS / (POINTS * (j->c + j->o));
		j->room = smaller(j->room > 0 ? j->room : 1, j->tiles);
		batches = (j->tiles + j->room - 1) / j->room;
		j->room = (j->tiles + batches - 1) / batches;
	}
	j->v_floats = tiles_lay(&j->in, j->c, j->room, is_small(j));
	j->m_floats = tiles_lay(&j->out, j->o, j->room, is_small(j));
}

static size_t
tile_floats(const struct job *j)
{
	const size_t workers = (size_t)pool_threads(j->kernel->pool);

	return (is_small(j) ? workers : 1) * (j->v_floats + j->m_floats);
}

static size_t
sum_floats(const struct job *j)
{
	if (is_small(j))
		return j->pieces * POINTS * j->c * j->o;
	return (size_t)pool_threads(j->kernel->pool) * POINTS * TASK_CHANNELS
	    * j->width;
}

int
winograd_reserve_weight(struct kernel *k, const struct conv *s)
{
	struct job j = { 0 };

	shape_job(&j, k, s);
	if (cpu_reserve_zeros(k, (size_t)(s->c > s->o ? s->c : s->o)) < 0)
		return fail_last();
	return cpu_reserve(k, sum_floats(&j), tile_floats(&j));
}

void
winograd_backward_weight(struct kernel *k, float *dw, const float *x,
    const float *dy, const struct conv *s)
{
	struct job j = { .x = x, .dy = dy, .dw = dw };

	assert((size_t)(s->c > s->o ? s->c : s->o) <= k->zeros_size);
	shape_job(&j, k, s);
	j.v = cpu_partial(k, tile_floats(&j));
	j.m = j.v + j.v_floats;
	j.du = cpu_packed(k, sum_floats(&j));
	if (is_small(&j)) {
		pool_each(k->pool, j.pieces, sum_piece, &j);
		cpu_pieces(k, POINTS * j.c * j.o, 4096, add_pieces, &j);
		cpu_pieces(k, j.c, 8, add_channels, &j);
		return;
	}
	for (; j.first < j.tiles; j.first += j.n) {
		j.n = smaller(j.room, j.tiles - j.first);
		cpu_pieces(k, j.n, 16, transform_batch, &j);
		pool_each(k->pool, (j.c + TASK_CHANNELS - 1) / TASK_CHANNELS
		    * ((j.o + j.width - 1) / j.width), sum_panel, &j);
	}
}
