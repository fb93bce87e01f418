/* SPDX-License-Identifier: MIT */
#include "train/batch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ahead.h"
#include "base/log.h"
#include "base/stop.h"

/* A stream that is read ahead. */
struct reader {
	struct stream_in *in;
	const struct method *method;	/* NULL: reads the support */
	int channels, n_views;
	bool more_views, label;
	bool told_more;		/* that there are more views */
	uint64_t skip;
	struct ahead *ahead;
	struct rec rec[2];
	uint64_t streams, next;		/* streams so far; the next step of the
					 * one at hand, whose steps skip counts */
};

struct batch {
	struct kernel *kernel;
	struct batch_norm norm;
	struct reader main, support;
	bool strong[METHOD_VIEWS];
	uint64_t step, support_end;
	struct batch_pixels pixels;
};

int
batch_room(struct batch_pixels *p, size_t n)
{
	if (n <= p->room)
		return 0;
	batch_pixels_free(p);
	p->x = kernel_alloc(p->kernel, n);
	if (p->x == NULL)
		return fail_last();
	p->room = n;
	return 0;
}

void
batch_upload(struct batch_pixels *p, size_t at, const struct tensor *t,
    const struct batch_norm *norm)
{
	const size_t pixels = t->bytes / dtype_size(t->dtype) /
	    (size_t)norm->channels;

	if (t->dtype == DTYPE_U1)
		kernel_upload_pixels(p->kernel, p->x + at, t->data, pixels,
		    norm->channels, norm->scale, norm->shift);
	else
		kernel_upload_scaled(p->kernel, p->x + at, t->data, pixels,
		    norm->channels, norm->scale, norm->shift);
}

void
batch_pixels_free(struct batch_pixels *p)
{
	if (p->x != NULL)
		kernel_release(p->kernel, p->x);
	p->x = NULL;
	p->room = 0;
}

/* The record's view i, or NULL. */
static const struct tensor *
view(const struct rec *rec, int i)
{
	const struct value *v;
	char name[16];

	snprintf(name, sizeof(name), "view%d", i);
	v = rec_find(rec, name);
	return v == NULL || v->type != VALUE_TENSOR ? NULL : v->tensor;
}

/* Views that a reader takes of a record: those it needs, and where it wants
 * more all that are there. */
static int
views(const struct reader *r, const struct rec *rec)
{
	int n = r->n_views;

	while (r->more_views && n < METHOD_VIEWS && view(rec, n) != NULL)
		n++;
	return n;
}

/* FAIL_FORMAT for a record with views, but fewer than the method needs. */
static int
check_count(const struct reader *r, const struct rec *rec)
{
	int n = 0;

	while (n < r->n_views && view(rec, n) != NULL)
		n++;
	if (n == 0 || n == r->n_views)
		return 0;
	return fail(FAIL_FORMAT, "%s needs %d views, view0 to view%d, and the "
	    "record has %d; %s", r->method->name, r->n_views, r->n_views - 1,
	    n, r->n_views > 2 ? "ssl-augment --recipe clsa writes three" :
	    "ssl-augment --views 2 writes two");
}

static int
check_views(struct reader *r, const struct rec *rec)
{
	const struct tensor *first = NULL, *t;

	if (check_count(r, rec) < 0)
		return fail_last();
	for (int i = 0; i < views(r, rec); i++) {
		char name[16];
		int rc;

		snprintf(name, sizeof(name), "view%d", i);
		rc = batch_check_pixels(rec, name, r->channels, &t);
		if (rc < 0)
			return rc;
		first = i == 0 ? t : first;
		if (t->shape[0] != first->shape[0])
			return fail(FAIL_FORMAT, "%s: %zu pictures, but %zu "
			    "in view0", name, t->shape[0], first->shape[0]);
	}
	if (first != NULL && first->shape[0] == 0)
		return fail(FAIL_FORMAT, "a record without samples");
	if (r->method != NULL && !r->more_views && !r->told_more &&
	    view(rec, r->n_views) != NULL) {
		r->told_more = true;
		log_line(LOG_WARNING, "%s: %s uses the first %d views of a "
		    "record and not view%d", stream_path(r->in),
		    r->method->name, r->n_views, r->n_views);
	}
	if (r->more_views && view(rec, METHOD_VIEWS) != NULL)
		return fail(FAIL_LIMIT, "more than %d views", METHOD_VIEWS);
	return 0;
}

/* Labels of the record's samples, or NULL where it has none. */
static const int64_t *
labels(const struct rec *rec)
{
	const struct tensor *t;
	size_t n = view(rec, 0)->shape[0];

	if (rec_find(rec, "label") == NULL ||
	    rec_tensor(rec, "label", DTYPE_I8, "n", &t) < 0 ||
	    t->shape[0] != n)
		return NULL;
	return t->data;
}

static int
check_mix(const struct rec *rec, size_t n)
{
	const struct tensor *index, *share;
	int rc;

	if ((rec_find(rec, "mix_index") == NULL) !=
	    (rec_find(rec, "mix_lambda") == NULL))
		return fail(FAIL_FORMAT, "mix_index and mix_lambda come "
		    "together or not at all");
	if (rec_find(rec, "mix_index") == NULL)
		return 0;
	if ((rc = rec_tensor(rec, "mix_index", DTYPE_I8, "n", &index)) < 0 ||
	    (rc = rec_tensor(rec, "mix_lambda", DTYPE_F4, "n", &share)) < 0)
		return rc;
	if (index->shape[0] != n || share->shape[0] != n)
		return fail(FAIL_FORMAT, "mix_index: not as long as view0");
	for (size_t i = 0; i < n; i++) {
		const int64_t at = ((const int64_t *)index->data)[i];
		const float l = ((const float *)share->data)[i];

		if (at < 0 || (uint64_t)at >= n || !(l >= 0 && l <= 1))
			return fail(FAIL_FORMAT, "mix_index, mix_lambda: "
			    "%" PRId64 ", %g in row %zu of %zu", at,
			    (double)l, i, n);
	}
	return 0;
}

/* The record's step in its stream; one that does not say is the next. */
static uint64_t
step_of(const struct reader *r, const struct rec *rec)
{
	const struct value *step = rec_find(rec, "step");

	return step != NULL && step->type == VALUE_INT && step->integer >= 0 ?
	    (uint64_t)step->integer : r->next;
}

/* Steps count on from one stream to the next in a file, so fewer of the next
 * are skipped. */
static void
move_on(struct reader *r)
{
	if (stream_streams(r->in) == r->streams)
		return;
	r->skip -= r->skip < r->next ? r->skip : r->next;
	r->streams = stream_streams(r->in);
	r->next = 0;
}

/* Where the record stands in its run: 1 to take it, 0 to skip it, or a failure
 * for a first record that comes too late for a run that is resumed. */
static int
due(struct reader *r, const struct rec *rec)
{
	uint64_t step;

	if (r->skip == 0)
		return 1;
	move_on(r);
	step = step_of(r, rec);
	r->next = step + 1;
	if (stream_records(r->in) == 1 && step > r->skip)
		return fail(FAIL_FORMAT, "the stream begins at step %" PRIu64
		    ", the checkpoint is at step %" PRIu64, step, r->skip);
	return step >= r->skip;
}

/* FAIL_USAGE for views that are mixed where that has no meaning: soft targets
 * are those of view0. */
static int
check_mixed(const struct reader *r, const struct rec *rec)
{
	const int64_t k = value_get_int(&stream_head(r->in)->meta, "mix_view",
	    0);
	int rc;

	if (rec_find(rec, "mix_index") == NULL)
		return 0;
	if (r->method == NULL)
		return fail(FAIL_USAGE, "mix_index: mixed views do not have "
		    "the label of one class; --support takes views that are "
		    "not mixed");
	if ((rc = method_check_mixed(r->method)) < 0 || k == 0)
		return rc;
	return fail(FAIL_USAGE, "view%" PRId64 " is mixed, but %s predicts "
	    "from view0: mix view0 (ssl-mix --view 0)", k, r->method->name);
}

static int
check_labels(const struct rec *rec, size_t n)
{
	const int64_t *label = labels(rec);

	if (label == NULL)
		return fail(FAIL_FORMAT, "label: missing, or not i8 for each "
		    "sample");
	for (size_t i = 0; i < n; i++)
		if (label[i] < -1)
			return fail(FAIL_FORMAT, "label: %" PRId64 " in row "
			    "%zu; a label is 0 or more, or -1 for none",
			    label[i], i);
	return 0;
}

static int
check(struct reader *r, const struct rec *rec)
{
	size_t n;
	int rc;

	if ((rc = check_views(r, rec)) < 0)
		return rc;
	n = view(rec, 0)->shape[0];
	if ((rc = check_mix(rec, n)) < 0 || (rc = check_mixed(r, rec)) < 0)
		return rc;
	return r->label ? check_labels(rec, n) : 0;
}

static int
make(void *arg, int slot)
{
	struct reader *r = arg;
	struct rec *rec = &r->rec[slot];
	int rc, taken = 0;

	do {
		rc = stream_read(r->in, rec);
	} while (rc > 0 && (taken = due(r, rec)) == 0);
	rc = taken < 0 ? taken : rc;
	if (rc <= 0)
		return rc < 0 ? fail_note("%s", stream_path(r->in)) : 0;
	rc = check(r, rec);
	return rc == 0 ? 1 : fail_note("%s: record %" PRIu64,
	    stream_path(r->in), stream_records(r->in) - 1);
}

static void
reader_free(struct reader *r)
{
	ahead_free(r->ahead);
	rec_free(&r->rec[0]);
	rec_free(&r->rec[1]);
}

/* Which views are strong, by the header, or else those behind the first
 * two. */
static void
find_roles(struct batch *b, const struct head *h)
{
	const struct value *v = value_find(&h->meta, "views");

	for (int i = 0; i < METHOD_VIEWS; i++) {
		const struct value *one = v == NULL ||
		    v->type != VALUE_ARRAY || (size_t)i >= v->array.n ? NULL :
		    &v->array.items[i];

		b->strong[i] = one == NULL ? i > 1 :
		    strcmp(value_get_text(one, "role", "weak"),
			"strong") == 0;
	}
}

struct batch *
batch_new(struct stream_in *in, struct kernel *k,
    const struct batch_norm *norm, const struct method *method,
    uint64_t skip)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (b == NULL) {
		fail_memory(sizeof(*b));
		return NULL;
	}
	b->kernel = b->pixels.kernel = k;
	b->norm = *norm;
	b->step = skip;
	b->main = (struct reader){ .in = in, .method = method,
		.channels = norm->channels,
		.n_views = method->n_views, .more_views = method->more_views,
		.label = method->label, .skip = skip };
	find_roles(b, stream_head(in));
	if (head_refuse_checkpoint(stream_head(in)) < 0) {
		fail_note("%s", stream_path(in));
		batch_free(b);
		return NULL;
	}
	b->main.ahead = ahead_new(&(struct ahead_plan){ .take = make,
	    .quit = stop_signal, .arg = &b->main, .slots = 2, .threads = 1 });
	if (b->main.ahead == NULL) {
		batch_free(b);
		return NULL;
	}
	return b;
}

int
batch_support_agrees(const struct head *views, const struct head *support)
{
	static const char *const keys[] = { "mean", "std" };

	if (head_refuse_checkpoint(support) < 0)
		return fail_last();
	for (int i = 0; i < 2; i++)
		if (value_find(&views->meta, keys[i]) != NULL &&
		    value_find(&support->meta, keys[i]) != NULL &&
		    head_agree_on(&views->meta, &support->meta, keys[i]) < 0)
			return fail_last();
	return 0;
}

int
batch_support(struct batch *b, struct stream_in *in, uint64_t end)
{
	if (b->step >= end)
		return 0;
	b->support = (struct reader){ .in = in, .n_views = 1, .label = true,
		.channels = b->norm.channels, .skip = b->step };
	b->support_end = end;
	b->support.ahead = ahead_new(&(struct ahead_plan){ .take = make,
	    .quit = stop_signal, .arg = &b->support, .slots = 2, .threads = 1 });
	return b->support.ahead == NULL ? fail_last() : 0;
}

void
batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	reader_free(&b->main);
	reader_free(&b->support);
	batch_pixels_free(&b->pixels);
	free(b);
}

/* One view behind those already there. */
static struct method_view
place(struct batch *b, const struct tensor *t, size_t *at)
{
	const struct method_view v = { .x = b->pixels.x + *at,
		.h = (int)t->shape[1], .w = (int)t->shape[2] };

	batch_upload(&b->pixels, *at, t, &b->norm);
	*at += t->bytes / dtype_size(t->dtype);
	return v;
}

/* The record's views and, unless NULL, the support's, to the device. */
static int
upload(struct batch *b, const struct rec *rec, const struct rec *support,
    struct method_batch *out)
{
	size_t n = 0, at = 0;
	int rc;

	for (int i = 0; i < out->n_views; i++)
		n += view(rec, i)->bytes / dtype_size(view(rec, i)->dtype);
	if (support != NULL)
		n += view(support, 0)->bytes /
		    dtype_size(view(support, 0)->dtype);
	if ((rc = batch_room(&b->pixels, n)) < 0)
		return rc;
	for (int i = 0; i < out->n_views; i++) {
		out->view[i] = place(b, view(rec, i), &at);
		out->view[i].strong = b->strong[i];
	}
	if (support != NULL)
		out->support = place(b, view(support, 0), &at);
	return 0;
}

static int
fill(struct batch *b, const struct rec *rec, const struct rec *support,
    struct method_batch *out)
{
	const struct value *index = rec_find(rec, "mix_index");

	memset(out, 0, sizeof(*out));
	out->n = (int)view(rec, 0)->shape[0];
	out->n_views = views(&b->main, rec);
	out->step = b->step++;
	if (index != NULL) {
		out->mix_index = index->tensor->data;
		out->mix_lambda = rec_find(rec, "mix_lambda")->tensor->data;
	}
	out->label = labels(rec);
	if (support != NULL) {
		out->n_support = (int)view(support, 0)->shape[0];
		out->support_label = labels(support);
	}
	return upload(b, rec, support, out);
}

/* The labelled record of this step; NULL and 1 where there is none. */
static int
next_support(struct batch *b, const struct rec **rec)
{
	int slot, rc;

	*rec = NULL;
	if (b->support.ahead == NULL || b->step >= b->support_end)
		return 1;
	if ((rc = ahead_next(b->support.ahead, &slot)) == 0)
		return fail(FAIL_FORMAT, "%s: ends before step %" PRIu64
		    "; let it go on for more epochs, or stop it with "
		    "--support-epochs", stream_path(b->support.in), b->step);
	*rec = &b->support.rec[rc < 0 ? 0 : slot];
	return rc;
}

/* FAIL_FORMAT for labelled views of another size than the others. */
static int
check_sizes(const struct batch *b, const struct rec *rec,
    const struct rec *support)
{
	const struct tensor *t = view(rec, 0);
	const struct tensor *s = support == NULL ? t : view(support, 0);

	if (s->shape[1] == t->shape[1] && s->shape[2] == t->shape[2])
		return 0;
	return fail(FAIL_FORMAT, "%s: the labelled views are %zux%zu px, the "
	    "views %zux%zu; give ssl-augment the same --size",
	    stream_path(b->support.in), s->shape[2], s->shape[1], t->shape[2],
	    t->shape[1]);
}

int
batch_next(struct batch *b, struct method_batch *out, int64_t *epoch)
{
	const struct rec *support;
	const struct value *v;
	int slot, rc = ahead_next(b->main.ahead, &slot);

	if (rc <= 0 || (rc = next_support(b, &support)) < 0 ||
	    (rc = check_sizes(b, &b->main.rec[slot], support)) < 0)
		return rc;
	v = rec_find(&b->main.rec[slot], "epoch");
	*epoch = v != NULL && v->type == VALUE_INT ? v->integer : -1;
	rc = fill(b, &b->main.rec[slot], support, out);
	return rc < 0 ? rc : 1;
}

int
batch_drain(struct batch *b, uint64_t most, uint64_t *n)
{
	int slot, rc = 0;

	for (*n = 0; *n < most && (rc = ahead_next(b->main.ahead,
	    &slot)) > 0; ++*n)
		;
	return rc;
}
