/* SPDX-License-Identifier: MIT */
#include "eval/features.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "stream/stream.h"

struct features_in {
	struct stream_in *in;
	const char *field;
	struct labels *labels;		/* borrowed; NULL: none are asked for */
	bool add;			/* may add to them */
	struct renumber renumber;	/* of the stream under way */
	uint64_t streams;		/* headers looked at */
	struct rec rec;
	const struct tensor *values;	/* the record's field, [n,...] */
	const int64_t *label;		/* [n] */
	size_t n, at;			/* rows in the record, rows taken */
	size_t dim, left_out;
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

static int
here(const struct features_in *r)
{
	return fail_note("%s, record %" PRIu64, stream_path(r->in),
	    stream_records(r->in) - 1);
}

static int
look_at_labels(struct features_in *r)
{
	const struct tensor *label;

	if (rec_tensor(&r->rec, "label", DTYPE_I8, "n", &label) < 0)
		return fail_last();
	r->label = label->data;
	if (label->shape[0] != r->n)
		return fail(FAIL_FORMAT, "%zu labels for %zu rows of %s",
		    label->shape[0], r->n, r->field);
	if (r->streams == stream_streams(r->in))
		return 0;
	r->streams = stream_streams(r->in);
	return labels_join(r->labels, stream_head(r->in), r->add,
	    &r->renumber);
}

/* Finds the field and the labels in the record just read. */
static int
look_into(struct features_in *r)
{
	const struct value *v = rec_find(&r->rec, r->field);
	size_t dim = 1;

	if (v == NULL || v->type != VALUE_TENSOR)
		return fail(FAIL_FORMAT, "%s: no tensor of that name; "
		    "ssl-show lists the fields, --feature chooses one",
		    r->field);
	r->values = v->tensor;
	if (r->values->n_dims < 1)
		return fail(FAIL_FORMAT, "%s: a scalar, not [N,...]",
		    r->field);
	r->n = r->values->shape[0];
	r->at = 0;
	for (int i = 1; i < r->values->n_dims; i++)
		if (num_mul(dim, r->values->shape[i], &dim) < 0)
			return fail_last();
	if (dim == 0 || (r->dim != 0 && r->dim != dim))
		return fail(FAIL_FORMAT, "%s: %zu numbers a row, %zu before",
		    r->field, dim, r->dim);
	r->dim = dim;
	return r->labels == NULL ? 0 : look_at_labels(r);
}
/* Steps over unlabelled rows and record ends: 1 when a row is at hand, 0 at
 * the verified end. */
static int
next_row(struct features_in *r)
{
	for (;;) {
		int got;

		for (; r->at < r->n; r->at++, r->left_out++)
			if (r->labels == NULL || r->label[r->at] >= 0)
				return 1;
		r->n = r->at = 0;
		got = stream_read(r->in, &r->rec);
		if (got == 0)
			return 0;
		if (got < 0)
			return fail_note("%s", stream_path(r->in));
		if (look_into(r) < 0)
			return here(r);
	}
}

static struct features_in *
open_stream(const char *path, const char *field, struct labels *labels,
    bool add)
{
	struct features_in *r = calloc(1, sizeof(*r));
	int got = -1;

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
	else
		got = next_row(r);
	if (got == 0)
		fail(FAIL_FORMAT, "%s: no %ssample", path,
		    labels == NULL ? "" : "labelled ");
	if (got > 0)
		return r;
	features_close(r);
	return NULL;
}

struct features_in *
features_open(const char *path, const char *field, struct labels *labels)
{
	return open_stream(path, field, labels, false);
}

size_t
features_dim(const struct features_in *r)
{
	return r->dim;
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

		if (got <= 0)
			return got < 0 ? got : n;
		convert(row, r->values, r->at * r->dim, r->dim);
		for (size_t i = 0; i < r->dim; i++)
			if (!isfinite(row[i])) {
				fail(FAIL_FORMAT, "sample %zu: %s[%zu] is not "
				    "a finite float", r->at, r->field, i);
				return here(r);
			}
		if (r->labels == NULL)
			label[n] = 0;
		else if (renumber_label(&r->renumber, r->label[r->at],
		    &label[n]) < 0)
			return here(r);
		r->at++;
	}
	return most;
}

void
features_close(struct features_in *r)
{
	if (r == NULL)
		return;
	stream_close(r->in);
	rec_free(&r->rec);
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
load(struct features *to, const char *path, const char *field,
    struct labels *labels)
{
	struct features_in *in = open_stream(path, field, labels, true);
	int got = in == NULL ? fail_last() : 1;

	if (in != NULL)
		to->dim = features_dim(in);
	while (got > 0) {
		got = features_reserve(to, to->n + 256);
		if (got < 0)
			break;
		got = features_read(in, 256, to->x + to->n * to->dim,
		    to->label + to->n);
		to->n += got > 0 ? (size_t)got : 0;
	}
	features_close(in);
	if (got < 0)
		features_free(to);
	return got;
}

int
features_load(struct features *to, const char *path, const char *field)
{
	return load(to, path, field, &to->labels);
}

int
features_load_any(struct features *to, const char *path, const char *field)
{
	return load(to, path, field, NULL);
}

void
features_free(struct features *r)
{
	free(r->x);
	free(r->label);
	labels_free(&r->labels);
	*r = (struct features){ 0 };
}
