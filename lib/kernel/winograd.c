/* SPDX-License-Identifier: MIT */
#include "kernel/winograd.h"

#include <string.h>

#define POINTS WINOGRAD_POINTS

/* Tiles a task holds, transformed, in the cache; more of them where the
 * weights are many, so that those are read less often. */
#define FEW_TILES ((size_t)28)
#define MANY_TILES ((size_t)56)
#define MANY_CHANNELS 384

/* Transformed input and slopes that a weight gradient holds at a time. */
#define BATCH_FLOATS ((size_t)1 << 22)

bool
winograd_fits(const struct conv *s)
{
	return s->size == 3 && s->stride == 1 && s->pad == 1
	    && s->c % 16 == 0 && s->o % 16 == 0 && s->h >= 3 && s->w >= 3;
}

static struct tiles
tiles_over(const struct conv *s, int channels)
{
	return (struct tiles){ .n = s->n, .h = s->h, .w = s->w,
		.down = (s->h + 3) / 4, .across = (s->w + 3) / 4,
		.channels = channels };
}

static size_t
count_tiles(const struct tiles *t)
{
	return (size_t)t->n * (size_t)t->down * (size_t)t->across;
}

/* Channels that lie together in transformed input. */
static int
block_of(int channels)
{
	return channels % 64 == 0 ? 64 : channels % 32 == 0 ? 32 : 16;
}

/* How the weights [o,c,3,3] are read: as they are, or turned by half a turn
 * with the roles of the channels exchanged. */
struct turned {
	const float *w;
	int from, to;			/* channels of source and result */
	size_t by_from, by_to;		/* strides in w */
	bool turn;
};

static struct turned
weights_as(const float *w, const struct conv *s, bool turn)
{
	const size_t row = 9 * (size_t)s->c;

	if (turn)
		return (struct turned){ w, s->o, s->c, row, 9, true };
	return (struct turned){ w, s->c, s->o, 9, row, false };
}

/* One pass: to = (or +=) convolution of source. */
struct job {
	struct kernel *kernel;
	struct tiles in, out;
	struct turned weights;
	const float *source;
	float *to;
	float *u;		/* [36][blocks][panels][block][2*lanes] */
	float *scratch;		/* a worker: v [36][room][in], m [36][room][out] */
	int block;
	size_t room;		/* tiles of a task, in whole register tiles */
	size_t grain;		/* tiles of a task */
	bool accumulate;
};

static size_t
panel_width(const struct kernel *k)
{
	return 2 * (size_t)k->simd->lanes;
}

static size_t
point_floats(const struct job *j)
{
	return (size_t)j->weights.from * round_up((size_t)j->weights.to,
	    panel_width(j->kernel));
}

/* Weights of one source channel for the panel of results at `to`: 9 vectors
 * of lanes. */
static void
read_weights(const struct turned *t, float *g, size_t from, size_t to,
    size_t lanes)
{
	const float *w = t->w + from * t->by_from;

	for (size_t j = 0; j < lanes; j++)
		for (size_t i = 0; i < 9; i++)
			g[i * lanes + j] = to + j < (size_t)t->to
			    ? w[(to + j) * t->by_to + (t->turn ? 8 - i : i)]
			    : 0;
}

/* u for one vector of results and all source channels. */
static void
transform_weights(void *arg, size_t i, int worker)
{
	const struct job *j = arg;
	const struct simd *simd = j->kernel->simd;
	const size_t lanes = (size_t)simd->lanes, block = (size_t)j->block;
	const size_t panel = i / 2, panels = round_up((size_t)j->weights.to,
	    2 * lanes) / (2 * lanes);
	float g[9 * 16];

	(void)worker;
	for (size_t c = 0; c < (size_t)j->weights.from; c++) {
		float *u = j->u + ((c / block * panels + panel) * block
		    + c % block) * 2 * lanes + i % 2 * lanes;

		read_weights(&j->weights, g, c, i * lanes, lanes);
		simd->winograd_weight(u, point_floats(j), g);
	}
}

static void
do_tiles(void *arg, size_t first, size_t end, int worker)
{
	const struct job *j = arg;
	const struct simd *simd = j->kernel->simd;
	const size_t n = end - first, block = (size_t)j->block;
	const size_t in = (size_t)j->in.channels;
	const size_t out = (size_t)j->out.channels;
	const size_t width = panel_width(j->kernel);
	const size_t u_block = round_up(out, width) * block;
	float *v = j->scratch + (size_t)worker * POINTS * j->room * (in + out);
	float *m = v + POINTS * j->room * in;

	simd->winograd_input(&j->in, v, j->source, first, n, j->room,
	    j->block);
	for (size_t p = 0; p < POINTS; p++)
		for (size_t b = 0; b < in / block; b++)
			simd->block_product(m + p * j->room * out, out,
			    v + (p * in + b * block) * j->room,
			    j->u + p * point_floats(j) + b * u_block,
			    block * width, (int)n, (int)out, j->block, b > 0);
	simd->winograd_output(&j->out, j->to, m, first, n, j->room,
	    j->accumulate);
}

/* Tiles of a task: as the cache likes it, but work for every thread. */
static void
size_tasks(struct job *j)
{
	const size_t rows = (size_t)j->kernel->simd->rows;
	const size_t tiles = count_tiles(&j->in);
	const size_t threads = (size_t)pool_threads(j->kernel->pool);
	const size_t most = j->in.channels + j->out.channels >= MANY_CHANNELS
	    ? MANY_TILES : FEW_TILES;

	j->grain = round_up((tiles + threads - 1) / threads, rows);
	j->grain = j->grain < most ? j->grain : most - most % rows;
	j->room = round_up(j->grain, rows);
}

static void
shape_job(struct job *j, struct kernel *k, const struct conv *s, int in,
    int out)
{
	j->kernel = k;
	j->in = tiles_over(s, in);
	j->out = tiles_over(s, out);
	j->block = block_of(in);
	size_tasks(j);
}

static size_t
scratch_floats(const struct job *j)
{
	return (size_t)pool_threads(j->kernel->pool) * POINTS * j->room
	    * (size_t)(j->in.channels + j->out.channels);
}

static void
run(struct kernel *k, float *to, const float *source, const float *w,
    const struct conv *s, bool backward, bool accumulate)
{
	struct job j = { .source = source, .to = to, .accumulate = accumulate,
		.weights = weights_as(w, s, backward) };
	const size_t lanes = (size_t)k->simd->lanes;

	shape_job(&j, k, s, j.weights.from, j.weights.to);
	j.u = cpu_packed(k, POINTS * point_floats(&j));
	j.scratch = cpu_partial(k, scratch_floats(&j));
	pool_each(k->pool, round_up((size_t)j.weights.to, 2 * lanes) / lanes,
	    transform_weights, &j);
	cpu_pieces(k, count_tiles(&j.in), j.grain, do_tiles, &j);
}

void
winograd_forward(struct kernel *k, float *y, const float *x, const float *w,
    const struct conv *s)
{
	run(k, y, x, w, s, false, false);
}

void
winograd_backward_data(struct kernel *k, float *dx, const float *dy,
    const float *w, const struct conv *s, bool accumulate)
{
	run(k, dx, dy, w, s, true, accumulate);
}

/*
 * The weight gradient is the transpose of the forward pass: points of the
 * input times points of the slopes, summed over the tiles, and transformed
 * back once.  A batch of tiles is transformed, then each point adds it up;
 * the order of the sums is that of the tiles, for any number of threads.
 */
struct weight_job {
	struct kernel *kernel;
	struct tiles in, out;
	const float *x, *dy;
	float *v, *m;		/* [36][batch][c], [36][batch][o] */
	float *du;		/* [36][c][o] */
	float *dw;
	size_t batch, first, n;	/* tiles: room, first, now */
};

static void
transform_batch(void *arg, size_t first, size_t end, int worker)
{
	const struct weight_job *j = arg;
	const struct simd *simd = j->kernel->simd;
	const size_t c = (size_t)j->in.channels, o = (size_t)j->out.channels;

	(void)worker;
	simd->winograd_input(&j->in, j->v + first * c, j->x,
	    j->first + first, end - first, j->batch, j->in.channels);
	simd->winograd_slope(&j->out, j->m + first * o, j->dy,
	    j->first + first, end - first, j->batch);
}

/* Source channels of one task of the sums. */
#define SUM_CHANNELS ((size_t)64)

static void
sum_point(void *arg, size_t i, int worker)
{
	const struct weight_job *j = arg;
	const size_t c = (size_t)j->in.channels, o = (size_t)j->out.channels;
	const size_t parts = (c + SUM_CHANNELS - 1) / SUM_CHANNELS;
	const size_t p = i / parts, c0 = i % parts * SUM_CHANNELS;
	const size_t now = c - c0 < SUM_CHANNELS ? c - c0 : SUM_CHANNELS;

	(void)worker;
	j->kernel->simd->block_outer(j->du + (p * c + c0) * o, o,
	    j->v + p * j->batch * c + c0, c, j->m + p * j->batch * o, o,
	    (int)j->n, (int)now, (int)o);
}

/* dw [o,c,3,3] += for source channels first..end. */
static void
add_gradient(void *arg, size_t first, size_t end, int worker)
{
	const struct weight_job *j = arg;
	const size_t c = (size_t)j->in.channels, o = (size_t)j->out.channels;
	const size_t lanes = (size_t)j->kernel->simd->lanes;
	float g[9 * 16];

	(void)worker;
	for (size_t from = first; from < end; from++) {
		for (size_t to = 0; to < o; to += lanes) {
			j->kernel->simd->winograd_gradient(g,
			    j->du + from * o + to, c * o);
			for (size_t l = 0; l < lanes; l++)
				for (size_t i = 0; i < 9; i++)
					j->dw[((to + l) * c + from) * 9 + i]
					    += g[i * lanes + l];
		}
	}
}

static void
shape_weight_job(struct weight_job *j, struct kernel *k,
    const struct conv *s)
{
	const size_t a_tile = POINTS * (size_t)(s->c + s->o);
	size_t tiles;

	j->kernel = k;
	j->in = tiles_over(s, s->c);
	j->out = tiles_over(s, s->o);
	tiles = count_tiles(&j->in);
	j->batch = BATCH_FLOATS / a_tile;
	j->batch = j->batch > MANY_TILES ? j->batch : MANY_TILES;
	j->batch = j->batch < tiles ? j->batch : tiles;
}

static size_t
weight_scratch(const struct weight_job *j)
{
	return POINTS * j->batch * (size_t)(j->in.channels + j->out.channels);
}

void
winograd_backward_weight(struct kernel *k, float *dw, const float *x,
    const float *dy, const struct conv *s)
{
	struct weight_job j = { .x = x, .dy = dy, .dw = dw };
	const size_t c = (size_t)s->c, o = (size_t)s->o;
	size_t tiles;

	shape_weight_job(&j, k, s);
	tiles = count_tiles(&j.in);
	j.v = cpu_partial(k, weight_scratch(&j));
	j.m = j.v + POINTS * j.batch * c;
	j.du = cpu_packed(k, POINTS * c * o);
	kernel_zero(k, j.du, POINTS * c * o);
	for (; j.first < tiles; j.first += j.batch) {
		j.n = tiles - j.first < j.batch ? tiles - j.first : j.batch;
		cpu_pieces(k, j.n, 16, transform_batch, &j);
		pool_each(k->pool, POINTS * ((c + SUM_CHANNELS - 1)
		    / SUM_CHANNELS), sum_point, &j);
	}
	cpu_pieces(k, c, 8, add_gradient, &j);
}

int
winograd_reserve(struct kernel *k, const struct conv *s, bool backward)
{
	struct weight_job w;
	struct job j = { .weights = weights_as(NULL, s, false) };

	shape_job(&j, k, s, s->c, s->o);
	if (cpu_reserve(k, POINTS * point_floats(&j), scratch_floats(&j)) < 0)
		return fail_last();
	if (!backward)
		return 0;
	j.weights = weights_as(NULL, s, true);
	shape_job(&j, k, s, s->o, s->c);
	shape_weight_job(&w, k, s);
	if (cpu_reserve(k, POINTS * point_floats(&j), scratch_floats(&j)) < 0)
		return fail_last();
	return cpu_reserve(k, POINTS * (size_t)s->c * (size_t)s->o,
	    weight_scratch(&w));
}
