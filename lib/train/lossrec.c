/* SPDX-License-Identifier: MIT */
#include "train/lossrec.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "loss/unit.h"

#define UNIT_ERROR 1e-3		/* of a key's norm */

/* Rows and columns of the embeddings: the first field says, all agree. */
static int
agree(struct loss_call *c, const char *name, const struct tensor *t,
    const struct loss_field *f)
{
	size_t *rows = f->type == LOSS_QUEUE ? &c->k : &c->n;

	if (t->shape[0] == 0 || t->shape[t->n_dims - 1] == 0)
		return fail(FAIL_FORMAT, "%s: empty", name);
	if (*rows == 0)
		*rows = t->shape[0];
	if (t->n_dims == 2 && c->p == 0)
		c->p = t->shape[1];
	if (t->shape[0] != *rows || (t->n_dims == 2 && t->shape[1] != c->p))
		return fail(FAIL_FORMAT, "%s: of another size than the "
		    "fields before it (%zux%zu)", name, *rows, c->p);
	return 0;
}

/* One tensor of the record as the loss wants it. */
static int
take(struct loss_call *c, struct loss_array *a, const struct rec *rec,
    struct rec *out, const char *name, const struct loss_field *f)
{
	const bool whole = f->type == LOSS_PLACE || f->type == LOSS_LABEL;
	const bool flat = whole || f->type == LOSS_SHARE;
	const struct tensor *t;
	char grad[280];
	void *data;
	int rc;

	rc = rec_tensor(rec, name, whole ? DTYPE_I8 : DTYPE_F4,
	    flat ? "n" : "np", &t);
	if (rc < 0 || (rc = agree(c, name, t, f)) < 0)
		return rc;
	a->whole = whole ? t->data : NULL;
	a->real = whole ? NULL : t->data;
	if (!f->grad)
		return 0;
	snprintf(grad, sizeof(grad), "grad_%s", name);
	rc = rec_add_tensor(out, grad, DTYPE_F4, 2, t->shape, &data);
	a->grad = rc < 0 ? NULL : data;
	return rc;
}

/* The queue lies on the device, where nothing comes back from. */
static int
upload_queue(struct loss_call *c, const struct loss *l, float **queue)
{
	const size_t n = c->k * c->p;

	for (size_t i = 0; i < l->n_fields; i++) {
		if (l->fields[i].type != LOSS_QUEUE)
			continue;
		if ((*queue = kernel_alloc(c->work->kernel, n)) == NULL)
			return fail_last();
		kernel_upload(c->work->kernel, *queue, c->in[i].real, n);
		c->in[i].real = *queue;
	}
	return 0;
}

/* True when `name` is the field, or one of its series. */
static bool
is_field(const struct loss_field *f, const char *name)
{
	const size_t n = strlen(f->name);

	if (f->type != LOSS_STRONG)
		return strcmp(f->name, name) == 0;
	return strncmp(f->name, name, n) == 0 && name[n] != '\0' &&
	    name[n + strspn(name + n, "0123456789")] == '\0';
}

/* FAIL_FORMAT for a field of the series after a number that is missing. */
static int
check_series(const struct rec *rec, const struct loss_field *f, size_t n)
{
	size_t all = 0;

	for (size_t i = 0; i < rec_count(rec); i++)
		all += is_field(f, rec_at(rec, i)->name);
	return all == n ? 0 : fail(FAIL_FORMAT, "%s%zu: missing, but the "
	    "record has more of the kind", f->name, n);
}

/* name0, name1, …: all that the record has. */
static int
take_series(struct loss_call *c, const struct rec *rec, struct rec *out,
    const struct loss_field *f)
{
	for (c->n_strong = 0; ; c->n_strong++) {
		char name[64];
		int rc;

		snprintf(name, sizeof(name), "%s%zu", f->name, c->n_strong);
		if (rec_find(rec, name) == NULL)
			break;
		if (c->n_strong == LOSS_SERIES)
			return fail(FAIL_LIMIT, "%s: more than %d of them",
			    name, LOSS_SERIES);
		rc = take(c, &c->strong[c->n_strong], rec, out, name, f);
		if (rc < 0)
			return rc;
	}
	if (c->n_strong == 0 && !f->optional)
		return fail(FAIL_FORMAT, "%s0: missing", f->name);
	return check_series(rec, f, c->n_strong);
}

/* Everything the loss reads, and room for what it writes. */
static int
take_fields(struct loss_call *c, const struct loss *l, const struct rec *rec,
    struct rec *out)
{
	int rc = 0;

	for (size_t i = 0; i < l->n_fields && rc == 0; i++) {
		const struct loss_field *f = &l->fields[i];

		if (f->type == LOSS_STRONG)
			rc = take_series(c, rec, out, f);
		else if (!f->optional || rec_find(rec, f->name) != NULL)
			rc = take(c, &c->in[i], rec, out, f->name, f);
	}
	return rc;
}

/* Mixing that the loss would not see. */
static int
check_mixed(const struct loss *l, const struct rec *rec)
{
	const struct loss *row;
	char names[256] = "";
	size_t used = 0;

	if (loss_reads(l, LOSS_PLACE) ||
	    (rec_find(rec, "mix_index") == NULL &&
		rec_find(rec, "mix_lambda") == NULL))
		return 0;
	for (size_t i = 0; (row = loss_row(i)) != NULL; i++)
		if (loss_reads(row, LOSS_PLACE) && used < sizeof(names))
			used += (size_t)snprintf(names + used,
			    sizeof(names) - used, " %s", row->name);
	return fail(FAIL_FORMAT, "the record is mixed (mix_index, "
	    "mix_lambda), which %s does not use; methods that do:%s", l->name,
	    names);
}

/* Keys that are not what a queue holds. */
static void
remark_queue(const struct loss *l, const struct loss_call *c)
{
	for (size_t i = 0; i < l->n_fields; i++)
		for (size_t j = 0; l->fields[i].type == LOSS_QUEUE &&
		    j < c->k; j++) {
			const float *row = c->in[i].real + j * c->p;
			const double norm = sqrt(unit_dot(row, row, c->p));

			if (fabs(norm - 1) <= UNIT_ERROR)
				continue;
			log_line(LOG_WARNING, "%s: row %zu has norm %g; the "
			    "queue is taken as normalized, as it is",
			    l->fields[i].name, j, norm);
			return;
		}
}

static int
put_number(struct rec *out, const char *name, double x)
{
	const size_t one = 1;
	void *data;
	const int rc = rec_add_tensor(out, name, DTYPE_F4, 1, &one, &data);

	if (rc == 0)
		*(float *)data = (float)x;
	return rc;
}

int
lossrec_run(const struct loss *l, const struct loss_options *o,
    const struct rec *rec, struct rec *out, struct loss_work *work)
{
	struct loss_call c = { .options = *o, .work = work };
	float *queue = NULL;
	int rc;

	rec_clear(out);
	if ((rc = put_number(out, "loss", 0)) < 0)
		return rc;
	for (size_t i = 0; i < LOSS_PARTS && l->parts[i] != NULL; i++)
		if ((rc = put_number(out, l->parts[i], 0)) < 0)
			return rc;
	if ((rc = check_mixed(l, rec)) < 0 ||
	    (rc = take_fields(&c, l, rec, out)) < 0 ||
	    (rc = loss_check_values(l, &c)) < 0)
		return rc;
	remark_queue(l, &c);
	rc = upload_queue(&c, l, &queue);
	if (rc == 0)
		rc = loss_run(l, &c);
	if (rc == 0)
		rc = loss_check_result(l, &c);
	kernel_release(work->kernel, queue);
	for (size_t i = 0; rc == 0 && i < LOSS_PARTS && l->parts[i] != NULL;
	    i++)
		rc = put_number(out, l->parts[i], c.part[i]);
	return rc < 0 ? rc : put_number(out, "loss", c.loss);
}

static bool
reads(const struct loss *l, const char *name)
{
	for (size_t i = 0; i < l->n_fields; i++)
		if (is_field(&l->fields[i], name))
			return true;
	return false;
}

void
lossrec_remark(const struct loss *l, const struct rec *rec)
{
	const struct loss *row;
	char names[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < rec_count(rec); i++) {
		const char *name = rec_at(rec, i)->name;
		bool known = false;

		for (size_t j = 0; (row = loss_row(j)) != NULL; j++)
			known |= reads(row, name);
		if (known && !reads(l, name) && used < sizeof(names))
			used += (size_t)snprintf(names + used,
			    sizeof(names) - used, " %s", name);
	}
	if (used > 0)
		log_line(LOG_WARNING, "%s does not use these fields of the "
		    "record:%s", l->name, names);
}
