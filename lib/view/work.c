/* SPDX-License-Identifier: MIT */
#include "view/work.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "view/origin.h"

/* One sample to be done: where it comes from, which row it becomes. */
struct job {
	struct origin origin;
	uint64_t epoch, index;
	struct made *to;
	size_t row;
	struct fail_state bad;		/* of its picture; code 0: none */
};

struct work {
	struct pool *pool;
	const struct view_config *config;
	struct aug_canvas *canvases;	/* one a worker */
	struct origin_room *rooms;
	struct job jobs[WORK_MOST];
	size_t n_jobs;
	bool begun;
	uint64_t bad, first_epoch;
};

static const char *
view_name(char name[16], int view)
{
	snprintf(name, 16, "view%d", view);
	return name;
}

static int
n_views(const struct view_config *c)
{
	return c->chain != NULL ? 1 : c->recipe->n_views;
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

/* The picture, as much of it and as large as all views together need. */
static int
get(const struct view_config *c, const struct job *j,
    struct origin_room *room, struct aug_source *to)
{
	const struct image *m = &j->origin.image;
	struct rect all = { 0, 0, m->width, m->height };
	int shrink = c->draft && c->chain == NULL ? 8 : 1;

	for (int i = 0; c->chain == NULL && i < c->recipe->n_views; i++) {
		const struct aug_view *v = &c->recipe->views[i];
		const struct rect one = aug_look(v, m->height, m->width,
		    c->seed, j->epoch, j->index, (uint32_t)i);
		const int most = aug_shrink(v, one);

		all = i == 0 ? one : around(all, one);
		shrink = most < shrink ? most : shrink;
	}
	return origin_get(&j->origin, room, all, shrink, to);
}

/* Makes one view of one sample; its picture lies in the canvas. */
static int
make_view(const struct view_config *config, struct aug_canvas *c,
    const struct job *j, const struct aug_source *source, int view)
{
	if (config->chain != NULL)
		return chain_apply(config->chain, c, &source->image);
	return aug_make_from(c, &config->recipe->views[view], source,
	    config->seed, j->epoch, j->index, (uint32_t)view);
}

static int
wrong_size(const struct job *j, const struct image *made,
    const struct image *to)
{
	return fail(FAIL_FORMAT, "sample %" PRIu64 ": a view of %dx%dx%d px in "
	    "a batch of %dx%dx%d; give --size", j->index, made->width,
	    made->height, made->channels, to->width, to->height,
	    to->channels);
}

static int
do_job(void *arg, size_t i, int worker)
{
	struct work *w = arg;
	struct job *j = &w->jobs[i];
	struct aug_canvas *c = &w->canvases[worker];
	struct aug_source source;
	const int rc = get(w->config, j, &w->rooms[worker], &source);

	j->bad.code = 0;
	if (rc < 0 && is_bad_picture(rc))
		fail_save(&j->bad);
	if (rc < 0)
		return is_bad_picture(rc) ? 0 : rc;
	for (int view = 0; view < n_views(w->config); view++) {
		struct image to = j->to->shapes[view];
		const struct image *made = &c->picture.image;

		if (make_view(w->config, c, j, &source, view) < 0)
			return fail_note("sample %" PRIu64, j->index);
		if (made->height != to.height || made->width != to.width
		    || made->channels != to.channels)
			return wrong_size(j, made, &to);
		to.data = (unsigned char *)j->to->views[view] + j->row
		    * (size_t)to.height * to.stride;
		aug_give(c, &to);
	}
	return 0;
}

/* In the first epoch only: the same pictures are bad in all. */
static void
report(struct work *w, const struct job *j)
{
	w->bad++;
	if (j->epoch == w->first_epoch)
		log_line(LOG_WARNING, "sample %" PRIu64 ": %s; left out",
		    j->index, j->bad.text);
}

static void
move_row(const struct made *m, int n, size_t to, size_t from)
{
	columns_move(&m->columns, to, from);
	for (int k = 0; k < n; k++) {
		const size_t bytes = m->shapes[k].stride
		    * (size_t)m->shapes[k].height;
		char *views = m->views[k];

		memcpy(views + to * bytes, views + from * bytes, bytes);
	}
}

/* The rows of bad pictures close up.  A record's jobs made its last rows, so
 * each that is left out brings those behind it one up. */
static void
leave_out(struct work *w, size_t n)
{
	size_t gone = 0;

	for (size_t i = 0; i < n; i++) {
		struct job *j = &w->jobs[i];

		if (i == 0 || j->to != w->jobs[i - 1].to)
			gone = 0;
		if (j->bad.code != 0) {
			report(w, j);
			j->to->filled--;
			gone++;
		} else if (gone > 0) {
			move_row(j->to, n_views(w->config), j->row - gone,
			    j->row);
		}
	}
}

int
work_run(struct work *w)
{
	const size_t n = w->n_jobs;

	w->n_jobs = 0;
	if (pool_run(w->pool, n, do_job, w) < 0)
		return fail_last();
	leave_out(w, n);
	return 0;
}

/* What the chain makes of a sample lies in the first canvas. */
static int
try_chain(struct work *w, const struct job *j)
{
	struct aug_source source;

	if (get(w->config, j, &w->rooms[0], &source) < 0
	    || make_view(w->config, &w->canvases[0], j, &source, 0) < 0)
		return fail_note("sample %" PRIu64, j->index);
	return 0;
}

/* Room for the views of a record like this sample's.  Without a fixed size
 * the first sample's view tells. */
static int
begin_views(struct work *w, struct made *made, const struct job *first)
{
	for (int view = 0; view < n_views(w->config); view++) {
		const int size = w->config->chain != NULL ? 0
		    : w->config->recipe->views[view].size;
		struct image m = first->origin.image;
		char name[16];
		size_t shape[4];

		if (w->config->chain != NULL) {
			if (try_chain(w, first) < 0)
				return fail_last();
			m = w->canvases[0].picture.image;
		} else if (size > 0) {
			m.height = m.width = size;
		}
		m.data = NULL;
		m.stride = (size_t)m.width * (size_t)m.channels;
		shape[0] = made->columns.rows;
		shape[1] = (size_t)m.height;
		shape[2] = (size_t)m.width;
		shape[3] = (size_t)m.channels;
		made->shapes[view] = m;
		if (rec_add_tensor(&made->rec, view_name(name, view),
		    DTYPE_U1, 4, shape, &made->views[view]) < 0)
			return fail_last();
	}
	return 0;
}

/* Numbers instead of pictures: few steps are for them, and quickly done. */
static int
make_numbers(const struct view_config *c, struct made *made,
    const struct rec *r, size_t i, const struct job *j)
{
	const struct value *x = rec_find(r, "x");
	size_t shape[TENSOR_DIMS], bytes;

	if (x == NULL || x->type != VALUE_TENSOR || x->tensor->n_dims < 2
	    || x->tensor->dtype != DTYPE_F4)
		return fail(FAIL_FORMAT, "no field image (u1), jpeg (u1) or x "
		    "(f4)");
	for (int view = 0; view < n_views(c); view++) {
		char name[16];
		float *to;

		if (c->chain != NULL)
			return fail(FAIL_USAGE, "--ops is for pictures, not "
			    "for numbers (field x)");
		memcpy(shape, x->tensor->shape, sizeof(shape));
		shape[0] = made->columns.rows;
		if (made->filled == 0 && rec_add_tensor(&made->rec,
		    view_name(name, view), DTYPE_F4, x->tensor->n_dims, shape,
		    &made->views[view]) < 0)
			return fail_last();
		bytes = x->tensor->bytes / x->tensor->shape[0];
		to = (float *)made->views[view] + made->filled * bytes
		    / sizeof(*to);
		memcpy(to, (const char *)x->tensor->data + i * bytes, bytes);
		if (aug_make_numbers(to, bytes / sizeof(*to),
		    shape[x->tensor->n_dims - 1], &c->recipe->views[view],
		    c->seed, j->epoch, j->index, (uint32_t)view) < 0)
			return fail_last();
	}
	return 0;
}

int
work_begin(struct made *made, const struct view_config *c,
    const struct rec *r, size_t rows)
{
	static const char *const numbers[] = { "x", NULL };
	static const char *const nothing[] = { NULL };
	const char *const *skip = origin_fields(r);

	if (c->keep_image && rec_find(r, "jpeg") != NULL)
		return fail(FAIL_USAGE, "field jpeg: only decoded pictures can "
		    "be kept; decode without --keep-jpeg");
	if (skip == NULL)
		skip = numbers;
	else if (c->keep_image)
		skip = nothing;
	made->filled = 0;
	memset(made->views, 0, sizeof(made->views));
	return columns_begin(&made->columns, &made->rec, rows, r, skip);
}

/* Notes a picture to be worked on; *bad when it is none. */
static int
take_picture(struct work *w, struct made *made, const struct rec *r, size_t i,
    bool *bad)
{
	struct job *j = &w->jobs[w->n_jobs];
	struct aug_source none;

	if (origin_find(&j->origin, r, i) < 0)
		return fail_last();
	*bad = j->origin.image.height < 1;
	if (*bad) {
		if (origin_get(&j->origin, &w->rooms[0], (struct rect){ 0 }, 1,
		    &none) < 0)
			fail_save(&j->bad);
		report(w, j);
		return 0;
	}
	if (made->views[0] == NULL && begin_views(w, made, j) < 0)
		return fail_last();
	w->n_jobs++;
	return 0;
}

int
work_take(struct work *w, struct made *made, const struct rec *r, size_t i,
    uint64_t epoch, uint64_t index)
{
	struct job *j = &w->jobs[w->n_jobs];
	bool bad = false;

	if (!w->begun)
		w->first_epoch = epoch;
	w->begun = true;
	j->epoch = epoch;
	j->index = index;
	j->to = made;
	j->row = made->filled;
	if (origin_fields(r) == NULL ? make_numbers(w->config, made, r, i, j) < 0
	    : take_picture(w, made, r, i, &bad) < 0)
		return fail_last();
	if (bad)
		return 0;
	if (columns_copy(&made->columns, made->filled, r, i) < 0)
		return fail_last();
	made->filled++;
	return w->n_jobs == WORK_MOST ? work_run(w) : 0;
}

struct work *
work_new(struct pool *pool, const struct view_config *config)
{
	const size_t n = (size_t)pool_threads(pool);
	struct work *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		fail_memory(sizeof(*w));
		return NULL;
	}
	w->pool = pool;
	w->config = config;
	w->canvases = calloc(n, sizeof(*w->canvases));
	w->rooms = calloc(n, sizeof(*w->rooms));
	if (w->canvases != NULL && w->rooms != NULL)
		return w;
	fail_memory(n * sizeof(*w->canvases));
	work_free(w);
	return NULL;
}

void
work_free(struct work *w)
{
	if (w == NULL)
		return;
	for (int i = 0; i < pool_threads(w->pool); i++) {
		if (w->canvases != NULL)
			aug_canvas_free(&w->canvases[i]);
		if (w->rooms != NULL)
			origin_room_free(&w->rooms[i]);
	}
	free(w->canvases);
	free(w->rooms);
	free(w);
}

uint64_t
work_bad(const struct work *w)
{
	return w->bad;
}
