/* SPDX-License-Identifier: MIT */
#include "train/ckpt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/lookup.h"
#include "base/text.h"

#define CKPT_MOST 65536		/* tensors */
#define NAME_ROOM (NN_NAME + 64)

struct entry {
	const char *name;
	struct tensor *tensor;
	bool used;
};

struct ckpt {
	struct head head;
	struct arena arena;	/* names and tensors */
	struct entry *entries;
	size_t n, room;
	struct lookup places;	/* of names among the entries */
	char *path;
};

static struct entry *
entry_of(const struct ckpt *c, const char *name)
{
	const size_t at = lookup_find(&c->places, name);

	return at == LOOKUP_NONE ? NULL : &c->entries[at];
}

static int
room_for_one(struct ckpt *c)
{
	const size_t room = c->room == 0 ? 512 : 2 * c->room;
	struct entry *more;

	if (c->n < c->room)
		return 0;
	if (c->n >= CKPT_MOST)
		return fail(FAIL_LIMIT, "more than %d tensors", CKPT_MOST);
	more = realloc(c->entries, room * sizeof(*more));
	if (more == NULL)
		return fail_memory(room * sizeof(*more));
	c->entries = more;
	c->room = room;
	return 0;
}

/* Takes over what a record holds. */
static int
take(struct ckpt *c, const struct rec *rec)
{
	const struct value *name = rec_find(rec, "name");
	const struct value *value = rec_find(rec, "value");
	struct value copy[2];
	int rc;

	if (name == NULL || name->type != VALUE_TEXT || value == NULL ||
	    value->type != VALUE_TENSOR)
		return fail(FAIL_FORMAT, "tensor %zu: not a record of a "
		    "checkpoint, which has a name and a value", c->n);
	if (entry_of(c, name->text.bytes) != NULL)
		return fail(FAIL_FORMAT, "%s: comes twice",
		    name->text.bytes);
	if ((rc = ckpt_check_values(name->text.bytes, value->tensor)) < 0 ||
	    (rc = room_for_one(c)) < 0 ||
	    (rc = value_copy(&copy[0], name, &c->arena)) < 0 ||
	    (rc = value_copy(&copy[1], value, &c->arena)) < 0 ||
	    (rc = lookup_add(&c->places, copy[0].text.bytes, c->n)) < 0)
		return rc;
	c->entries[c->n++] = (struct entry){ .name = copy[0].text.bytes,
		.tensor = copy[1].tensor };
	return 0;
}

static int
read_all(struct ckpt *c, struct stream_in *in)
{
	struct rec rec = { 0 };
	int rc = head_copy(&c->head, stream_head(in));

	if (rc == 0 && !head_is(&c->head, "checkpoint"))
		rc = fail(FAIL_FORMAT, "not a checkpoint: meta.kind is '%s'; "
		    "ssl-train writes checkpoints",
		    value_get_text(&c->head.meta, "kind", ""));
	while (rc == 0 && (rc = stream_step(in, &rec)) > 0)
		if (rc == 1)
			rc = take(c, &rec);
		else if (rc == 2)
			rc = fail(FAIL_FORMAT, "several checkpoints in one "
			    "file; give a file that holds one");
		else
			rc = 0;
	rec_free(&rec);
	return rc;
}

struct ckpt *
ckpt_read(const char *path)
{
	struct ckpt *c = calloc(1, sizeof(*c));
	struct stream_in *in;
	int rc;

	if (c == NULL || (c->path = malloc(strlen(path) + 1)) == NULL) {
		free(c);
		fail_memory(sizeof(*c));
		return NULL;
	}
	memcpy(c->path, path, strlen(path) + 1);
	in = stream_open(path);
	rc = in == NULL ? fail_last() : read_all(c, in);
	stream_close(in);
	if (rc == 0)
		return c;
	fail_note("%s", path);
	ckpt_free(c);
	return NULL;
}

void
ckpt_free(struct ckpt *c)
{
	if (c == NULL)
		return;
	head_free(&c->head);
	arena_free(&c->arena);
	free(c->entries);
	lookup_free(&c->places);
	free(c->path);
	free(c);
}

const struct head *
ckpt_head(const struct ckpt *c)
{
	return &c->head;
}

const char *
ckpt_path(const struct ckpt *c)
{
	return c->path;
}

size_t
ckpt_input(const struct ckpt *c, const char *side)
{
	const int64_t n = value_get_int(value_find(&c->head.meta, "input"),
	    side, 0);

	return n > 0 ? (size_t)n : 0;
}

const struct tensor *
ckpt_find(const struct ckpt *c, const char *name)
{
	const struct entry *e = entry_of(c, name);

	return e == NULL ? NULL : e->tensor;
}

bool
ckpt_has(const struct ckpt *c, const char *prefix)
{
	for (size_t i = 0; i < c->n; i++)
		if (strncmp(c->entries[i].name, prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

static int
check_shape(const char *name, const struct tensor *t,
    const struct nn_slice *s)
{
	bool same = t->n_dims == s->n_dims;

	if (t->dtype != DTYPE_F4)
		return fail(FAIL_FORMAT, "%s: %s instead of f4", name,
		    dtype_name(t->dtype));
	for (int i = 0; i < s->n_dims && same; i++)
		same = t->shape[i] == s->shape[i];
	return same ? 0 : fail(FAIL_FORMAT, "%s: %zu numbers in a shape that "
	    "the network does not have there", name, t->bytes / sizeof(float));
}

/* The entry for a slice, which must be there in the slice's shape. */
static int
entry_for(const struct ckpt *c, const char *prefix, const struct nn_slice *s,
    struct entry **e)
{
	char name[NAME_ROOM];
	int rc;

	snprintf(name, sizeof(name), "%s%s", prefix, s->name);
	*e = entry_of(c, name);
	if (*e == NULL)
		return fail(FAIL_FORMAT, "%s: %s is missing", c->path, name);
	rc = check_shape(name, (*e)->tensor, s);
	return rc < 0 ? fail_note("%s", c->path) : 0;
}

/* One slice into device memory. */
static int
load(struct ckpt *c, const char *prefix, const struct nn_slice *s,
    struct kernel *k, float *to)
{
	struct entry *e;
	const int rc = entry_for(c, prefix, s, &e);

	if (rc < 0)
		return rc;
	kernel_upload(k, to, e->tensor->data, s->n);
	e->used = true;
	return 0;
}

/* True when the checkpoint has the part ("encoder", "projector") at all. */
static bool
has_part(const struct ckpt *c, const char *prefix, const struct nn_slice *s)
{
	char part[NAME_ROOM];

	snprintf(part, sizeof(part), "%s%s", prefix, s->name);
	part[strlen(prefix) + strcspn(s->name, ".")] = '\0';
	return ckpt_has(c, part);
}

int
ckpt_check(const struct ckpt *c, const char *prefix,
    const struct nn_layout *l, size_t n)
{
	struct entry *e;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		const struct nn_slice *s = &l->slices[i];

		if (has_part(c, prefix, s))
			rc = entry_for(c, prefix, s, &e);
		else if (strncmp(s->name, "encoder.", 8) == 0)
			rc = fail(FAIL_FORMAT, "%s: no %sencoder", c->path,
			    prefix);
	}
	return rc;
}

int
ckpt_load(struct ckpt *c, const char *prefix, struct nn_params *p)
{
	int rc = ckpt_check(c, prefix, p->layout, p->n);

	for (size_t i = 0; i < p->n && rc == 0; i++) {
		const struct nn_slice *s = &p->layout->slices[i];

		if (has_part(c, prefix, s))
			rc = load(c, prefix, s, p->kernel,
			    nn_param(p, (int)i));
	}
	return rc;
}

int
ckpt_load_array(struct ckpt *c, const char *prefix, float *array,
    const struct nn_params *p)
{
	int rc = 0;

	for (size_t i = 0; i < p->n && rc == 0; i++) {
		const struct nn_slice *s = &p->layout->slices[i];

		if (!nn_is_buffer(s->kind))
			rc = load(c, prefix, s, p->kernel, array + s->at);
	}
	return rc;
}

int
ckpt_load_keys(struct ckpt *c, struct keys *q)
{
	const struct entry *row = entry_of(c, "queue");
	const struct entry *head = entry_of(c, "queue_head");
	const struct tensor *t;
	int64_t at;

	if (row == NULL)
		return 0;
	t = row->tensor;
	if (t->dtype != DTYPE_F4 || t->n_dims != 2 || t->shape[0] != q->k ||
	    t->shape[1] != q->p)
		return fail(FAIL_FORMAT, "%s: queue: not f4 [%zu,%zu]; "
		    "--queue 0 takes the checkpoint's size", c->path, q->k,
		    q->p);
	if (head == NULL || head->tensor->dtype != DTYPE_I8 ||
	    head->tensor->bytes != sizeof(at))
		return fail(FAIL_FORMAT, "%s: queue_head: missing, or not one "
		    "i8", c->path);
	memcpy(&at, head->tensor->data, sizeof(at));
	if (at < 0 || (uint64_t)at >= q->k)
		return fail(FAIL_FORMAT, "%s: queue_head: outside the queue of "
		    "%zu", c->path, q->k);
	kernel_upload(q->kernel, q->row, t->data, q->k * q->p);
	q->head = (size_t)at;
	return 0;
}

int
ckpt_write_keys(struct stream_out *out, const struct keys *q)
{
	const size_t shape[] = { q->k, q->p };
	const int64_t head = (int64_t)q->head;
	struct rec rec = { 0 };
	void *data;
	int rc;

	if ((rc = rec_add(&rec, "name", value_text("queue"))) == 0 &&
	    (rc = rec_add_tensor(&rec, "value", DTYPE_F4, 2, shape,
		&data)) == 0) {
		kernel_download(q->kernel, data, q->row, q->k * q->p);
		rc = stream_write(out, &rec);
	}
	rec_clear(&rec);
	if (rc == 0 && (rc = rec_add(&rec, "name",
	    value_text("queue_head"))) == 0 && (rc = rec_add_tensor(&rec,
	    "value", DTYPE_I8, 0, shape, &data)) == 0) {
		memcpy(data, &head, sizeof(head));
		rc = stream_write(out, &rec);
	}
	rec_free(&rec);
	return rc;
}

/* Bytes of "online.projector" in the name of an entry that is not used, or 0
 * for others. */
static size_t
unused_part(const struct entry *e, const char *prefix)
{
	const size_t n = strlen(prefix);

	return e->used || strncmp(e->name, prefix, n) != 0 ||
	    strstr(e->name, "num_batches_tracked") != NULL ? 0 :
	    n + strcspn(e->name + n, ".");
}

void
ckpt_warn_unused(const struct ckpt *c, const char *prefix)
{
	for (size_t i = 0; i < c->n; i++) {
		const char *name = c->entries[i].name;
		const size_t part = unused_part(&c->entries[i], prefix);
		size_t n = 0, first = i;

		/* A part is counted at its first tensor. */
		for (size_t j = 0; j < c->n && part > 0 && first == i; j++)
			if (unused_part(&c->entries[j], prefix) == part &&
			    strncmp(c->entries[j].name, name, part) == 0) {
				first = j < first ? j : first;
				n++;
			}
		if (n > 0 && first == i)
			log_line(LOG_WARNING, "%s: %.*s is not used (%zu "
			    "tensor%s)", c->path, (int)part, name, n,
			    text_plural(n));
	}
}

/* One slice from device memory. */
static int
store(struct stream_out *out, struct rec *rec, const char *prefix,
    const struct nn_slice *s, struct kernel *k, const float *from)
{
	char name[NAME_ROOM];
	void *data;
	int rc;

	snprintf(name, sizeof(name), "%s%s", prefix, s->name);
	rec_clear(rec);
	if ((rc = rec_add(rec, "name", value_text(name))) < 0 ||
	    (rc = rec_add_tensor(rec, "value", DTYPE_F4, s->n_dims, s->shape,
		&data)) < 0)
		return rc;
	kernel_download(k, data, from, s->n);
	/* What could not be read again must not replace what can. */
	if (ckpt_check_values(name, rec_find(rec, "value")->tensor) < 0)
		return fail(FAIL_DIVERGED, "%s has values that are not finite: "
		    "the run has diverged", name);
	return stream_write(out, rec);
}

int
ckpt_write(struct stream_out *out, const char *prefix,
    const struct nn_params *p)
{
	struct rec rec = { 0 };
	int rc = 0;

	for (size_t i = 0; i < p->n && rc == 0; i++)
		rc = store(out, &rec, prefix, &p->layout->slices[i],
		    p->kernel, nn_param(p, (int)i));
	rec_free(&rec);
	return rc;
}

int
ckpt_write_array(struct stream_out *out, const char *prefix,
    const float *array, const struct nn_params *p)
{
	struct rec rec = { 0 };
	int rc = 0;

	for (size_t i = 0; i < p->n && rc == 0; i++) {
		const struct nn_slice *s = &p->layout->slices[i];

		if (!nn_is_buffer(s->kind))
			rc = store(out, &rec, prefix, s, p->kernel,
			    array + s->at);
	}
	rec_free(&rec);
	return rc;
}
