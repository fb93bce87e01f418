/* SPDX-License-Identifier: MIT */
#include "view/columns.h"

#include <stdbool.h>
#include <string.h>

static bool
is_column(const struct value *v)
{
	if (v->type == VALUE_TENSOR)
		return v->tensor->n_dims > 0;
	return v->type == VALUE_ARRAY && v->array.n > 0
	    && v->array.items[0].type == VALUE_TEXT;
}

static int
begin_tensor(struct columns *c, const struct member *m)
{
	const struct tensor *t = m->value.tensor;
	struct column *to = &c->column[c->n];
	size_t shape[TENSOR_DIMS];

	memcpy(shape, t->shape, sizeof(shape));
	shape[0] = c->rows;
	to->like = *t;
	to->row_bytes = t->shape[0] > 0 ? t->bytes / t->shape[0] : 0;
	if (to->row_bytes == 0)
		return 0;
	if (rec_add_tensor(c->out, m->name, t->dtype, t->n_dims, shape,
	    &to->data) < 0)
		return fail_last();
	to->name = m->name;
	c->n++;
	return 0;
}

static int
begin_strings(struct columns *c, const struct member *m)
{
	struct column *to = &c->column[c->n++];
	struct value *items = arena_get(&c->out->arena,
	    c->rows * sizeof(*items));

	if (items == NULL)
		return fail_last();
	for (size_t i = 0; i < c->rows; i++)
		items[i] = value_nil();
	*to = (struct column){ .name = m->name, .data = items };
	return rec_add(c->out, m->name, value_array(items, c->rows));
}

static bool
is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

int
columns_begin(struct columns *c, struct rec *out, size_t rows,
    const struct rec *from, const char *const *skip)
{
	rec_clear(out);
	*c = (struct columns){ .out = out, .rows = rows };
	for (size_t i = 0; i < rec_count(from); i++) {
		const struct member *m = rec_at(from, i);
		struct value copy;
		int rc;

		if (is_one_of(m->name, skip))
			continue;
		if (c->n == COLUMNS_MOST)
			return fail(FAIL_LIMIT, "more than %d fields",
			    COLUMNS_MOST);
		if (!is_column(&m->value)) {
			rc = value_copy(&copy, &m->value, &out->arena);
			rc = rc < 0 ? rc : rec_add(out, m->name, copy);
		} else if (m->value.type == VALUE_TENSOR) {
			rc = begin_tensor(c, m);
		} else {
			rc = begin_strings(c, m);
		}
		if (rc < 0)
			return fail_note("field %s", m->name);
	}
	/* The names must outlive the record they came from. */
	for (int i = 0; i < c->n; i++) {
		const char *name = c->column[i].name;

		c->column[i].name = arena_string(&out->arena, name,
		    strlen(name));
		if (c->column[i].name == NULL)
			return fail_last();
	}
	return 0;
}

/* The same dtype and dimensions, the first aside. */
static bool
is_like(const struct tensor *a, const struct tensor *b)
{
	return a->dtype == b->dtype && a->n_dims == b->n_dims
	    && memcmp(a->shape + 1, b->shape + 1, (size_t)(a->n_dims - 1)
	    * sizeof(a->shape[0])) == 0;
}

static int
copy_cell(const struct columns *c, const struct column *to, size_t row,
    const struct value *v, size_t i)
{
	if (to->row_bytes > 0) {
		if (v->type != VALUE_TENSOR
		    || !is_like(v->tensor, &to->like)
		    || i >= v->tensor->shape[0])
			return fail(FAIL_FORMAT, "field %s: another shape than "
			    "in the record before", to->name);
		memcpy((char *)to->data + row * to->row_bytes,
		    (const char *)v->tensor->data + i * to->row_bytes,
		    to->row_bytes);
		return 0;
	}
	if (v->type != VALUE_ARRAY || i >= v->array.n)
		return fail(FAIL_FORMAT, "field %s: not as many strings as "
		    "samples", to->name);
	return value_copy((struct value *)to->data + row, &v->array.items[i],
	    &c->out->arena);
}

int
columns_copy(const struct columns *c, size_t row, const struct rec *from,
    size_t i)
{
	for (int k = 0; k < c->n; k++) {
		const struct value *v = rec_find(from, c->column[k].name);

		if (v == NULL)
			return fail(FAIL_FORMAT, "field %s is missing",
			    c->column[k].name);
		if (copy_cell(c, &c->column[k], row, v, i) < 0)
			return fail_last();
	}
	return 0;
}

void
columns_cut(struct columns *c, size_t n)
{
	for (size_t i = 0; i < rec_count(c->out); i++) {
		struct value *v = &c->out->fields.map.members[i].value;

		if (v->type == VALUE_TENSOR && v->tensor->n_dims > 0) {
			v->tensor->bytes = v->tensor->bytes / c->rows * n;
			v->tensor->shape[0] = n;
		} else if (is_column(v)) {
			v->array.n = n;
		}
	}
	c->rows = n;
}
