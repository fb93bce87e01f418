/* SPDX-License-Identifier: MIT */
#include "kernel/winograd.h"

#define POINTS WINOGRAD_POINTS

/* Tiles a task holds, transformed, in its cache; fewer where that would make
 * less than so many tasks. */
#define TASK_TILES ((size_t)28)
#define TASKS ((size_t)8)

/* More weights than this are transformed where they are used, and so many
 * tiles lie transformed in memory instead. */
#define MANY_WEIGHTS ((size_t)256 * 256)
#define BATCH_TILES ((size_t)128)

bool
winograd_fits(const struct conv *s)
{
	return s->size == 3 && s->stride == 1 && s->pad == 1
	    && s->c % 16 == 0 && s->o % 16 == 0 && s->h >= 3 && s->w >= 3;
}

struct tiles
tiles_over(const struct kernel *k, const struct conv *s, int channels)
{
	return (struct tiles){ .n = s->n, .h = s->h, .w = s->w,
		.down = (s->h + 3) / 4, .across = (s->w + 3) / 4,
		.channels = channels, .zeros = k->zeros };
}

size_t
tiles_count(const struct tiles *t)
{
	return (size_t)t->n * (size_t)t->down * (size_t)t->across;
}

size_t
tiles_lay(struct tiles *t, size_t part, size_t room, bool together)
{
	t->part = part;
	t->tile_step = together ? TILE_STEP(part) : part;
	t->point_step = together ? part : (size_t)t->channels * room;
	t->part_step = t->tile_step * room;
	return (size_t)t->channels / part * TILE_STEP(part) * room;
}

/* Channels of the source that are multiplied at a time. */
static size_t
block_of(size_t channels)
{
	return channels % 64 == 0 ? 64 : channels % 32 == 0 ? 32 : 16;
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
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

/*
 * One pass: to = (or +=) convolution of source.  Few weights are transformed
 * once and each task takes some tiles through all three stages.  Many weights
 * would not fit the cache: all tiles of a batch are transformed, then each
 * task makes one panel of result channels, transforming its own weights.
 */
struct job {
	struct kernel *kernel;
	struct tiles in, out;
	struct turned weights;
	const float *source;
	float *to;
	float *u;	/* [36][blocks][panels][block][width]; or a worker's
			 * [36][block][width] */
	float *v, *m;	/* v: a worker's, or all; m: a worker's */
	size_t v_floats, m_floats;	/* of one */
	size_t block, width;	/* source channels, result channels a panel */
	size_t grain;	/* tiles of a task, or of a batch */
	size_t first, n;	/* tiles of this batch */
	bool by_panel, accumulate;
	struct epilogue epilogue;
};

static size_t
panels(const struct job *j)
{
	return ((size_t)j->weights.to + j->width - 1) / j->width;
}

/* 9 vectors of weights of one source channel for results to..to+lanes. */
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

/* u [block][width], points `point` apart, of one block and panel. */
static void
transform_weights(const struct job *j, float *u, size_t point, size_t block,
    size_t panel)
{
	const struct simd *simd = j->kernel->simd;
	const struct simd_winograd *loops = simd_winograd[simd->set];
	const size_t lanes = (size_t)simd->lanes;
	float g[9 * 16];

	for (size_t c = 0; c < j->block; c++)
		for (size_t l = 0; l < j->width; l += lanes, u += lanes) {
			read_weights(&j->weights, g, block * j->block + c,
			    panel * j->width + l, lanes);
			loops->weight(u, point, g);
		}
}

/* Floats of one point of all weights, and of one block and panel. */
static size_t
point_floats(const struct job *j)
{
	return (size_t)j->weights.from * panels(j) * j->width;
}

static void
prepare_weights(void *arg, size_t i, int worker)
{
	const struct job *j = arg;

	(void)worker;
	transform_weights(j, j->u + i * j->block * j->width, point_floats(j),
	    i / panels(j), i % panels(j));
}

/* The pixels of tiles first..end, row by row. */
static void
finish_tiles(const struct job *j, size_t piece, size_t first, size_t end)
{
	const struct tiles *g = &j->out;
	const size_t across = (size_t)g->across, down = (size_t)g->down;
	const size_t height = (size_t)g->h, width = (size_t)g->w;
	size_t now;

	for (size_t t = first; t < end; t += now) {
		const size_t line = t / across, h = line % down * 4;
		const size_t w = t % across * 4;
		const size_t row = (line / down * height + h) * width + w;

		now = smaller(across - t % across, end - t);
		for (size_t r = 0; r < 4 && h + r < height; r++)
			epilogue_rows(&j->epilogue, piece, t == first
			    && r == 0, row + r * width,
			    smaller(4 * now, width - w));
	}
}

/* A task with tiles of its own and everybody's weights. */
static void
do_tiles(void *arg, size_t first, size_t end, int worker)
{
	const struct job *j = arg;
	const struct simd_winograd *loops
	    = simd_winograd[j->kernel->simd->set];
	const size_t in = (size_t)j->in.channels;
	float *v = j->v + (size_t)worker * j->v_floats;
	float *m = j->m + (size_t)worker * j->m_floats;

	loops->input(&j->in, v, j->source, first, end - first);
	for (size_t p = 0; p < POINTS; p++)
		for (size_t c = 0; c < in; c += j->block)
			loops->product(m + p * j->out.point_step,
			    j->out.tile_step, v + c / j->block
			    * j->in.part_step + p * j->in.point_step, true,
			    j->u + p * point_floats(j)
			    + c * panels(j) * j->width, j->block * j->width,
			    (int)(end - first), j->out.channels,
			    (int)j->block, c > 0);
	loops->output(&j->out, j->to, m, first, end - first,
	    j->accumulate);
	finish_tiles(j, first / j->grain, first, end);
}

static void
transform_tiles(void *arg, size_t first, size_t end, int worker)
{
	const struct job *j = arg;

	(void)worker;
	simd_winograd[j->kernel->simd->set]->input(&j->in, j->v
	    + first * j->in.tile_step, j->source, j->first + first,
	    end - first);
}

/* A task with weights of its own and everybody's tiles. */
static void
do_panel(void *arg, size_t panel, int worker)
{
	const struct job *j = arg;
	const struct simd_winograd *loops
	    = simd_winograd[j->kernel->simd->set];
	const size_t in = (size_t)j->in.channels, at = panel * j->width;
	const size_t u_point = j->block * j->width;
	struct tiles out = j->out;
	float *u = j->u + (size_t)worker * POINTS * u_point;
	float *m = j->m + (size_t)worker * j->m_floats;

	if (j->width > (size_t)j->out.channels - at)
		out.part = (size_t)j->out.channels - at;
	for (size_t c = 0; c < in; c += j->block) {
		transform_weights(j, u, u_point, c / j->block, panel);
		for (size_t p = 0; p < POINTS; p++)
			loops->product(m + p * out.point_step,
			    out.tile_step, j->v + c / j->block
			    * j->in.part_step + p * j->in.point_step, false,
			    u + p * u_point, u_point, (int)j->n,
			    (int)out.part, (int)j->block, c > 0);
	}
	loops->output(&out, j->to + at, m, j->first, j->n,
	    j->accumulate);
}

static bool
by_panel(const struct conv *s)
{
	return (size_t)s->c * (size_t)s->o > MANY_WEIGHTS;
}

/* Tiles of a task, whatever the number of threads: moments are sums of its
 * results. */
static size_t
task_tiles(const struct simd *simd, size_t tiles)
{
	const size_t rows = (size_t)simd->rows;

	return smaller(round_up((tiles + TASKS - 1) / TASKS, rows),
	    TASK_TILES - TASK_TILES % rows);
}

size_t
winograd_pieces(const struct simd *simd, const struct conv *s)
{
	const size_t tiles = (size_t)s->n * (size_t)((s->h + 3) / 4)
	    * (size_t)((s->w + 3) / 4);
	const size_t grain = task_tiles(simd, tiles);

	return by_panel(s) ? 0 : (tiles + grain - 1) / grain;
}

/* Equal batches. */
static size_t
batch_tiles(size_t tiles)
{
	const size_t batches = (tiles + BATCH_TILES - 1) / BATCH_TILES;

	return (tiles + batches - 1) / batches;
}

static void
shape_job(struct job *j, struct kernel *k, const struct conv *s)
{
	const size_t rows = (size_t)k->simd->rows;
	const size_t in = (size_t)j->weights.from;
	size_t tiles, room;

	j->kernel = k;
	j->in = tiles_over(k, s, j->weights.from);
	j->out = tiles_over(k, s, j->weights.to);
	j->block = block_of(in);
	j->width = 2 * (size_t)k->simd->lanes;
	j->by_panel = by_panel(s);
	tiles = tiles_count(&j->in);
	j->grain = j->by_panel ? batch_tiles(tiles)
	    : task_tiles(k->simd, tiles);
	room = round_up(j->grain, rows);
	j->v_floats = tiles_lay(&j->in, j->block, room, !j->by_panel);
	tiles_lay(&j->out, j->by_panel ? j->width : (size_t)j->out.channels,
	    room, true);
	j->m_floats = j->out.part_step;
}

static size_t
u_floats(const struct job *j)
{
	if (j->by_panel)
		return (size_t)pool_threads(j->kernel->pool) * POINTS
		    * j->block * j->width;
	return POINTS * point_floats(j);
}

static size_t
v_floats(const struct job *j)
{
	return j->by_panel ? j->v_floats : j->v_floats
	    * (size_t)pool_threads(j->kernel->pool);
}

static size_t
m_floats(const struct job *j)
{
	return j->m_floats * (size_t)pool_threads(j->kernel->pool);
}

static void
run(struct kernel *k, struct job j, const struct conv *s)
{
	size_t tiles;

	assert((size_t)j.weights.from <= k->zeros_size);
	shape_job(&j, k, s);
	tiles = tiles_count(&j.in);
	j.u = cpu_packed(k, u_floats(&j));
	j.v = cpu_partial(k, v_floats(&j) + m_floats(&j));
	j.m = j.v + v_floats(&j);
	if (!j.by_panel) {
		pool_each(k->pool, (size_t)j.in.channels / j.block
		    * panels(&j), prepare_weights, &j);
		cpu_pieces(k, tiles, j.grain, do_tiles, &j);
		return;
	}
	for (; j.first < tiles; j.first += j.n) {
		j.n = smaller(j.grain, tiles - j.first);
		cpu_pieces(k, j.n, 16, transform_tiles, &j);
		pool_each(k->pool, panels(&j), do_panel, &j);
	}
}

void
winograd_forward(struct kernel *k, float *y, const float *x, const float *w,
    const struct conv *s, struct epilogue epilogue)
{
	const struct job j = { .source = x, .to = y, .epilogue = epilogue,
		.weights = weights_as(w, s, false) };

	run(k, j, s);
}

void
winograd_backward_data(struct kernel *k, float *dx, const float *dy,
    const float *w, const struct conv *s, bool accumulate)
{
	const struct job j = { .source = dy, .to = dx,
		.accumulate = accumulate, .weights = weights_as(w, s, true) };

	run(k, j, s);
}

int
winograd_reserve(struct kernel *k, const struct conv *s, bool backward)
{
	for (int way = 0; way <= backward; way++) {
		struct job j = { .weights = weights_as(NULL, s, way) };

		shape_job(&j, k, s);
		if (cpu_reserve(k, u_floats(&j), v_floats(&j)
		    + m_floats(&j)) < 0
		    || cpu_reserve_zeros(k, (size_t)j.weights.from) < 0)
			return fail_last();
	}
	return backward ? winograd_reserve_weight(k, s) : 0;
}
