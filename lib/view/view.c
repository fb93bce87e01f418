/* SPDX-License-Identifier: MIT */
#include "view/view.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/flow.h"
#include "view/collect.h"
#include "view/work.h"

/* Samples are worked on so many at a time, or as many as caches hold, whether
 * the records read or the views made of them have so many bytes, or few more;
 * or as many as have come: nobody waits for a slow producer's next record. */
#define LOAD ((size_t)64)
#define LOAD_BYTES ((size_t)1 << 20)
#define FIRST_LOAD ((size_t)8)	/* samples, while nothing is known of views */
#define LOAD_TASKS ((size_t)8)	/* of small samples, several are one task */

/* Samples taken together, and the records that end among them: those stay
 * until the load is given, as all loads before it then are. */
struct load {
	struct rec *recs[LOAD];
	size_t n_recs;
	struct sample samples[LOAD];
	size_t n, given;
	size_t task;			/* samples of a task */
};

struct view {
	struct stream_in *in;
	const struct view_config *config;
	struct bench *benches;		/* one a worker */
	struct load loads[FLOW_SLOTS];
	struct rec recs[FLOW_SLOTS * LOAD + 1];	/* all there are */

	struct rec *rec;		/* being taken */
	size_t row, rows;		/* the next of its samples; all */
	uint64_t seen;			/* samples read so far */
	struct collect collect;
};

/* The sample's place in its data set; without the field, in the stream. */
static uint64_t
sample_index(const struct view *v, const struct rec *r, size_t row)
{
	const struct value *f = rec_find(r, "index");

	return f == NULL ? v->seen
	    : (uint64_t)((const int64_t *)f->tensor->data)[row];
}

/* Samples of the record at hand, until there are `most`; only the wanted one
 * if one is. */
static void
take_samples(struct view *v, struct load *l, size_t most)
{
	const struct value *epoch = rec_find(v->rec, "epoch");
	const int64_t only = v->config->only_index;

	for (; v->row < v->rows && l->n < most; v->row++, v->seen++) {
		struct sample *s = &l->samples[l->n];
		const uint64_t index = sample_index(v, v->rec, v->row);

		if (only >= 0 && index != (uint64_t)only)
			continue;
		s->rec = v->rec;
		s->row = v->row;
		s->rows = v->rows;
		s->epoch = epoch != NULL && epoch->type == VALUE_INT
		    ? epoch->integer : 0;
		s->index = index;
		l->n++;
	}
}

/* Fields that decide what is drawn must be what they are said to be. */
static int
check_record(const struct view *v)
{
	const struct value *epoch = rec_find(v->rec, "epoch");
	const struct tensor *index;

	if (origin_fields(v->rec) == NULL && rec_find(v->rec, "x") == NULL)
		return rec_lacks(v->rec, "image");
	if (rec_find(v->rec, "index") != NULL &&
	    rec_tensor(v->rec, "index", DTYPE_I8, "n", &index) < 0)
		return fail_last();
	return epoch == NULL || epoch->type == VALUE_INT ? 0 :
	    fail(FAIL_FORMAT, "epoch: not an integer");
}

/* The next record, once all samples of the one before are taken, which then
 * stays with the load: 1, 0 at the end, or a failure. */
static int
next_record(struct view *v, struct load *l)
{
	struct rec *used = v->rec;
	int got;

	if (v->rows > 0) {
		v->rec = l->recs[l->n_recs];
		l->recs[l->n_recs++] = used;
	}
	v->row = v->rows = 0;
	got = stream_read(v->in, v->rec);
	if (got > 0 && (rec_samples(v->rec, &v->rows) < 0 ||
	    check_record(v) < 0))
		return fail_note("record %" PRIu64,
		    stream_records(v->in) - 1);
	return got;
}

/* Samples whose views are LOAD_BYTES, if they are as large as those made
 * before in the same place. */
static size_t
most_samples(const struct load *l)
{
	size_t bytes = 0, most;

	for (int k = 0; k < RECIPE_VIEWS; k++)
		bytes += l->samples[0].views[k].bytes;
	most = bytes == 0 ? FIRST_LOAD : LOAD_BYTES / bytes;
	return most < 1 ? 1 : most > LOAD ? LOAD : most;
}

static int
take(void *arg, int slot, size_t *n_tasks)
{
	struct view *v = arg;
	struct load *l = &v->loads[slot];
	const size_t most = most_samples(l);
	size_t bytes = 0;
	int got = 1;

	l->n = l->n_recs = l->given = 0;
	while (got > 0 && l->n < most && l->n_recs < LOAD
	    && bytes < LOAD_BYTES) {
		if (v->row == v->rows) {
			if (l->n > 0 && !stream_ready(v->in))
				break;
			got = next_record(v, l);
			bytes += v->rec->arena.used;
		}
		if (got > 0)
			take_samples(v, l, most);
	}
	l->task = 1 + l->n / LOAD_TASKS;
	*n_tasks = (l->n + l->task - 1) / l->task;
	return got < 0 ? got : got > 0 || l->n > 0;
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
	struct load *l = &v->loads[slot];
	int rc = 0;

	for (size_t k = i * l->task; rc == 0 && k < (i + 1) * l->task
	    && k < l->n; k++)
		rc = work_do(v->config, &v->benches[worker], &l->samples[k]);
	return rc;
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
view_free(struct view *v, int threads)
{
	for (size_t i = 0; i < FLOW_SLOTS * LOAD; i++)
		sample_free(&v->loads[i / LOAD].samples[i % LOAD]);
	for (size_t i = 0; i < FLOW_SLOTS * LOAD + 1; i++)
		rec_free(&v->recs[i]);
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
	for (size_t i = 0; i < FLOW_SLOTS * LOAD; i++)
		v->loads[i / LOAD].recs[i % LOAD] = &v->recs[i];
	v->rec = &v->recs[FLOW_SLOTS * LOAD];
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
	rc = head_refuse_checkpoint(stream_head(in));
	if (rc == 0)
		rc = flow_run(pool, &flow);
	if (rc == 0)
		rc = collect_end(&v->collect);
	*counts = v->collect.counts;
	view_free(v, threads);
	return rc;
}
