/* SPDX-License-Identifier: MIT */
#include "view/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "view/columns.h"
#include "view/origin.h"

/* Samples are worked on so many at a time, in at most so many bytes, or as
 * many as have come: nobody waits for a slow producer's next record. */
#define CHUNK ((size_t)64)
#define CHUNK_BYTES ((size_t)4 << 20)

/* Records read together. */
struct chunk {
	struct rec recs[CHUNK];
	size_t samples[CHUNK];
	size_t n;
};

/* One sample to be done: where it comes from, which row it becomes. */
struct job {
	struct origin origin;
	uint64_t epoch, index;
	size_t row;
	struct fail_state bad;		/* of its picture; code 0: none */
};

struct viewer {
	struct stream_in *in;
	struct pool *pool;
	const struct view_config *config;
	struct aug_canvas *canvases;	/* one a worker */
	struct origin_room *rooms;

	struct ahead *reading;
	struct chunk chunks[2];
	struct chunk *chunk;		/* being used */
	size_t rec, sample;		/* next in it */

	struct ahead *making;
	struct rec outs[2];
	struct columns columns;		/* of the batch at work */
	void *views[RECIPE_VIEWS];	/* its pixels */
	struct image shapes[RECIPE_VIEWS];	/* one sample's, without data */
	size_t filled;
	int64_t epoch;
	uint64_t steps, seen, dropped, bad;
	int64_t first_epoch;
	int64_t start_step, epoch_samples;	/* as the input's header says */
	int64_t first_step;		/* number of the first record */
	struct job jobs[CHUNK];
	size_t n_jobs;
};

static int
read_chunk(void *arg, int slot)
{
	struct viewer *v = arg;
	struct chunk *c = &v->chunks[slot];
	size_t samples = 0, bytes = 0;

	for (c->n = 0; c->n < CHUNK && samples < CHUNK
	    && bytes < CHUNK_BYTES; c->n++) {
		struct rec *r = &c->recs[c->n];
		int got;

		if (samples > 0 && !stream_ready(v->in))
			return 1;
		got = stream_read(v->in, r);
		if (got < 0)
			return got;
		if (got == 0)
			return c->n > 0;
		if (rec_samples(r, &c->samples[c->n]) < 0)
			return fail_note("record %" PRIu64,
			    stream_records(v->in));
		samples += c->samples[c->n];
		bytes += r->arena.used;
	}
	return 1;
}

static int64_t
field_int(const struct rec *r, const char *name, int64_t otherwise)
{
	const struct value *v = rec_find(r, name);

	return v != NULL && v->type == VALUE_INT ? v->integer : otherwise;
}

/* The sample's place in its data set; without the field, in the stream. */
static uint64_t
sample_index(const struct viewer *v, const struct rec *r, size_t i)
{
	const struct value *f = rec_find(r, "index");

	if (f != NULL && f->type == VALUE_TENSOR
	    && f->tensor->dtype == DTYPE_I8 && f->tensor->n_dims == 1)
		return (uint64_t)((const int64_t *)f->tensor->data)[i];
	return v->seen;
}

static const char *
view_name(char name[16], int view)
{
	snprintf(name, 16, "view%d", view);
	return name;
}

static int
n_views(const struct viewer *v)
{
	return v->config->chain != NULL ? 1 : v->config->recipe->n_views;
}

static bool
is_bad_picture(int failure)
{
	return failure == FAIL_FORMAT || failure == FAIL_LIMIT;
}

/* The least rectangle that holds both. */
static struct rect
around(struct rect a, struct rect b)
{
	const int right = a.x + a.width > b.x + b.width ? a.x + a.width
	    : b.x + b.width;
	const int low = a.y + a.height > b.y + b.height ? a.y + a.height
	    : b.y + b.height;
	struct rect r = { a.x < b.x ? a.x : b.x, a.y < b.y ? a.y : b.y, 0, 0 };

	r.width = right - r.x;
	r.height = low - r.y;
	return r;
}

/* What all views of a sample together need of its picture. */
static struct rect
needed(const struct viewer *v, const struct job *j)
{
	const struct image *m = &j->origin.image;
	const struct recipe *r = v->config->recipe;
	struct rect all = { 0, 0, m->width, m->height };

	for (int i = 0; v->config->chain == NULL && i < r->n_views; i++) {
		const struct rect one = aug_look(&r->views[i], m->height,
		    m->width, v->config->seed, j->epoch, j->index,
		    (uint32_t)i);

		all = i == 0 ? one : around(all, one);
	}
	return all;
}

/* Makes one view of one sample; its picture lies in the canvas. */
static int
make_view(const struct viewer *v, struct aug_canvas *c, const struct job *j,
    const struct aug_source *source, int view)
{
	if (v->config->chain != NULL)
		return chain_apply(v->config->chain, c, &source->image);
	return aug_make_from(c, &v->config->recipe->views[view], source,
	    v->config->seed, j->epoch, j->index, (uint32_t)view);
}

static int
do_job(void *arg, size_t i, int worker)
{
	struct viewer *v = arg;
	struct job *j = &v->jobs[i];
	struct aug_canvas *c = &v->canvases[worker];
	struct aug_source source;
	int rc = origin_get(&j->origin, &v->rooms[worker], needed(v, j),
	    &source);

	j->bad.code = 0;
	if (rc < 0 && is_bad_picture(rc))
		fail_save(&j->bad);
	if (rc < 0)
		return is_bad_picture(rc) ? 0 : rc;
	for (int view = 0; view < n_views(v); view++) {
		const struct image *shape = &v->shapes[view];
		struct image to = *shape;
		const struct image *made = &c->picture.image;

		if (make_view(v, c, j, &source, view) < 0)
			return fail_note("sample %" PRIu64, j->index);
		if (made->height != to.height || made->width != to.width
		    || made->channels != to.channels)
			return fail(FAIL_FORMAT, "sample %" PRIu64 ": a view "
			    "of %dx%dx%d px in a batch of %dx%dx%d; give "
			    "--size", j->index, made->width, made->height,
			    made->channels, to.width, to.height, to.channels);
		to.data = (unsigned char *)v->views[view] + j->row
		    * (size_t)to.height * to.stride;
		image_copy(&to, made);
	}
	return 0;
}

/* In the first epoch only: the same pictures are bad in all. */
static void
report(struct viewer *v, const struct job *j)
{
	v->bad++;
	if ((int64_t)j->epoch == v->first_epoch)
		log_line(LOG_WARNING, "sample %" PRIu64 ": %s; left out",
		    j->index, j->bad.text);
}

/* The rows of bad pictures are closed up, later ones move; `n` jobs made the
 * last rows of the batch. */
static void
leave_out(struct viewer *v, size_t n)
{
	size_t to = v->filled - n;

	for (size_t i = 0; i < n; i++) {
		const struct job *j = &v->jobs[i];

		if (j->bad.code != 0) {
			report(v, j);
			continue;
		}
		if (to != j->row) {
			columns_move(&v->columns, to, j->row);
			for (int k = 0; k < n_views(v); k++) {
				const size_t bytes = v->shapes[k].stride
				    * (size_t)v->shapes[k].height;
				char *views = v->views[k];

				memcpy(views + to * bytes, views + j->row
				    * bytes, bytes);
			}
		}
		to++;
	}
	/* Without a batch size a record has as many as came. */
	if (to < v->filled && v->config->batch == 0 && to > 0)
		columns_cut(&v->columns, v->columns.rows - (v->filled - to));
	v->filled = to;
}

static int
run_jobs(struct viewer *v)
{
	const size_t n = v->n_jobs;

	v->n_jobs = 0;
	if (pool_run(v->pool, n, do_job, v) < 0)
		return fail_last();
	leave_out(v, n);
	return 0;
}

/* What the chain makes of a sample lies in the first canvas. */
static int
try_chain(struct viewer *v, const struct job *j)
{
	struct aug_source source;

	if (origin_get(&j->origin, &v->rooms[0], needed(v, j), &source) < 0)
		return fail_last();
	return make_view(v, &v->canvases[0], j, &source, 0);
}

/* Room for the views of a batch like this sample's.  Without a fixed size
 * the first sample's view tells. */
static int
begin_views(struct viewer *v, const struct job *first)
{
	for (int view = 0; view < n_views(v); view++) {
		const int size = v->config->chain != NULL ? 0
		    : v->config->recipe->views[view].size;
		struct image m = first->origin.image;
		char name[16];
		size_t shape[4];

		if (v->config->chain != NULL) {
			if (try_chain(v, first) < 0)
				return fail_note("sample %" PRIu64,
				    first->index);
			m = v->canvases[0].picture.image;
		} else if (size > 0) {
			m.height = m.width = size;
		}
		m.stride = (size_t)m.width * (size_t)m.channels;
		shape[0] = v->columns.rows;
		shape[1] = (size_t)m.height;
		shape[2] = (size_t)m.width;
		shape[3] = (size_t)m.channels;
		v->shapes[view] = m;
		if (rec_add_tensor(v->columns.out, view_name(name, view),
		    DTYPE_U1, 4, shape, &v->views[view]) < 0)
			return fail_last();
	}
	return 0;
}

/* Numbers instead of pictures: views are copies, where no step would change
 * them. */
static int
copy_numbers(struct viewer *v, const struct rec *r, size_t i)
{
	const struct value *x = rec_find(r, "x");
	size_t shape[TENSOR_DIMS], bytes;

	if (x == NULL || x->type != VALUE_TENSOR || x->tensor->n_dims < 2
	    || x->tensor->dtype != DTYPE_F4)
		return fail(FAIL_FORMAT, "no field image (u1), jpeg (u1) or x (f4)");
	for (int view = 0; view < n_views(v); view++) {
		char name[16];

		if (v->config->chain != NULL
		    || v->config->recipe->views[view].n_steps > 0)
			return fail(FAIL_USAGE, "field x takes --recipe none "
			    "only: its steps are for pictures");
		memcpy(shape, x->tensor->shape, sizeof(shape));
		shape[0] = v->columns.rows;
		if (v->filled == 0 && rec_add_tensor(v->columns.out,
		    view_name(name, view), DTYPE_F4, x->tensor->n_dims, shape,
		    &v->views[view]) < 0)
			return fail_last();
		bytes = x->tensor->bytes / x->tensor->shape[0];
		memcpy((char *)v->views[view] + v->filled * bytes,
		    (const char *)x->tensor->data + i * bytes, bytes);
	}
	return 0;
}

/*
 * The number of a stream's first full batch.  One that began later, with
 * --start-step and the same batches, counted each epoch's rest as a batch;
 * here it is dropped.
 */
static int64_t
first_step(const struct viewer *v, const struct rec *r)
{
	const int64_t batch = (int64_t)v->config->batch;
	const int64_t samples = v->epoch_samples;
	const int64_t step = field_int(r, "step", 0);
	int64_t full, within;

	if (v->start_step <= 0 || samples <= 0)
		return 0;
	full = samples / batch;
	within = step - v->epoch * ((samples + batch - 1) / batch);
	return v->epoch * full + (within < 0 ? 0 : within < full ? within
	    : full);
}

static int
begin_batch(struct viewer *v, struct rec *out, const struct rec *r, size_t n)
{
	const size_t rows = v->config->only_index >= 0 ? 1
	    : v->config->batch > 0 ? v->config->batch : n;
	static const char *const numbers[] = { "x", NULL };
	static const char *const nothing[] = { NULL };
	const char *const *skip = origin_fields(r);
	int64_t step = field_int(r, "step", -1);

	if (v->config->keep_image && rec_find(r, "jpeg") != NULL)
		return fail(FAIL_USAGE, "field jpeg: only decoded pictures can "
		    "be kept; decode without --keep-jpeg");
	if (skip == NULL)
		skip = numbers;
	else if (v->config->keep_image)
		skip = nothing;
	v->epoch = field_int(r, "epoch", 0);
	if (columns_begin(&v->columns, out, rows, r, skip) < 0)
		return fail_last();
	if (v->steps == 0 && v->config->batch > 0)
		v->first_step = first_step(v, r);
	if (step < 0 || v->config->batch > 0)
		step = v->first_step + (int64_t)v->steps;
	if (rec_add(out, "epoch", value_int(v->epoch)) < 0)
		return fail_last();
	return rec_add(out, "step", value_int(step));
}

/* Takes the sample's picture into the batch; *bad when it is no picture. */
static int
take_picture(struct viewer *v, struct rec *out, const struct rec *r, size_t i,
    size_t n, bool *bad)
{
	struct job *j = &v->jobs[v->n_jobs];
	struct aug_source none;

	if (origin_find(&j->origin, r, i) < 0)
		return fail_last();
	*bad = j->origin.image.height < 1;
	if (*bad) {
		if (origin_get(&j->origin, &v->rooms[0], (struct rect){ 0 },
		    &none) < 0)
			fail_save(&j->bad);
		report(v, j);
		if (v->filled > 0 && v->config->batch == 0)
			columns_cut(&v->columns, v->columns.rows - 1);
		return 0;
	}
	if (v->filled == 0 && (begin_batch(v, out, r, n - i) < 0
	    || begin_views(v, j) < 0))
		return fail_last();
	v->n_jobs++;
	return 0;
}

/* Takes sample i of n into the batch. */
static int
take_sample(struct viewer *v, struct rec *out, const struct rec *r, size_t i,
    size_t n)
{
	struct job *j = &v->jobs[v->n_jobs];
	bool bad = false;

	if (v->steps == 0 && v->filled == 0)
		v->first_epoch = field_int(r, "epoch", 0);
	j->index = sample_index(v, r, i);
	j->epoch = (uint64_t)field_int(r, "epoch", 0);
	j->row = v->filled;
	if (origin_fields(r) != NULL) {
		if (take_picture(v, out, r, i, n, &bad) < 0)
			return fail_last();
	} else if ((v->filled == 0 && begin_batch(v, out, r, n) < 0)
	    || copy_numbers(v, r, i) < 0) {
		return fail_last();
	}
	if (bad)
		return 0;
	if (columns_copy(&v->columns, v->filled, r, i) < 0)
		return fail_last();
	v->filled++;
	return v->n_jobs == CHUNK ? run_jobs(v) : 0;
}

/* The next sample: 1 and its record, 0 at the end.  Jobs are done before the
 * records they look at make room. */
static int
next_sample(struct viewer *v, const struct rec **r, size_t *i, size_t *n)
{
	while (v->chunk == NULL || v->rec == v->chunk->n
	    || v->sample == v->chunk->samples[v->rec]) {
		int slot, got;

		if (v->chunk != NULL && v->rec < v->chunk->n) {
			v->rec++;
			v->sample = 0;
			continue;
		}
		if (run_jobs(v) < 0)
			return fail_last();
		got = ahead_next(v->reading, &slot);
		if (got <= 0)
			return got;
		v->chunk = &v->chunks[slot];
		v->rec = v->sample = 0;
	}
	*r = &v->chunk->recs[v->rec];
	*n = v->chunk->samples[v->rec];
	*i = v->sample++;
	return 1;
}

static bool
is_wanted(const struct viewer *v, const struct rec *r, size_t i)
{
	return v->config->only_index < 0
	    || sample_index(v, r, i) == (uint64_t)v->config->only_index;
}

static int
make_record(void *arg, int slot)
{
	struct viewer *v = arg;
	struct rec *out = &v->outs[slot];

	v->filled = 0;
	do {
		const struct rec *r = NULL;
		size_t i = 0, n = 0;
		const int got = next_sample(v, &r, &i, &n);

		if (got <= 0) {
			v->dropped += v->filled;
			return got;
		}
		if (v->filled > 0 && field_int(r, "epoch", 0) != v->epoch) {
			if (run_jobs(v) < 0)
				return fail_last();
			v->dropped += v->filled;
			v->filled = 0;
		}
		if (is_wanted(v, r, i) && take_sample(v, out, r, i, n) < 0)
			return fail_last();
		v->seen++;
		if (v->filled == v->columns.rows && run_jobs(v) < 0)
			return fail_last();
	} while (v->filled == 0 || v->filled < v->columns.rows);
	v->steps++;
	return 1;
}

struct viewer *
viewer_new(struct stream_in *in, struct pool *pool,
    const struct view_config *config)
{
	struct viewer *v = calloc(1, sizeof(*v));

	if (v == NULL) {
		fail_memory(sizeof(*v));
		return NULL;
	}
	v->in = in;
	v->pool = pool;
	v->config = config;
	v->start_step = value_get_int(&stream_head(in)->meta, "start_step", 0);
	v->epoch_samples = value_get_int(&stream_head(in)->meta,
	    "epoch_samples", 0);
	v->canvases = calloc((size_t)pool_threads(pool),
	    sizeof(*v->canvases));
	v->rooms = calloc((size_t)pool_threads(pool), sizeof(*v->rooms));
	if (v->canvases == NULL || v->rooms == NULL)
		fail_memory((size_t)pool_threads(pool)
		    * sizeof(*v->canvases));
	else if ((v->reading = ahead_new(read_chunk, v)) != NULL)
		v->making = ahead_new(make_record, v);
	if (v->making == NULL) {
		viewer_free(v);
		return NULL;
	}
	return v;
}

void
viewer_free(struct viewer *v)
{
	if (v == NULL)
		return;
	ahead_free(v->making);
	ahead_free(v->reading);
	for (int i = 0; v->canvases != NULL && i < pool_threads(v->pool); i++)
		aug_canvas_free(&v->canvases[i]);
	for (int i = 0; v->rooms != NULL && i < pool_threads(v->pool); i++)
		origin_room_free(&v->rooms[i]);
	free(v->canvases);
	free(v->rooms);
	for (int s = 0; s < 2; s++) {
		rec_free(&v->outs[s]);
		for (size_t i = 0; i < CHUNK; i++)
			rec_free(&v->chunks[s].recs[i]);
	}
	free(v);
}

int
viewer_next(struct viewer *v, struct rec **out)
{
	int slot;
	const int got = ahead_next(v->making, &slot);

	if (got > 0)
		*out = &v->outs[slot];
	return got;
}

uint64_t
viewer_dropped(const struct viewer *v)
{
	return v->dropped;
}

uint64_t
viewer_bad(const struct viewer *v)
{
	return v->bad;
}
