/* SPDX-License-Identifier: MIT */
#include "train/batch.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/pool.h"

struct batch {
	struct stream_in *in;
	struct kernel *kernel;
	struct batch_norm norm;
	int n_views;
	uint64_t skip;
	struct ahead *ahead;
	struct rec rec[2];
	struct batch_pixels pixels[METHOD_VIEWS];
};

int
batch_norm_init(struct batch_norm *b, int channels, const double *mean,
    const double *std, int n)
{
	if (channels < 1 || channels > BATCH_CHANNELS ||
	    (n != 1 && n != channels))
		return fail(FAIL_USAGE, "a mean and deviation of %d channels "
		    "for pictures of %d", n, channels);
	b->channels = channels;
	for (int i = 0; i < channels; i++) {
		const int from = n == 1 ? 0 : i;

		if (!(std[from] > 0))
			return fail(FAIL_USAGE, "a standard deviation of %g; "
			    "it must be above 0", std[from]);
		b->scale[i] = (float)(1 / (255 * std[from]));
		b->shift[i] = (float)(-mean[from] / std[from]);
	}
	return 0;
}

int
batch_numbers(const char *text, double min, double max, double *x, int most)
{
	int n = 0;

	for (;;) {
		const size_t size = strcspn(text, ",");
		char one[64];
		int rc;

		if (n == most)
			return fail(FAIL_USAGE, "more than %d numbers", most);
		if (size >= sizeof(one))
			return fail(FAIL_USAGE, "%s: not a number", text);
		memcpy(one, text, size);
		one[size] = '\0';
		if ((rc = num_float(one, min, max, &x[n++])) < 0)
			return rc;
		if (text[size] == '\0')
			return n;
		text += size + 1;
	}
}

int
batch_check_pixels(const struct rec *rec, const char *name, int channels,
    const struct tensor **tensor)
{
	const struct value *v = rec_find(rec, name);
	const struct tensor *t;

	if (v == NULL || v->type != VALUE_TENSOR)
		return fail(FAIL_FORMAT, "%s: missing, or not a tensor", name);
	t = v->tensor;
	if ((t->dtype != DTYPE_U1 && t->dtype != DTYPE_F4) || t->n_dims != 4)
		return fail(FAIL_FORMAT, "%s: %s of %d dimensions; pictures "
		    "are u1 or f4 of 4", name, dtype_name(t->dtype),
		    t->n_dims);
	if (t->shape[3] != (size_t)channels)
		return fail(FAIL_FORMAT, "%s: %zu channels, the network takes "
		    "%d", name, t->shape[3], channels);
	if (t->shape[0] > INT_MAX || t->shape[1] > INT_MAX ||
	    t->shape[2] > INT_MAX)
		return fail(FAIL_LIMIT, "%s: too large", name);
	*tensor = t;
	return 0;
}

int
batch_upload(struct batch_pixels *p, const struct tensor *t,
    const struct batch_norm *norm)
{
	const size_t c = (size_t)norm->channels;
	const size_t n = t->bytes / dtype_size(t->dtype);

	if (n > p->room) {
		batch_pixels_free(p);
		p->x = kernel_alloc(p->kernel, n);
		if (p->x == NULL)
			return fail_last();
		p->room = n;
	}
	if (t->dtype == DTYPE_U1)
		kernel_upload_pixels(p->kernel, p->x, t->data, n / c,
		    norm->channels, norm->scale, norm->shift);
	else
		kernel_upload_scaled(p->kernel, p->x, t->data, n / c,
		    norm->channels, norm->scale, norm->shift);
	return 0;
}

void
batch_pixels_free(struct batch_pixels *p)
{
	if (p->x != NULL)
		kernel_release(p->kernel, p->x);
	p->x = NULL;
	p->room = 0;
}

static int
check_views(const struct batch *b, const struct rec *rec)
{
	const struct tensor *first = NULL, *t;

	for (int i = 0; i < b->n_views; i++) {
		char name[16];
		int rc;

		snprintf(name, sizeof(name), "view%d", i);
		rc = batch_check_pixels(rec, name, b->norm.channels, &t);
		if (rc < 0)
			return rc;
		first = i == 0 ? t : first;
		if (t->shape[0] != first->shape[0])
			return fail(FAIL_FORMAT, "%s: %zu pictures, but %zu "
			    "in view0", name, t->shape[0], first->shape[0]);
	}
	if (first != NULL && first->shape[0] == 0)
		return fail(FAIL_FORMAT, "a record without samples");
	return 0;
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

/* Where the record stands in its run: 1 to take it, 0 to leave it out. */
static int
due(const struct batch *b, const struct rec *rec)
{
	const struct value *step = rec_find(rec, "step");

	if (b->skip == 0 || step == NULL || step->type != VALUE_INT ||
	    step->integer < 0)
		return 1;
	return (uint64_t)step->integer >= b->skip;
}

static int
make(void *arg, int slot)
{
	struct batch *b = arg;
	struct rec *rec = &b->rec[slot];
	int rc;

	do {
		rc = stream_read(b->in, rec);
	} while (rc > 0 && !due(b, rec));
	if (rc <= 0)
		return rc < 0 ? fail_note("%s", stream_path(b->in)) : 0;
	rc = check_views(b, rec);
	if (rc == 0)
		rc = check_mix(rec, rec_find(rec, "view0")->tensor->shape[0]);
	return rc == 0 ? 1 : fail_note("%s: record %" PRIu64,
	    stream_path(b->in), stream_records(b->in) - 1);
}

struct batch *
batch_new(struct stream_in *in, struct kernel *k,
    const struct batch_norm *norm, int n_views, uint64_t skip)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (b == NULL) {
		fail_memory(sizeof(*b));
		return NULL;
	}
	b->in = in;
	b->kernel = k;
	b->norm = *norm;
	b->n_views = n_views;
	b->skip = skip;
	for (int i = 0; i < METHOD_VIEWS; i++)
		b->pixels[i].kernel = k;
	b->ahead = ahead_new(make, b);
	if (b->ahead == NULL) {
		batch_free(b);
		return NULL;
	}
	return b;
}

void
batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	ahead_free(b->ahead);
	for (int i = 0; i < METHOD_VIEWS; i++)
		batch_pixels_free(&b->pixels[i]);
	rec_free(&b->rec[0]);
	rec_free(&b->rec[1]);
	free(b);
}

static int
fill(struct batch *b, const struct rec *rec, struct method_batch *out)
{
	const struct value *index = rec_find(rec, "mix_index");
	const struct value *label = rec_find(rec, "label");

	memset(out, 0, sizeof(*out));
	out->n_views = b->n_views;
	for (int i = 0; i < b->n_views; i++) {
		const struct tensor *t;
		char name[16];
		int rc;

		snprintf(name, sizeof(name), "view%d", i);
		t = rec_find(rec, name)->tensor;
		if ((rc = batch_upload(&b->pixels[i], t, &b->norm)) < 0)
			return rc;
		out->n = (int)t->shape[0];
		out->view[i] = (struct method_view){ b->pixels[i].x,
			(int)t->shape[1], (int)t->shape[2] };
	}
	if (index != NULL) {
		out->mix_index = index->tensor->data;
		out->mix_lambda = rec_find(rec, "mix_lambda")->tensor->data;
	}
	if (label != NULL && label->type == VALUE_TENSOR &&
	    label->tensor->dtype == DTYPE_I8 && label->tensor->n_dims == 1 &&
	    label->tensor->shape[0] == (size_t)out->n)
		out->label = label->tensor->data;
	return 0;
}

int
batch_next(struct batch *b, struct method_batch *out, int64_t *epoch)
{
	const struct value *v;
	int slot, rc = ahead_next(b->ahead, &slot);

	if (rc <= 0)
		return rc;
	v = rec_find(&b->rec[slot], "epoch");
	*epoch = v != NULL && v->type == VALUE_INT ? v->integer : -1;
	rc = fill(b, &b->rec[slot], out);
	return rc < 0 ? rc : 1;
}

int
batch_drain(struct batch *b, uint64_t *n)
{
	int slot, rc;

	for (*n = 0; (rc = ahead_next(b->ahead, &slot)) > 0; ++*n)
		;
	return rc;
}
