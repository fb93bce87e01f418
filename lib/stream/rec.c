/* SPDX-License-Identifier: MIT */
#include "stream/rec.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
rec_clear(struct rec *r)
{
	r->fields = value_nil();
	arena_reset(&r->arena);
}

void
rec_free(struct rec *r)
{
	r->fields = value_nil();
	arena_free(&r->arena);
}

size_t
rec_count(const struct rec *r)
{
	return r->fields.type == VALUE_MAP ? r->fields.map.n : 0;
}

const struct member *
rec_at(const struct rec *r, size_t i)
{
	return &r->fields.map.members[i];
}

struct value *
rec_find(const struct rec *r, const char *name)
{
	return value_find(&r->fields, name);
}

void
rec_remove(struct rec *r, const char *name)
{
	for (size_t i = 0; i < rec_count(r); i++) {
		struct member *m = &r->fields.map.members[i];

		if (strcmp(m->name, name) != 0)
			continue;
		r->fields.map.n--;
		memmove(m, m + 1, (r->fields.map.n - i) * sizeof(*m));
		return;
	}
}

/* True when the shape is what the letters ask for. */
static bool
shape_is(const struct tensor *t, const char *letters)
{
	if (strlen(letters) != (size_t)t->n_dims)
		return false;
	for (int i = 0; i < t->n_dims; i++) {
		const char c = letters[i];

		if (isdigit((unsigned char)c) &&
		    t->shape[i] != (size_t)(c - '0'))
			return false;
		for (int j = 0; j < i && isalpha((unsigned char)c); j++)
			if (letters[j] == c && t->shape[j] != t->shape[i])
				return false;
	}
	return true;
}

/* "u1 [2,3]" */
static void
describe(char *text, size_t room, const struct value *v)
{
	static const char *const names[] = { "nil", "a boolean", "an integer",
		"an integer", "a number", "a number", "text", "bytes",
		"an array", "a map", "a tensor" };
	size_t used;

	if (v->type != VALUE_TENSOR) {
		snprintf(text, room, "%s", names[v->type]);
		return;
	}
	snprintf(text, room, "%s [", dtype_name(v->tensor->dtype));
	for (int i = 0; i < v->tensor->n_dims; i++) {
		used = strlen(text);
		snprintf(text + used, room - used, "%s%zu", i > 0 ? "," : "",
		    v->tensor->shape[i]);
	}
	used = strlen(text);
	snprintf(text + used, room - used, "]");
}

int
rec_tensor(const struct rec *r, const char *name, enum dtype dtype,
    const char *shape, const struct tensor **t)
{
	const struct value *v = rec_find(r, name);
	char there[256];
	size_t n = strlen(shape);

	if (v != NULL && v->type == VALUE_TENSOR &&
	    v->tensor->dtype == dtype && shape_is(v->tensor, shape)) {
		*t = v->tensor;
		return 0;
	}
	if (v == NULL)
		return fail(FAIL_FORMAT, "no field %s in this record", name);
	describe(there, sizeof(there), v);
	return fail(FAIL_FORMAT, "field %s is %s, not %s [%.*s] (%zu "
	    "dimensions)", name, there, dtype_name(dtype), (int)n, shape, n);
}

int
rec_add(struct rec *r, const char *name, struct value value)
{
	return value_set(&r->fields, name, value, &r->arena);
}

int
rec_add_tensor(struct rec *r, const char *name, enum dtype dtype, int n_dims,
    const size_t *shape, void **data)
{
	struct tensor *t = arena_get(&r->arena, sizeof(*t));

	if (t == NULL)
		return fail_last();
	if (n_dims < 0 || n_dims > TENSOR_DIMS)
		return fail(FAIL_LIMIT, "field %s: %d dimensions, limit %d",
		    name, n_dims, TENSOR_DIMS);
	memset(t, 0, sizeof(*t));
	t->dtype = dtype;
	t->n_dims = n_dims;
	for (int i = 0; i < n_dims; i++)
		t->shape[i] = shape[i];
	if (tensor_bytes(dtype, n_dims, shape, &t->bytes) < 0)
		return fail_note("field %s", name);
	t->data = tensor_data(&r->arena, t->bytes);
	if (t->data == NULL)
		return fail_note("field %s", name);
	if (data != NULL)
		*data = t->data;
	return rec_add(r, name,
	    (struct value){ .type = VALUE_TENSOR, .tensor = t });
}

/* The samples a field speaks of; 1 when it does, 0 when it has none, or a
 * failure. */
static int
field_samples(const struct member *m, size_t *n)
{
	const struct value *v = &m->value;

	if (v->type == VALUE_TENSOR) {
		if (v->tensor->n_dims == 0)
			return fail(FAIL_FORMAT, "field %s has no dimension "
			    "for the samples", m->name);
		*n = v->tensor->shape[0];
		return 1;
	}
	if (v->type == VALUE_ARRAY && v->array.n > 0 &&
	    v->array.items[0].type == VALUE_TEXT) {
		*n = v->array.n;
		return 1;
	}
	return 0;
}

/* Bytes that the record's samples have in tensors and texts. */
static size_t
sample_bytes(const struct rec *r)
{
	size_t bytes = 0;

	for (size_t i = 0; i < rec_count(r); i++) {
		const struct value *v = &rec_at(r, i)->value;

		if (v->type == VALUE_TENSOR)
			bytes += v->tensor->bytes;
		else if (v->type == VALUE_ARRAY)
			bytes += v->array.n;
	}
	return bytes;
}

int
rec_samples(const struct rec *r, size_t *n)
{
	const struct member *first = NULL;

	*n = 0;
	for (size_t i = 0; i < rec_count(r); i++) {
		const struct member *m = rec_at(r, i);
		size_t these = 0;
		const int got = field_samples(m, &these);

		if (got < 0)
			return got;
		if (got == 0)
			continue;
		if (first != NULL && these != *n)
			return fail(FAIL_FORMAT, "field %s has %zu samples, "
			    "field %s has %zu", first->name, *n, m->name,
			    these);
		if (first == NULL)
			first = m;
		*n = these;
	}
	/* Each costs memory in whoever counts them. */
	if (*n > REC_EMPTY_MOST && sample_bytes(r) < *n)
		return fail(FAIL_LIMIT, "field %s says %zu samples, but all "
		    "fields have %zu bytes; limit %zu for samples without any",
		    first->name, *n, sample_bytes(r), REC_EMPTY_MOST);
	return 0;
}
