/* SPDX-License-Identifier: MIT */
#include "view/view.h"

#include <inttypes.h>
#include <stdlib.h>

#include "view/work.h"

/* Samples are read so many at a time, in at most so many bytes (which caches
 * hold), or as many as have come: nobody waits for a slow producer's next
 * record. */
#define CHUNK WORK_MOST
#define CHUNK_BYTES ((size_t)8 << 20)
#define GROUP_BYTES ((size_t)4 << 20)

/* Records read together. */
struct chunk {
	struct rec recs[CHUNK];
	size_t samples[CHUNK];
	size_t n;
};

/* Records made together: where they are small, so that no thread waits. */
struct group {
	struct made made[CHUNK];
	size_t n, given;
};

struct viewer {
	struct stream_in *in;
	const struct view_config *config;
	struct work *work;

	struct ahead *reading;
	struct chunk chunks[2];
	struct chunk *chunk;		/* being used */
	size_t rec, sample;		/* next in it */

	struct ahead *making;
	struct group groups[2];
	struct group *group;		/* being handed out */
	int64_t epoch;			/* of the batch at work */
	uint64_t steps, seen, dropped;
	int64_t start_step, epoch_samples;	/* as the input's header says */
	int64_t first_step;		/* number of the first record */
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
		if (work_run(v->work) < 0)
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

/* Room for a batch (or a record) that begins with this record's samples. */
static int
begin(struct viewer *v, struct made *made, const struct rec *r, size_t rows)
{
	int64_t step = field_int(r, "step", -1);

	v->epoch = field_int(r, "epoch", 0);
	if (work_begin(made, v->config, r, rows) < 0)
		return fail_last();
	if (v->steps == 0 && v->config->batch > 0)
		v->first_step = first_step(v, r);
	if (step < 0 || v->config->batch > 0)
		step = v->first_step + (int64_t)v->steps;
	if (rec_add(&made->rec, "epoch", value_int(v->epoch)) < 0)
		return fail_last();
	return rec_add(&made->rec, "step", value_int(step));
}

/* Fills one record with as many samples as a batch has, of one epoch. */
static int
make_batch(struct viewer *v, struct made *made)
{
	const size_t rows = v->config->only_index >= 0 ? 1
	    : v->config->batch;

	made->filled = 0;
	do {
		const struct rec *r = NULL;
		size_t i = 0, n = 0;
		const int got = next_sample(v, &r, &i, &n);

		if (got <= 0) {
			v->dropped += made->filled;
			return got;
		}
		if (made->filled > 0 && field_int(r, "epoch", 0) != v->epoch) {
			if (work_run(v->work) < 0)
				return fail_last();
			v->dropped += made->filled;
			made->filled = 0;
		}
		if (is_wanted(v, r, i) && ((made->filled == 0
		    && begin(v, made, r, rows) < 0)
		    || work_take(v->work, made, r, i, (uint64_t)v->epoch,
		    sample_index(v, r, i)) < 0))
			return fail_last();
		v->seen++;
		if (made->filled == rows && work_run(v->work) < 0)
			return fail_last();
	} while (made->filled < rows);
	v->steps++;
	return 1;
}

/* One record becomes one. */
static int
make_same(struct viewer *v, struct made *made)
{
	size_t i = 0, n = 1;

	for (bool first = true; first || i + 1 < n; first = false) {
		const struct rec *r = NULL;
		const int got = next_sample(v, &r, &i, &n);

		if (got <= 0)
			return got;
		if ((first && begin(v, made, r, n) < 0)
		    || work_take(v->work, made, r, i, (uint64_t)v->epoch,
		    sample_index(v, r, i)) < 0)
			return fail_last();
		v->seen++;
	}
	v->steps++;
	return 1;
}

/* Nothing of the chunk is left. */
static bool
is_used_up(const struct viewer *v)
{
	return v->rec + 1 >= v->chunk->n
	    && v->sample == v->chunk->samples[v->chunk->n - 1];
}

/* Records of a chunk, one for each; those whose pictures were all left out do
 * not count. */
static int
make_many(struct viewer *v, struct group *g)
{
	size_t kept = 0, bytes = 0;
	int got;

	do {
		got = make_same(v, &g->made[g->n]);
		bytes += g->made[g->n].rec.arena.used;
		g->n += got > 0;
	} while (got > 0 && g->n < CHUNK && bytes < GROUP_BYTES
	    && !is_used_up(v));
	if (got < 0 || work_run(v->work) < 0)
		return fail_last();
	for (size_t i = 0; i < g->n; i++) {
		struct made *m = &g->made[i];

		if (m->filled < m->columns.rows)
			columns_cut(&m->columns, m->filled);
		kept += m->filled > 0;
	}
	return got == 0 && g->n == 0 ? 0 : kept > 0 ? 1 : 2;
}

static int
make_group(void *arg, int slot)
{
	struct viewer *v = arg;
	struct group *g = &v->groups[slot];
	int got;

	do {
		g->n = g->given = 0;
		if (v->config->batch > 0 || v->config->only_index >= 0) {
			got = make_batch(v, &g->made[0]);
			g->n = got > 0;
		} else {
			got = make_many(v, g);
		}
	} while (got > 1);
	return got;
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
	v->config = config;
	v->start_step = value_get_int(&stream_head(in)->meta, "start_step", 0);
	v->epoch_samples = value_get_int(&stream_head(in)->meta,
	    "epoch_samples", 0);
	v->work = work_new(pool, config);
	if (v->work != NULL
	    && (v->reading = ahead_new(read_chunk, v)) != NULL)
		v->making = ahead_new(make_group, v);
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
	work_free(v->work);
	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < CHUNK; i++) {
			rec_free(&v->groups[s].made[i].rec);
			rec_free(&v->chunks[s].recs[i]);
		}
	free(v);
}

int
viewer_next(struct viewer *v, struct rec **out)
{
	for (;;) {
		struct group *g = v->group;
		int slot, got;

		while (g != NULL && g->given < g->n) {
			struct made *m = &g->made[g->given++];

			if (m->filled > 0) {
				*out = &m->rec;
				return 1;
			}
		}
		got = ahead_next(v->making, &slot);
		if (got <= 0)
			return got;
		v->group = &v->groups[slot];
	}
}

uint64_t
viewer_dropped(const struct viewer *v)
{
	return v->dropped;
}

uint64_t
viewer_bad(const struct viewer *v)
{
	return work_bad(v->work);
}
