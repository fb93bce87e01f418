/* SPDX-License-Identifier: MIT */
#include "eval/features.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/ahead.h"
#include "base/num.h"
#include "stream/stream.h"

/* A record's rows. */
struct page {
	struct rec rec;
	uint64_t number;		/* of the record in its input */
	const struct tensor *values;	/* the field, [n,...] */
	int64_t *label;			/* [n], one numbering for all streams;
					 * NULL: none are asked for */
	size_t n, room;			/* rows, and labels that fit */
};

struct features_in {
	struct stream_in *in;
	const char *field;
	struct labels *labels;		/* borrowed; NULL: none are asked for */
	bool add;			/* may add to them */
	struct renumber renumber;	/* of the stream under way */
	uint64_t streams;		/* headers looked at */
	size_t dim;
	struct page pages[2];
	struct ahead *ahead;		/* reads one while we use the other */

	struct page *page;		/* ours, and how far it is taken */
	size_t at, left_out;
};

/* to [n] = elements from..from+n-1 of a tensor; written. */
static void
convert(float *to, const struct tensor *t, size_t from, size_t n)
{
	double numbers[256];

	if (t->dtype == DTYPE_F4) {
		memcpy(to, (const float *)t->data + from, n * sizeof(*to));
		return;
	}
	for (size_t at = 0; at < n; at += 256) {
		const size_t these = n - at < 256 ? n - at : 256;

		tensor_numbers(t, from + at, these, numbers);
		for (size_t i = 0; i < these; i++)
			to[at + i] = (float)numbers[i];
	}
}

/* Every float but these has an exponent that is not all ones. */
static bool
all_finite(const float *x, size_t n)
{
	uint32_t odd = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t bits;

		memcpy(&bits, &x[i], sizeof(bits));
		odd |= (bits & 0x7f800000) == 0x7f800000;
	}
	return odd == 0;
}

static size_t
first_not_finite(const float *x)
{
	size_t i = 0;

	while (isfinite(x[i]))
		i++;
	return i;
}

static int
here(const struct features_in *r, const struct page *p)
{
	return fail_note("%s, record %" PRIu64, stream_path(r->in), p->number);
}

static int
reserve_labels(struct page *p)
{
	int64_t *label;

	if (p->n <= p->room)
		return 0;
	label = realloc(p->label, p->n * sizeof(*label));
	if (label == NULL)
		return fail_memory(p->n * sizeof(*label));
	p->label = label;
	p->room = p->n;
	return 0;
}

static int
take_labels(struct features_in *r, struct page *p)
{
	const struct tensor *label;

	if (rec_tensor(&p->rec, "label", DTYPE_I8, "n", &label) < 0)
		return fail_last();
	if (label->shape[0] != p->n)
		return fail(FAIL_FORMAT, "%zu labels for %zu rows of %s",
		    label->shape[0], p->n, r->field);
	if (r->streams != stream_streams(r->in)) {
		r->streams = stream_streams(r->in);
		if (labels_join(r->labels, stream_head(r->in), r->add,
		    &r->renumber) < 0)
			return fail_last();
	}
	if (reserve_labels(p) < 0)
		return fail_last();
	for (size_t i = 0; i < p->n; i++) {
		const int64_t old = ((const int64_t *)label->data)[i];

		p->label[i] = -1;
		if (old >= 0 && renumber_label(&r->renumber, old,
		    &p->label[i]) < 0)
			return fail_last();
	}
	return 0;
}

/* Finds the field and the labels in the record just read. */
static int
look_into(struct features_in *r, struct page *p)
{
	const struct value *v = rec_find(&p->rec, r->field);
	size_t dim = 1;

	if (v == NULL || v->type != VALUE_TENSOR)
		return fail(FAIL_FORMAT, "%s: no tensor of that name; "
		    "ssl-show lists the fields, --feature chooses one",
		    r->field);
	p->values = v->tensor;
	if (p->values->n_dims < 1)
		return fail(FAIL_FORMAT, "%s: a scalar, not [N,...]",
		    r->field);
	p->n = p->values->shape[0];
	for (int i = 1; i < p->values->n_dims; i++)
		if (num_mul(dim, p->values->shape[i], &dim) < 0)
			return fail_last();
	if (dim == 0 || (r->dim != 0 && r->dim != dim))
		return fail(FAIL_FORMAT, "%s: %zu numbers a row, %zu before",
		    r->field, dim, r->dim);
	if (r->dim == 0)	/* which the other thread reads later */
		r->dim = dim;
	return r->labels == NULL ? 0 : take_labels(r, p);
}

static int
read_page(void *arg, int slot)
{
	struct features_in *r = arg;
	struct page *p = &r->pages[slot];
	const int got = stream_read_any(r->in, &p->rec);

	if (got <= 0)
		return got < 0 ? fail_note("%s", stream_path(r->in)) : 0;
	p->number = stream_records(r->in) - 1;
	return look_into(r, p) < 0 ? here(r, p) : 1;
}

/* Steps over unlabelled rows and record ends: 1 when a row is at hand, 0 at
 * the verified end. */
static int
next_row(struct features_in *r)
{
	for (;;) {
		int slot, got;

		for (; r->page != NULL && r->at < r->page->n; r->at++,
		    r->left_out++)
			if (r->labels == NULL || r->page->label[r->at] != -1)
				return 1;
		r->page = NULL;
		got = ahead_next(r->ahead, &slot);
		if (got <= 0)
			return got;
		r->page = &r->pages[slot];
		r->at = 0;
	}
}

static struct features_in *
open_stream(const char *path, const char *field, struct labels *labels,
    bool add)
{
	struct features_in *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		fail_memory(sizeof(*r));
		return NULL;
	}
	r->field = field;
	r->labels = labels;
	r->add = add;
	r->in = stream_open(path);
	if (r->in == NULL)
		fail_note("%s", path);
	else if ((r->ahead = ahead_new(&(struct ahead_plan){
	    .take = read_page, .arg = r, .slots = 2, .threads = 1 })) != NULL)
		return r;
	features_close(r);
	return NULL;
}

struct features_in *
features_open(const char *path, const char *field, struct labels *labels)
{
	return open_stream(path, field, labels, false);
}

int
features_begin(struct features_in *r, size_t *dim)
{
	const int got = next_row(r);

	if (got == 0)
		return fail(FAIL_FORMAT, "%s: no %ssample",
		    stream_path(r->in), r->labels == NULL ? "" : "labelled ");
	*dim = r->dim;
	return got < 0 ? got : 0;
}

size_t
features_left_out(const struct features_in *r)
{
	return r->left_out;
}

int
features_read(struct features_in *r, int most, float *x, int64_t *label)
{
	for (int n = 0; n < most; n++) {
		float *row = x + (size_t)n * r->dim;
		const int got = next_row(r);
		const struct page *p = r->page;

		if (got <= 0)
			return got < 0 ? got : n;
		convert(row, p->values, r->at * r->dim, r->dim);
		if (!all_finite(row, r->dim)) {
			fail(FAIL_FORMAT, "sample %zu: %s[%zu] is not a "
			    "finite float", r->at, r->field,
			    first_not_finite(row));
			return here(r, p);
		}
		label[n] = r->labels == NULL ? 0 : p->label[r->at];
		r->at++;
	}
	return most;
}

void
features_close(struct features_in *r)
{
	if (r == NULL)
		return;
	ahead_free(r->ahead);
	stream_close(r->in);
	for (int i = 0; i < 2; i++) {
		rec_free(&r->pages[i].rec);
		free(r->pages[i].label);
	}
	renumber_free(&r->renumber);
	free(r);
}

int
features_reserve(struct features *to, size_t rows)
{
	size_t room = to->room < 1024 ? 1024 : to->room + to->room / 2;
	size_t n, bytes;
	float *x;
	int64_t *label;

	if (rows <= to->room)
		return 0;
	room = room < rows ? rows : room;
	if (num_mul(room, to->dim, &n) < 0 ||
	    num_mul(n, sizeof(*x), &bytes) < 0)
		return fail_last();
	x = realloc(to->x, bytes);
	if (x == NULL)
		return fail_memory(bytes);
	to->x = x;
	label = realloc(to->label, room * sizeof(*label));
	if (label == NULL)
		return fail_memory(room * sizeof(*label));
	to->label = label;
	to->room = room;
	return 0;
}

static int
load(struct features *to, struct features_in *in, features_look *look,
    void *arg)
{
	int got = in == NULL || features_begin(in, &to->dim) < 0 ? fail_last()
	    : 1;

	while (got > 0) {
		float *x;

		if ((got = features_reserve(to, to->n + 256)) < 0)
			break;
		x = to->x + to->n * to->dim;
		got = features_read(in, 256, x, to->label + to->n);
		if (got > 0) {
			to->n += (size_t)got;
			if (look != NULL && look(arg, x, (size_t)got, to->dim)
			    < 0)
				got = fail_last();
		}
	}
	features_close(in);
	if (got < 0)
		features_free(to);
	return got;
}

int
features_load(struct features *to, const char *path, const char *field,
    features_look *look, void *arg)
{
	return load(to, open_stream(path, field, &to->labels, true), look, arg);
}

int
features_load_any(struct features *to, const char *path, const char *field)
{
	return load(to, open_stream(path, field, NULL, true), NULL, NULL);
}

void
features_free(struct features *r)
{
	free(r->x);
	free(r->label);
	labels_free(&r->labels);
	*r = (struct features){ 0 };
}
