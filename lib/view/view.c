/* SPDX-License-Identifier: MIT */
#include "view/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/columns.h"

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
	struct image image;
	uint64_t epoch, index;
	size_t row;
};

struct viewer {
	struct stream_in *in;
	struct pool *pool;
	const struct view_config *config;
	struct aug_canvas *canvases;	/* one a worker */

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
	uint64_t steps, seen, dropped;
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

static int
sample_image(const struct rec *r, size_t i, struct image *m)
{
	const struct tensor *t;
	size_t bytes;

	if (rec_tensor(r, "image", DTYPE_U1, "nhwc", &t) < 0)
		return fail_last();
	if (t->shape[1] < 1 || t->shape[1] > 65535 || t->shape[2] < 1
	    || t->shape[2] > 65535
	    || (t->shape[3] != 1 && t->shape[3] != 3 && t->shape[3] != 4))
		return fail(FAIL_FORMAT, "pictures of %zux%zu px with %zu "
		    "channels; up to 65535 px and 1, 3 or 4 are possible",
		    t->shape[2], t->shape[1], t->shape[3]);
	bytes = t->bytes / t->shape[0];
	*m = (struct image){ (unsigned char *)t->data + i * bytes,
		(int)t->shape[1], (int)t->shape[2], (int)t->shape[3],
		t->shape[2] * t->shape[3] };
	return 0;
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

/* Makes one view of one sample; its picture lies in the canvas. */
static int
make_view(const struct viewer *v, struct aug_canvas *c, const struct job *j,
    int view)
{
	if (v->config->chain != NULL)
		return chain_apply(v->config->chain, c, &j->image);
	return aug_make(c, &v->config->recipe->views[view], &j->image,
	    v->config->seed, j->epoch, j->index, (uint32_t)view);
}

static int
do_job(void *arg, size_t i, int worker)
{
	struct viewer *v = arg;
	const struct job *j = &v->jobs[i];
	struct aug_canvas *c = &v->canvases[worker];

	for (int view = 0; view < n_views(v); view++) {
		const struct image *shape = &v->shapes[view];
		struct image to = *shape;
		const struct image *made = &c->picture.image;

		if (make_view(v, c, j, view) < 0)
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

static int
run_jobs(struct viewer *v)
{
	const size_t n = v->n_jobs;

	v->n_jobs = 0;
	return pool_run(v->pool, n, do_job, v);
}

/* Room for the views of a batch like this sample's.  Without a fixed size
 * the first sample's view tells. */
static int
begin_views(struct viewer *v, const struct job *first)
{
	for (int view = 0; view < n_views(v); view++) {
		const int size = v->config->chain != NULL ? 0
		    : v->config->recipe->views[view].size;
		struct image m = first->image;
		char name[16];
		size_t shape[4];

		if (v->config->chain != NULL) {
			if (make_view(v, &v->canvases[0], first, view) < 0)
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
		return fail(FAIL_FORMAT, "neither field image (u1) nor x (f4)");
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
	const char *skip = v->config->keep_image ? "" : "image";
	int64_t step = field_int(r, "step", -1);

	if (rec_find(r, "image") == NULL)
		skip = "x";
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

/* Takes the sample into the batch. */
static int
take_sample(struct viewer *v, struct rec *out, const struct rec *r, size_t i,
    size_t n)
{
	struct job *j = &v->jobs[v->n_jobs];

	if (v->filled == 0 && begin_batch(v, out, r, n) < 0)
		return fail_last();
	j->index = sample_index(v, r, i);
	j->epoch = (uint64_t)v->epoch;
	j->row = v->filled;
	if (rec_find(r, "image") == NULL) {
		if (copy_numbers(v, r, i) < 0)
			return fail_last();
	} else {
		if (sample_image(r, i, &j->image) < 0)
			return fail_last();
		if (v->filled == 0 && begin_views(v, j) < 0)
			return fail_last();
		v->n_jobs++;
	}
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
	} while (v->filled == 0 || v->filled < v->columns.rows);
	v->steps++;
	return run_jobs(v) < 0 ? fail_last() : 1;
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
	if (v->canvases == NULL)
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
	free(v->canvases);
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
