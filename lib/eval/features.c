/* SPDX-License-Identifier: MIT */
#include "eval/features.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ahead.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/num.h"
#include "eval/network.h"
#include "eval/rank.h"
#include "stream/stream.h"

/* A record's rows. */
struct page {
	struct rec rec;
	uint64_t number;		/* of the record in its input */
	const struct tensor *values;	/* the field, [n,...] */
	const struct value *keys;	/* [n] texts, or NULL */
	int64_t *label;			/* [n], one numbering for all streams;
					 * NULL: none are asked for */
	size_t n, room;			/* rows, and labels that fit */
};

/* Where a row was. */
struct place {
	uint64_t record;		/* in its input */
	size_t sample;			/* in its record */
	uint64_t key;			/* hash of it, or 0 */
};

struct features_in {
	struct stream_in *in;
	const char *field;
	struct labels *labels;		/* borrowed; NULL: none are asked for */
	struct renumber renumber;	/* of the stream under way */
	uint64_t streams;		/* headers looked at */
	uint64_t network;		/* of the first (network.h) */
	bool mixed;			/* a later one has another */
	size_t dim;
	struct features_shape shape;	/* product: dim */
	struct page pages[2];
	struct ahead *ahead;		/* reads one while we use the other */

	struct page *page;		/* ours, and how far it is taken */
	size_t at, skipped;		/* rows; those without a label */
	struct place *places;		/* [n_places] of the rows read last */
	size_t n_places;
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

/* A new header: its kind and its classes. */
static int
take_head(struct features_in *r)
{
	const uint64_t network = network_of(stream_head(r->in));

	if (head_is(stream_head(r->in), "checkpoint"))
		return fail(FAIL_FORMAT, "a checkpoint holds no samples");
	if (r->streams == 0)	/* which the other thread reads later */
		r->network = network;
	else if (network != r->network && !r->mixed) {
		r->mixed = true;
		log_line(LOG_WARNING, "%s: features of several networks, by "
		    "its histories", stream_path(r->in));
	}
	r->streams = stream_streams(r->in);
	return r->labels == NULL ? 0 :
	    labels_join(r->labels, r->in, &r->renumber);
}

static int
take_labels(struct features_in *r, struct page *p)
{
	const struct tensor *label;

	if (rec_find(&p->rec, "label") == NULL)
		return fail(FAIL_FORMAT, "no field label, which this score "
		    "needs; decode class folders or a list with labels");
	if (rec_tensor(&p->rec, "label", DTYPE_I8, "n", &label) < 0)
		return fail_last();
	if (label->shape[0] != p->n)
		return fail(FAIL_FORMAT, "%zu labels for %zu samples of %s",
		    label->shape[0], p->n, r->field);
	if (reserve_labels(p) < 0)
		return fail_last();
	for (size_t i = 0; i < p->n; i++)
		if (renumber_label(&r->renumber,
		    ((const int64_t *)label->data)[i], &p->label[i]) < 0)
			return fail_note("sample %zu", i);
	return 0;
}

static int
take_keys(struct page *p)
{
	const struct value *keys = rec_find(&p->rec, "key");

	p->keys = keys != NULL && keys->type == VALUE_ARRAY ? keys : NULL;
	if (p->keys != NULL && keys->array.n != p->n)
		return fail(FAIL_FORMAT, "%zu keys for %zu samples",
		    keys->array.n, p->n);
	return 0;
}

static bool
same_shape(const struct features_shape *a, const struct features_shape *b)
{
	return a->n_dims == b->n_dims && memcmp(a->size, b->size,
	    (size_t)a->n_dims * sizeof(a->size[0])) == 0;
}

/* "16x16x3" */
static const char *
shape_text(const struct features_shape *s, char *to, size_t room)
{
	size_t at = 0;

	snprintf(to, room, "1");
	for (int i = 0; i < s->n_dims && at < room; i++)
		at += (size_t)snprintf(to + at, room - at, "%s%zu",
		    i > 0 ? "x" : "", s->size[i]);
	return to;
}

static int
take_shape(struct features_in *r, const struct tensor *values)
{
	struct features_shape shape = { 0 };
	char here[160], before[160];
	size_t dim = 1;

	for (int i = 1; i < values->n_dims; i++) {
		if (num_mul(dim, values->shape[i], &dim) < 0)
			return fail_last();
		if (values->shape[i] != 1)
			shape.size[shape.n_dims++] = values->shape[i];
	}
	shape_text(&shape, here, sizeof(here));
	if (dim == 0)
		return fail(FAIL_FORMAT, "%s: samples of %s numbers", r->field,
		    here);
	if (r->dim == 0) {	/* which the other thread reads later */
		r->shape = shape;
		r->dim = dim;
	} else if (!same_shape(&shape, &r->shape))
		return fail(FAIL_FORMAT, "%s: %s numbers a sample, %s before",
		    r->field, here, shape_text(&r->shape, before,
		    sizeof(before)));
	return 0;
}

/* Finds the field and the labels in the record just read. */
static int
look_into(struct features_in *r, struct page *p)
{
	const struct value *v = rec_find(&p->rec, r->field);

	if (r->streams != stream_streams(r->in) && take_head(r) < 0)
		return fail_last();
	if (v == NULL && strcmp(r->field, "feature") == 0)
		return rec_lacks(&p->rec, r->field);
	if (v == NULL || v->type != VALUE_TENSOR)
		return fail(FAIL_FORMAT, "%s: no tensor of that name; "
		    "ssl-show lists the fields, --feature chooses one",
		    r->field);
	p->values = v->tensor;
	if (strcmp(r->field, "image") == 0 && p->values->dtype != DTYPE_U1)
		return fail(FAIL_FORMAT, "image: %s, not u1: pixels are bytes "
		    "from 0 to 255", dtype_name(p->values->dtype));
	if (p->values->n_dims < 1)
		return fail(FAIL_FORMAT, "%s: a scalar, not [N,...]",
		    r->field);
	p->n = p->values->shape[0];
	if (take_shape(r, p->values) < 0 || take_keys(p) < 0)
		return fail_last();
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
		    r->skipped++)
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
open_stream(const char *path, const char *field, struct labels *labels)
{
	struct features_in *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		fail_memory(sizeof(*r));
		return NULL;
	}
	r->field = field;
	r->labels = labels;
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
features_open(const char *path, const char *field, struct features *train)
{
	if (labels_trained(&train->labels) < 0)
		return NULL;
	return open_stream(path, field, &train->labels);
}

static int
none(const struct features_in *r)
{
	return r->skipped == 0 ? fail(FAIL_FORMAT, "%s: no samples",
	    stream_path(r->in)) : fail(FAIL_FORMAT, "%s: none of the %zu "
	    "samples has a label; decode class folders or a list with labels",
	    stream_path(r->in), r->skipped);
}

int
features_begin(struct features_in *r, const struct features *train,
    const char *train_path)
{
	const int got = next_row(r);
	char ours[160], theirs[160];

	if (got <= 0)
		return got < 0 ? got : none(r);
	if (train == NULL)
		return 0;
	if (same_shape(&r->shape, &train->shape)) {
		if (r->network != train->network)
			log_line(LOG_WARNING, "%s and %s hold features of two "
			    "networks, by their histories (ssl-show "
			    "--history)", train_path, stream_path(r->in));
		return 0;
	}
	return fail(FAIL_FORMAT, "%s: %s has %s numbers a sample, %s %s",
	    r->field, train_path, shape_text(&train->shape, theirs,
	    sizeof(theirs)), stream_path(r->in), shape_text(&r->shape, ours,
	    sizeof(ours)));
}

size_t
features_skipped(const struct features_in *r)
{
	return r->skipped;
}

uint64_t
features_key(const struct features_in *r, size_t i)
{
	return r->places[i].key;
}

int
features_note(const struct features_in *r, size_t i)
{
	return fail_note("%s, record %" PRIu64 ", sample %zu",
	    stream_path(r->in), r->places[i].record, r->places[i].sample);
}

/* Hash of the sample's key, never 0; 0 where it has none. */
static uint64_t
hash_key(const struct page *p, size_t i)
{
	const struct value *key = p->keys == NULL ? NULL :
	    &p->keys->array.items[i];
	uint64_t hash;

	if (key == NULL || key->type != VALUE_TEXT)
		return 0;
	hash = hash_bytes(HASH_NONE, key->text.bytes, key->text.size);
	return hash == 0 ? 1 : hash;
}

static int
reserve_places(struct features_in *r, size_t n)
{
	struct place *places;

	if (n <= r->n_places)
		return 0;
	places = realloc(r->places, n * sizeof(*places));
	if (places == NULL)
		return fail_memory(n * sizeof(*places));
	r->places = places;
	r->n_places = n;
	return 0;
}

/* The row at hand. */
static int
take_row(struct features_in *r, float *row, int64_t *label,
    struct place *place)
{
	const struct page *p = r->page;

	convert(row, p->values, r->at * r->dim, r->dim);
	if (!rank_finite(row, r->dim)) {
		fail(FAIL_FORMAT, "sample %zu: %s[%zu] is not a finite float",
		    r->at, r->field, rank_first_odd(row, r->dim));
		return here(r, p);
	}
	*label = r->labels == NULL ? 0 : p->label[r->at];
	*place = (struct place){ p->number, r->at, hash_key(p, r->at) };
	r->at++;
	return 0;
}

int
features_read(struct features_in *r, int most, float *x, int64_t *label)
{
	if (reserve_places(r, (size_t)most) < 0)
		return fail_last();
	for (int n = 0; n < most; n++) {
		const int got = next_row(r);

		if (got <= 0)
			return got < 0 ? got : n;
		if (take_row(r, x + (size_t)n * r->dim, &label[n],
		    &r->places[n]) < 0)
			return fail_last();
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
	free(r->places);
	free(r);
}

int
features_reserve(struct features *to, size_t rows)
{
	size_t room = to->room < 256 ? 256 : to->room + to->room / 2;
	size_t n, bytes;
	float *x;
	int64_t *label;
	uint64_t *key;

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
	key = realloc(to->key, room * sizeof(*key));
	if (key == NULL)
		return fail_memory(room * sizeof(*key));
	to->key = key;
	to->room = room;
	return 0;
}

/* Up to 256 rows more; how many, or a failure. */
static int
load_some(struct features *to, struct features_in *in, features_look *look,
    void *arg)
{
	float *x;
	int got;

	if (features_reserve(to, to->n + 256) < 0)
		return fail_last();
	x = to->x + to->n * to->dim;
	got = features_read(in, 256, x, to->label + to->n);
	if (got <= 0)
		return got;
	for (int i = 0; i < got; i++)
		to->key[to->n + (size_t)i] = features_key(in, (size_t)i);
	to->n += (size_t)got;
	return look != NULL && look(arg, x, (size_t)got, to->dim) < 0 ?
	    fail_last() : got;
}

static int
load(struct features *to, struct features_in *in, features_look *look,
    void *arg)
{
	int got = in == NULL || features_begin(in, NULL, NULL) < 0 ?
	    fail_last() : 1;

	if (got > 0) {
		to->dim = in->dim;
		to->shape = in->shape;
		to->network = in->network;
	}
	while (got > 0)
		got = load_some(to, in, look, arg);
	if (got == 0)
		to->skipped = in->skipped;
	features_close(in);
	if (got < 0)
		features_free(to);
	return got;
}

int
features_load(struct features *to, const char *path, const char *field,
    features_look *look, void *arg)
{
	return load(to, open_stream(path, field, &to->labels), look, arg);
}

int
features_load_any(struct features *to, const char *path, const char *field)
{
	return load(to, open_stream(path, field, NULL), NULL, NULL);
}

void
features_free(struct features *r)
{
	free(r->x);
	free(r->label);
	free(r->key);
	labels_free(&r->labels);
	*r = (struct features){ 0 };
}
