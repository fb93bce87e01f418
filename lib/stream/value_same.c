/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "stream/value.h"

static bool
is_real(const struct value *v)
{
	return v->type == VALUE_FLOAT || v->type == VALUE_SINGLE;
}

static double
as_real(const struct value *v)
{
	return v->type == VALUE_INT ? (double)v->integer : v->real;
}

static bool
same_items(const struct value *a, const struct value *b)
{
	if (a->array.n != b->array.n)
		return false;
	for (size_t i = 0; i < a->array.n; i++)
		if (!value_same(&a->array.items[i], &b->array.items[i]))
			return false;
	return true;
}

/* Members mostly come in the same order. */
static bool
same_members(const struct value *a, const struct value *b)
{
	if (a->map.n != b->map.n)
		return false;
	for (size_t i = 0; i < a->map.n; i++) {
		const struct member *m = &a->map.members[i];
		const struct member *o = &b->map.members[i];
		const struct value *other = strcmp(m->name, o->name) == 0
		    ? &o->value : value_find(b, m->name);

		if (other == NULL || !value_same(&m->value, other))
			return false;
	}
	return true;
}

bool
value_same(const struct value *a, const struct value *b)
{
	if ((is_real(a) && (is_real(b) || b->type == VALUE_INT)) ||
	    (a->type == VALUE_INT && is_real(b)))
		return as_real(a) >= as_real(b) && as_real(a) <= as_real(b);
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case VALUE_NIL:
		return true;
	case VALUE_BOOL:
		return a->boolean == b->boolean;
	case VALUE_INT:
	case VALUE_UINT:
		return a->natural == b->natural;
	case VALUE_TEXT:
	case VALUE_BYTES:
		return a->text.size == b->text.size &&
		    memcmp(a->text.bytes, b->text.bytes, a->text.size) == 0;
	case VALUE_ARRAY:
		return same_items(a, b);
	case VALUE_MAP:
		return same_members(a, b);
	default:
		return false;
	}
}
