/* SPDX-License-Identifier: MIT */
#include "view/view.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/flow.h"
#include "view/collect.h"
#include "view/work.h"

/* Samples are read so many at a time, in at most so many bytes (which caches
 * hold), or as many as have come: nobody waits for a slow producer's next
 * record. */
#define LOAD ((size_t)64)
#define LOAD_BYTES ((size_t)2 << 20)

/* Records read together, and their samples. */
struct load {
	struct rec recs[LOAD];
	size_t n_recs;
	struct sample *samples;
	size_t n, room, given;
};

struct view {
	struct stream_in *in;
	const struct view_config *config;
	struct bench *benches;		/* one a worker */
	struct load loads[FLOW_SLOTS];
	uint64_t seen;			/* samples read so far */
	struct collect collect;
};

/* The sample's place in its data set; without the field, in the stream. */
static uint64_t
sample_index(const struct view *v, const struct rec *r, size_t row)
{
	const struct value *f = rec_find(r, "index");

	if (f != NULL && f->type == VALUE_TENSOR
	    && f->tensor->dtype == DTYPE_I8 && f->tensor->n_dims == 1)
		return (uint64_t)((const int64_t *)f->tensor->data)[row];
	return v->seen;
}

/* Room for n more samples. */
static int
reserve(struct load *l, size_t n)
{
	struct sample *samples;
	size_t room = l->room;

	if (n <= l->room - l->n)
		return 0;
	while (room - l->n < n)
		room = room < LOAD ? LOAD : 2 * room;
	samples = realloc(l->samples, room * sizeof(*samples));
	if (samples == NULL)
		return fail_memory(room * sizeof(*samples));
	for (size_t i = l->room; i < room; i++)
		samples[i] = (struct sample){ 0 };
	l->samples = samples;
	l->room = room;
	return 0;
}

/* The samples of a record, or the one of them that is wanted. */
static int
take_samples(struct view *v, struct load *l, const struct rec *r)
{
	const struct value *epoch = rec_find(r, "epoch");
	const int64_t only = v->config->only_index;
	size_t n;

	if (rec_samples(r, &n) < 0)
		return fail_note("record %" PRIu64, stream_records(v->in));
	if (reserve(l, n) < 0)
		return fail_last();
	for (size_t row = 0; row < n; row++, v->seen++) {
		struct sample *s = &l->samples[l->n];
		const uint64_t index = sample_index(v, r, row);

		if (only >= 0 && index != (uint64_t)only)
			continue;
		s->rec = r;
		s->row = row;
		s->rows = n;
		s->epoch = epoch != NULL && epoch->type == VALUE_INT
		    ? epoch->integer : 0;
		s->index = index;
		l->n++;
	}
	return 0;
}

static int
take(void *arg, int slot, size_t *n_tasks)
{
	struct view *v = arg;
	struct load *l = &v->loads[slot];
	size_t bytes = 0;

	l->n = l->given = 0;
	for (l->n_recs = 0; l->n_recs < LOAD && l->n < LOAD
	    && bytes < LOAD_BYTES; l->n_recs++) {
		struct rec *r = &l->recs[l->n_recs];
		int got;

		if (l->n > 0 && !stream_ready(v->in))
			break;
		got = stream_read(v->in, r);
		if (got < 0)
			return got;
		if (got == 0)
			break;
		if (take_samples(v, l, r) < 0)
			return fail_last();
		bytes += r->arena.used;
	}
	*n_tasks = l->n;
	return l->n_recs > 0;
}

static bool
ready(const void *arg)
{
	const struct view *v = arg;

	return stream_ready(v->in);
}

static int
make(void *arg, int slot, size_t i, int worker)
{
	struct view *v = arg;

	return work_do(v->config, &v->benches[worker],
	    &v->loads[slot].samples[i]);
}

static int
give(void *arg, int slot)
{
	struct view *v = arg;
	struct load *l = &v->loads[slot];
	int rc = 0;

	while (rc == 0 && l->given < l->n)
		rc = collect_add(&v->collect, &l->samples[l->given++]);
	return rc;
}

static int
send(void *arg)
{
	struct view *v = arg;

	return collect_send(&v->collect);
}

static void
load_free(struct load *l)
{
	for (size_t i = 0; i < LOAD; i++)
		rec_free(&l->recs[i]);
	for (size_t i = 0; i < l->room; i++)
		sample_free(&l->samples[i]);
	free(l->samples);
}

static void
view_free(struct view *v, int threads)
{
	for (int i = 0; i < FLOW_SLOTS; i++)
		load_free(&v->loads[i]);
	for (int i = 0; v->benches != NULL && i < threads; i++)
		bench_free(&v->benches[i]);
	free(v->benches);
	collect_free(&v->collect);
	free(v);
}

static struct view *
view_new(struct stream_in *in, int threads, const struct view_config *config)
{
	const struct value *meta = &stream_head(in)->meta;
	struct view *v = calloc(1, sizeof(*v));

	if (v == NULL) {
		fail_memory(sizeof(*v));
		return NULL;
	}
	v->in = in;
	v->config = config;
	v->collect = (struct collect){ .config = config,
		.start_step = value_get_int(meta, "start_step", 0),
		.epoch_samples = value_get_int(meta, "epoch_samples", 0) };
	v->benches = calloc((size_t)threads, sizeof(*v->benches));
	if (v->benches == NULL) {
		fail_memory((size_t)threads * sizeof(*v->benches));
		view_free(v, threads);
		return NULL;
	}
	return v;
}

int
view_run(struct stream_in *in, struct pool *pool,
    const struct view_config *config, struct view_counts *counts)
{
	const int threads = pool_threads(pool);
	struct view *v = view_new(in, threads, config);
	const struct flow flow = { .take = take, .ready = ready, .task = make,
		.give = give, .send = send, .arg = v };
	int rc;

	*counts = (struct view_counts){ 0 };
	if (v == NULL)
		return fail_last();
	rc = flow_run(pool, &flow);
	collect_end(&v->collect);
	*counts = v->collect.counts;
	view_free(v, threads);
	return rc;
}
