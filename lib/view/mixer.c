/* SPDX-License-Identifier: MIT */
#include "view/mixer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "stream/stream.h"

#define VIEWS 64		/* of a record, at most */
#define SAMPLES ((size_t)1 << 20)	/* likewise: as many as ssl-augment's */

/* Views that are mixed as one batch, one behind the other. */
struct batch {
	int first, n_views;
	size_t n;		/* rows in a view */
	size_t row;		/* numbers in a row */
	struct tensor from[VIEWS];
	float *to[VIEWS];	/* in the record's arena */

	/* What was drawn: of row i and its partners. */
	size_t *index;		/* [partners,n_views n] */
	float *weight;		/* [n_views n,1 + partners] */
	size_t partners;
	struct mix_box box;	/* CutMix: pasted, not blended */
	size_t width, channels;	/* of a picture's row of pixels */
};

static void
view_name(char name[16], int view)
{
	snprintf(name, 16, "view%d", view);
}

/* NULL and a failure when it is not there or no view. */
static const struct tensor *
find_view(const struct rec *rec, const char *name)
{
	const struct value *v = rec_find(rec, name);
	const struct tensor *t;

	if (v == NULL || v->type != VALUE_TENSOR) {
		if (v != NULL || rec_lacks(rec, name) == 0)
			fail(FAIL_FORMAT, "%s: not a tensor", name);
		return NULL;
	}
	t = v->tensor;
	if ((t->dtype == DTYPE_U1 && t->n_dims == 4)
	    || (t->dtype == DTYPE_F4 && t->n_dims >= 2 && t->n_dims <= 4))
		return t;
	fail(FAIL_FORMAT, "%s: %s of %d dimensions; views are u1 of 4, or f4 "
	    "of 2 to 4", name, dtype_name(t->dtype), t->n_dims);
	return NULL;
}

static int
count_views(const struct rec *rec)
{
	char name[16];
	int n = 0;

	do
		view_name(name, n++);
	while (n <= VIEWS && rec_find(rec, name) != NULL);
	return n - 1;
}

static bool
same_shape(const struct tensor *a, const struct tensor *b)
{
	return a->n_dims == b->n_dims && memcmp(a->shape, b->shape,
	    (size_t)a->n_dims * sizeof(*a->shape)) == 0;
}

/* Takes the views out of the record and puts floats in their place. */
static int
begin(struct batch *b, struct rec *rec, const struct mixer *m)
{
	b->first = m->view < 0 ? 0 : m->view;
	b->n_views = m->view < 0 ? count_views(rec) : 1;
	if (b->n_views == 0)
		b->n_views = 1;		/* which is then missed by name */
	for (int i = 0; i < b->n_views; i++) {
		const struct tensor *t;
		char name[16];
		void *to;

		view_name(name, b->first + i);
		t = find_view(rec, name);
		if (t == NULL)
			return fail_last();
		b->from[i] = *t;
		if (!same_shape(t, &b->from[0]))
			return fail(FAIL_FORMAT, "%s is shaped otherwise "
			    "than view0; mix one view, with --view", name);
		if (rec_add_tensor(rec, name, DTYPE_F4, t->n_dims, t->shape,
		    &to) < 0)
			return fail_last();
		b->to[i] = to;
	}
	b->n = b->from[0].shape[0];
	b->row = 1;
	for (int i = 1; i < b->from[0].n_dims; i++)
		b->row *= b->from[0].shape[i];
	return 0;
}

static int
reserve(struct batch *b, size_t partners)
{
	const size_t rows = b->n * (size_t)b->n_views;
	size_t size;

	if (num_mul(rows + 1, (1 + partners) * sizeof(size_t), &size) < 0)
		return fail_last();
	b->partners = partners;
	b->index = malloc(size);
	b->weight = malloc(size);
	return b->index == NULL || b->weight == NULL ? fail_memory(size) : 0;
}

/* y = weight x or += it, of row `i` of the batch, from number `at` on. */
static void
add_row(const struct batch *b, float *y, size_t i, size_t at, size_t n,
    float weight, bool add)
{
	const struct tensor *t = &b->from[i / b->n];
	const size_t from = i % b->n * b->row + at;

	if (t->dtype == DTYPE_U1)
		mix_add_bytes(y, (const uint8_t *)t->data + from, weight, n,
		    add);
	else
		mix_add_floats(y, (const float *)t->data + from, weight, n,
		    add);
}

static void
blend_row(void *arg, size_t i, int worker)
{
	const struct batch *b = arg;
	const size_t rows = b->n * (size_t)b->n_views;
	const float *weight = b->weight + i * (1 + b->partners);
	float *y = b->to[i / b->n] + i % b->n * b->row;

	(void)worker;
	add_row(b, y, i, 0, b->row, weight[0], false);
	for (size_t a = 0; a < b->partners; a++)
		add_row(b, y, b->index[a * rows + i], 0, b->row,
		    weight[1 + a], true);
}

static void
paste_row(void *arg, size_t i, int worker)
{
	const struct batch *b = arg;
	const size_t columns = b->box.right - b->box.left;
	float *y = b->to[0] + i * b->row;

	(void)worker;
	add_row(b, y, i, 0, b->row, 1, false);
	for (size_t r = b->box.top; r < b->box.bottom; r++) {
		const size_t at = (r * b->width + b->box.left) * b->channels;

		add_row(b, y + at, b->index[i], at, columns * b->channels, 1,
		    false);
	}
}

static int
write_labels(const struct batch *b, struct rec *rec, const float *share)
{
	void *index, *lambda;

	if (rec_add_tensor(rec, "mix_index", DTYPE_I8, 1, &b->n, &index) < 0
	    || rec_add_tensor(rec, "mix_lambda", DTYPE_F4, 1, &b->n,
	    &lambda) < 0)
		return fail_last();
	for (size_t i = 0; i < b->n; i++)
		((int64_t *)index)[i] = (int64_t)b->index[i];
	memcpy(lambda, share, b->n * sizeof(*share));
	return 0;
}

/* The first row's shares, `size` of them, for all `rows`. */
static void
repeat(float *share, size_t size, size_t rows)
{
	for (size_t i = 1; i < rows; i++)
		memcpy(share + i * size, share, size * sizeof(*share));
}

static int
mix_up(struct batch *b, struct rec *rec, const struct mixer *m,
    struct mix_key key, struct pool *pool)
{
	float *share = b->weight;	/* [n], then spread over [n,2] */

	mix_partners(b->index, b->n, key);
	mix_shares(share, b->n, m->alpha, m->fold, key);
	if (m->one_share)
		repeat(share, 1, b->n);
	if (write_labels(b, rec, share) < 0)
		return fail_last();
	for (size_t i = b->n; i-- > 0;) {
		const float own = share[i];

		b->weight[2 * i] = own;
		b->weight[2 * i + 1] = 1 - own;
	}
	pool_each(pool, b->n, blend_row, b);
	return 0;
}

/* Of numbers [N,T,D], T and D are the sides of the box. */
static int
cut(struct batch *b, struct rec *rec, const struct mixer *m,
    struct mix_key key, struct pool *pool)
{
	const struct tensor *t = &b->from[0];
	double share;

	if (t->n_dims < 3)
		return fail(FAIL_USAGE, "view%d: cutmix cuts boxes out of "
		    "pictures or [N,T,D], not out of [N,D]; --mode mixup "
		    "takes those", b->first);
	if (b->row == 0)
		return fail(FAIL_FORMAT, "view%d: pictures without pixels",
		    b->first);
	b->width = t->shape[2];
	b->channels = t->n_dims == 4 ? t->shape[3] : 1;
	mix_partners(b->index, b->n, key);
	share = mix_draw_cut(&b->box, t->shape[1], t->shape[2], m->alpha,
	    m->fold, key);
	for (size_t i = 0; i < b->n; i++)
		b->weight[i] = (float)share;
	if (write_labels(b, rec, b->weight) < 0)
		return fail_last();
	pool_each(pool, b->n, paste_row, b);
	return 0;
}

static uint64_t
number_of(const struct rec *rec, const char *name, uint64_t otherwise)
{
	const struct value *v = rec_find(rec, name);

	return v != NULL && v->type == VALUE_INT ? (uint64_t)v->integer
	    : otherwise;
}

static int
mix(const struct mixer *m, struct batch *b, struct rec *rec,
    struct mix_key key, struct pool *pool)
{
	const size_t rows = b->n * (size_t)b->n_views;

	if (m->mode == MIXER_UP)
		return mix_up(b, rec, m, key, pool);
	if (m->mode == MIXER_CUT)
		return cut(b, rec, m, key, pool);
	mix_draw_input(b->index, b->weight, rows, b->partners, m->alpha,
	    m->fold, key);
	if (m->one_share)
		repeat(b->weight, 1 + b->partners, rows);
	pool_each(pool, rows, blend_row, b);
	return 0;
}

int
mixer_apply(const struct mixer *m, struct rec *rec, uint64_t step,
    struct pool *pool)
{
	const struct mix_key key = { m->seed, number_of(rec, "epoch", 0),
		number_of(rec, "step", step),
		m->view < 0 ? 0 : (uint32_t)m->view };
	struct batch b = { 0 };
	size_t n;
	int rc;

	if (rec_samples(rec, &n) < 0)
		return fail_last();
	if (n > SAMPLES)
		return fail(FAIL_LIMIT, "%zu samples, at most %zu are mixed; "
		    "ssl-augment --batch makes smaller records", n, SAMPLES);
	if (m->mode != MIXER_INPUT && (rec_find(rec, "mix_index") != NULL
	    || rec_find(rec, "mix_lambda") != NULL))
		return fail(FAIL_FORMAT, "mix_index: mixed before, and labels "
		    "hold one partner; only inputmix may come before");
	rc = begin(&b, rec, m);
	if (rc == 0)
		rc = reserve(&b, m->mode == MIXER_INPUT ? m->partners : 1);
	if (rc == 0)
		rc = mix(m, &b, rec, key, pool);
	free(b.index);
	free(b.weight);
	return rc;
}
