/* SPDX-License-Identifier: MIT */
#include "view/collect.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/num.h"

static int64_t
field_int(const struct rec *r, const char *name, int64_t otherwise)
{
	const struct value *v = rec_find(r, name);

	return v != NULL && v->type == VALUE_INT ? v->integer : otherwise;
}

/* Samples a record; 0: as the input has them. */
static size_t
batch(const struct collect *g)
{
	return g->config->only_index >= 0 ? 1 : g->config->batch;
}

/*
 * The number of a stream's first full batch.  One that began later, with
 * --start-step and the same batches, counted each epoch's rest as a batch;
 * here it is dropped.
 */
static int64_t
first_step(const struct collect *g, const struct sample *s)
{
	const int64_t size = (int64_t)g->config->batch;
	const int64_t samples = g->epoch_samples;
	const int64_t step = field_int(s->rec, "step", 0);
	int64_t full, begin, within;

	if (size == 0 || g->start_step <= 0 || samples <= 0 || s->epoch < 0)
		return 0;
	full = samples / size;
	/* Numbers of a header may be anything. */
	if (__builtin_mul_overflow(s->epoch, full + (samples % size > 0),
	    &begin) || __builtin_sub_overflow(step, begin, &within))
		return 0;
	return s->epoch * full + (within < 0 ? 0 : within < full ? within
	    : full);
}

/* The fields that do not pass, as views stand for them; NULL and a failure. */
static const char *const *
skipped(const struct collect *g, const struct rec *r)
{
	static const char *const numbers[] = { "x", NULL };
	static const char *const nothing[] = { NULL };
	const char *const *pictures = origin_fields(r);

	if (!g->config->keep_image)
		return pictures != NULL ? pictures : numbers;
	if (rec_find(r, "jpeg") == NULL)
		return pictures != NULL ? nothing : numbers;
	fail(FAIL_USAGE, "field jpeg: only decoded pictures can be kept; "
	    "decode without --keep-jpeg");
	return NULL;
}

/* The record being filled. */
static struct made *
current(struct collect *g)
{
	return &g->made[g->full % 2];
}

/* Room for the views of so many samples like this one. */
static int
begin_views(struct collect *g, const struct sample *s, size_t rows)
{
	struct made *m = current(g);

	for (int k = 0; k < work_views(g->config); k++) {
		const struct tensor *one = &s->views[k];
		size_t shape[TENSOR_DIMS];
		char name[16];
		void *data;

		memcpy(shape, one->shape, sizeof(shape));
		shape[0] = rows;
		snprintf(name, sizeof(name), "view%d", k);
		if (rec_add_tensor(&m->rec, name, one->dtype, one->n_dims,
		    shape, &data) < 0)
			return fail_last();
		m->views[k] = rec_find(&m->rec, name)->tensor;
	}
	return 0;
}

#define BESIDE ((size_t)64 << 10)	/* bytes of a record beside its views */

/* All of a record in one piece of memory, from the first one on. */
static int
reserve(struct made *m, const struct collect *g, const struct sample *s,
    size_t rows)
{
	size_t bytes = 0, all;

	for (int k = 0; k < work_views(g->config); k++)
		bytes += s->views[k].bytes;
	if (num_mul(bytes, rows, &all) < 0 || num_add(all, BESIDE, &all) < 0)
		return fail_last();
	rec_clear(&m->rec);
	return arena_reserve(&m->rec.arena, all);
}

/* A view of the input beyond those made here would be taken for one. */
static int
refuse_views(const struct collect *g, const struct rec *r)
{
	char name[16];

	for (int k = work_views(g->config); k < RECIPE_VIEWS; k++) {
		snprintf(name, sizeof(name), "view%d", k);
		if (rec_find(r, name) != NULL)
			return fail(FAIL_FORMAT, "field %s: this input has "
			    "more views already than are made of it", name);
	}
	return 0;
}

/* A record that begins with this sample. */
static int
begin(struct collect *g, const struct sample *s)
{
	const size_t rows = batch(g) > 0 ? batch(g) : s->rows;
	const char *const *skip = skipped(g, s->rec);
	struct made *m = current(g);
	int64_t step = field_int(s->rec, "step", -1);

	if (g->step == 0)
		g->first_step = first_step(g, s);
	if (step < 0 || g->config->batch > 0)
		step = g->first_step + g->step;
	g->epoch = s->epoch;
	if (skip == NULL || refuse_views(g, s->rec) < 0 || reserve(m, g, s, rows) < 0
	    || columns_begin(&m->columns, &m->rec, rows, s->rec, skip) < 0
	    || rec_add(&m->rec, "epoch", value_int(g->epoch)) < 0
	    || rec_add(&m->rec, "step", value_int(step)) < 0)
		return fail_last();
	return begin_views(g, s, rows);
}

static int
wrong_shape(const struct sample *s, const struct tensor *one,
    const struct tensor *all)
{
	if (one->dtype != DTYPE_U1 || all->dtype != DTYPE_U1)
		return fail(FAIL_FORMAT, "sample %" PRIu64 ": x of another "
		    "shape than in its batch", s->index);
	return fail(FAIL_FORMAT, "sample %" PRIu64 ": a view of %zux%zux%zu px "
	    "in a batch of %zux%zux%zu; give --size", s->index, one->shape[2],
	    one->shape[1], one->shape[3], all->shape[2], all->shape[1],
	    all->shape[3]);
}

static int
add_views(const struct collect *g, struct made *m, const struct sample *s)
{
	for (int k = 0; k < work_views(g->config); k++) {
		const struct tensor *one = &s->views[k], *all = m->views[k];

		if (one->dtype != all->dtype || one->n_dims != all->n_dims
		    || memcmp(one->shape + 1, all->shape + 1,
		    (size_t)(one->n_dims - 1) * sizeof(one->shape[0])) != 0)
			return wrong_shape(s, one, all);
		memcpy((char *)all->data + m->filled * one->bytes, one->data,
		    one->bytes);
	}
	return 0;
}

/* An image that could not be decoded, and the epoch in which it came. */
struct bad_image {
	uint64_t index;
	int64_t epoch;
};

/* 1: bad in an earlier epoch too; 0: the first time, now remembered. */
static int
is_known(struct collect *g, const struct sample *s)
{
	const struct bad_image one = { s->index, s->epoch };
	size_t low = 0, high = g->known_bad.size / sizeof(one), n = high;
	struct bad_image *all;

	if (buf_append(&g->known_bad, &one, sizeof(one)) < 0)
		return fail_last();
	all = (struct bad_image *)(void *)g->known_bad.data;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (all[middle].index < s->index)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < n && all[low].index == s->index) {
		g->known_bad.size -= sizeof(one);
		return all[low].epoch != s->epoch;
	}
	memmove(all + low + 1, all + low, (n - low) * sizeof(one));
	all[low] = one;
	return 0;
}

/* The same image is bad in every epoch; it is counted and reported once. */
static int
report(struct collect *g, const struct sample *s)
{
	const int known = is_known(g, s);

	if (known != 0)
		return known < 0 ? known : 0;
	g->counts.bad++;
	reasons_add(&g->counts.why, s->bad.text);
	log_line(LOG_WARNING, "sample %" PRIu64 ": %s; skipped", s->index,
	    s->bad.text);
	return 0;
}

static int
end_epoch(struct collect *g)
{
	const bool none = g->good == 0 && g->bad > 0;

	g->good = g->bad = 0;
	return none ? fail(FAIL_FORMAT, "not one image could be read") : 0;
}

/* Says once that images are much smaller than a recipe's views of them. */
static void
warn_enlarged(struct collect *g, const struct sample *s)
{
	const int side = s->height < s->width ? s->height : s->width;
	const struct recipe *r = g->config->recipe;

	for (int k = 0; side > 0 && g->config->chain == NULL && !g->enlarged
	    && k < r->n_views; k++) {
		const int size = r->views[k].size;

		g->enlarged = size >= 2 * side;
		if (g->enlarged)
			log_line(LOG_WARNING, "an image of %dx%d px is "
			    "enlarged to views of %dx%d; --size or another "
			    "recipe makes smaller views", s->width, s->height,
			    size, size);
	}
}

static void
drop(struct collect *g)
{
	g->counts.dropped += current(g)->filled;
	current(g)->filled = 0;
}

static int
add(struct collect *g, const struct sample *s)
{
	struct made *m = current(g);

	if (m->filled == 0 && begin(g, s) < 0)
		return fail_last();
	if (add_views(g, m, s) < 0
	    || columns_copy(&m->columns, m->filled, s->rec, s->row) < 0)
		return fail_last();
	m->filled++;
	return 0;
}

int
collect_add(struct collect *g, const struct sample *s)
{
	struct made *m = current(g);
	bool last;

	if (g->begun && s->epoch != g->last_epoch && end_epoch(g) < 0)
		return fail_last();
	g->begun = true;
	g->last_epoch = s->epoch;
	*(s->bad.code < 0 ? &g->bad : &g->good) += 1;
	if (batch(g) > 0 && m->filled > 0 && s->epoch != g->epoch)
		drop(g);
	warn_enlarged(g, s);
	if ((s->bad.code < 0 ? report(g, s) : add(g, s)) < 0)
		return fail_last();
	last = batch(g) > 0 ? m->filled == batch(g) : s->row + 1 == s->rows;
	g->step += last;
	if (!last || m->filled == 0)
		return 0;
	if (m->filled < m->columns.rows)
		columns_cut(&m->columns, m->filled);
	g->counts.records++;
	g->full++;
	return 1;
}

int
collect_send(struct collect *g)
{
	struct made *m = &g->made[g->sent++ % 2];

	m->filled = 0;
	return g->config->give(g->config->arg, &m->rec);
}

int
collect_end(struct collect *g)
{
	drop(g);
	return end_epoch(g);
}

void
collect_free(struct collect *g)
{
	rec_free(&g->made[0].rec);
	rec_free(&g->made[1].rec);
	buf_free(&g->known_bad);
}
