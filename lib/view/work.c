/* SPDX-License-Identifier: MIT */
#include "view/work.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

int
work_views(const struct view_config *c)
{
	return c->chain != NULL ? 1 : c->recipe->n_views;
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
get(const struct view_config *c, const struct sample *s,
    const struct origin *origin, struct origin_room *room,
    struct aug_source *to)
{
	const struct image *m = &origin->image;
	struct rect all = { 0, 0, m->width, m->height };
	int shrink = c->draft && c->chain == NULL ? 8 : 1;

	for (int i = 0; m->height > 0 && c->chain == NULL
	    && i < c->recipe->n_views; i++) {
		const struct aug_view *v = &c->recipe->views[i];
		const struct rect one = aug_look(v, m->height, m->width,
		    c->seed, (uint64_t)s->epoch, s->index, (uint32_t)i);
		const int most = aug_shrink(v, one);

		all = i == 0 ? one : around(all, one);
		shrink = most < shrink ? most : shrink;
	}
	return origin_get(origin, room, all, shrink, to);
}

/* Room for a view of the sample: its tensor's data. */
static int
make_room(struct sample *s, int view, const struct tensor *like)
{
	struct buf *room = &s->rooms[view];

	room->size = 0;
	if (buf_reserve(room, like->bytes) < 0)
		return fail_last();
	s->views[view] = *like;
	s->views[view].data = room->data;
	return 0;
}

/* The view in the canvas becomes the sample's. */
static int
keep(struct sample *s, int view, struct aug_canvas *c)
{
	const struct image *m = &c->picture.image;
	const struct tensor like = { .dtype = DTYPE_U1, .n_dims = 4,
		.shape = { 1, (size_t)m->height, (size_t)m->width,
		(size_t)m->channels }, .bytes = (size_t)m->height
		* (size_t)m->width * (size_t)m->channels };
	struct image to = *m;

	if (make_room(s, view, &like) < 0)
		return fail_last();
	to.data = s->views[view].data;
	to.stride = (size_t)m->width * (size_t)m->channels;
	aug_give(c, &to);
	return 0;
}

static int
make_picture(const struct view_config *c, struct bench *b, struct sample *s,
    int view, const struct aug_source *source)
{
	const int rc = c->chain != NULL
	    ? chain_apply(c->chain, &b->canvas, &source->image)
	    : aug_make_from(&b->canvas, &c->recipe->views[view], source,
	    c->seed, (uint64_t)s->epoch, s->index, (uint32_t)view);

	return rc < 0 ? rc : keep(s, view, &b->canvas);
}

static int
make_pictures(const struct view_config *c, struct bench *b, struct sample *s)
{
	struct origin origin;
	struct aug_source source;
	int rc;

	if (origin_find(&origin, s->rec, s->row) < 0)
		return fail_last();
	s->height = origin.image.height;
	s->width = origin.image.width;
	rc = get(c, s, &origin, &b->origin, &source);
	if (fail_is_data(rc)) {
		fail_save(&s->bad);
		return 0;
	}
	for (int view = 0; rc == 0 && view < work_views(c); view++)
		rc = make_picture(c, b, s, view, &source);
	return rc;
}

/* What only pixels have is not ignored. */
static int
check_numbers(const struct view_config *c)
{
	const char *option = c->chain != NULL ? "--ops" : c->keep_image ?
	    "--keep-image" : c->draft ? "--draft" : NULL;

	for (int i = 0; option == NULL && i < work_views(c); i++)
		if (c->recipe->views[i].size > 0)
			option = "a view's size";
	return option == NULL ? 0 : fail(FAIL_USAGE, "%s is for images, not "
	    "for numbers (field x)", option);
}

static int
check_finite(const float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return fail(FAIL_FORMAT, "x: number %zu is not "
			    "finite", i);
	return 0;
}

/* Numbers instead of pictures: few steps are for them, and quickly done. */
static int
make_numbers(const struct view_config *c, struct sample *s)
{
	const struct value *x = rec_find(s->rec, "x");
	struct tensor one;

	if (x->type != VALUE_TENSOR || x->tensor->n_dims < 2
	    || x->tensor->dtype != DTYPE_F4)
		return fail(FAIL_FORMAT, "field x is not f4 [N,D] or [N,T,D]");
	if (check_numbers(c) < 0)
		return fail_last();
	one = *x->tensor;
	one.shape[0] = 1;
	one.bytes = x->tensor->bytes / s->rows;
	if (check_finite((const float *)x->tensor->data + s->row * one.bytes
	    / sizeof(float), one.bytes / sizeof(float)) < 0)
		return fail_last();
	for (int view = 0; view < work_views(c); view++) {
		if (make_room(s, view, &one) < 0)
			return fail_last();
		memcpy(s->views[view].data, (const char *)x->tensor->data
		    + s->row * one.bytes, one.bytes);
		if (aug_make_numbers(s->views[view].data, one.bytes
		    / sizeof(float), one.shape[one.n_dims - 1],
		    &c->recipe->views[view], c->seed, (uint64_t)s->epoch,
		    s->index, (uint32_t)view) < 0)
			return fail_last();
	}
	return 0;
}

int
work_do(const struct view_config *c, struct bench *b, struct sample *s)
{
	s->bad.code = 0;
	s->height = s->width = 0;
	if ((origin_fields(s->rec) == NULL ? make_numbers(c, s)
	    : make_pictures(c, b, s)) < 0)
		return fail_note("sample %" PRIu64, s->index);
	return 0;
}

void
sample_free(struct sample *s)
{
	for (int view = 0; view < RECIPE_VIEWS; view++)
		buf_free(&s->rooms[view]);
}

void
bench_free(struct bench *b)
{
	aug_canvas_free(&b->canvas);
	origin_room_free(&b->origin);
}
