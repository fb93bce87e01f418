/* SPDX-License-Identifier: MIT */
#include "stream/value.h"

#include <math.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"

#define FIRST_ROOM 4

static const struct {
	char name[4];
	size_t size;
} dtypes[] = {
	[DTYPE_U1] = { "u1", 1 },
	[DTYPE_I4] = { "i4", 4 },
	[DTYPE_I8] = { "i8", 8 },
	[DTYPE_F2] = { "f2", 2 },
	[DTYPE_F4] = { "f4", 4 },
	[DTYPE_F8] = { "f8", 8 },
};

bool
value_utf8(const char *bytes, size_t size)
{
	size_t n;

	for (; size > 0; bytes += n, size -= n)
		if ((n = text_utf8(bytes, size)) == 0)
			return false;
	return true;
}

const char *
dtype_name(enum dtype dtype)
{
	return dtypes[dtype].name;
}

int
dtype_find(const char *name)
{
	for (size_t i = 0; i < sizeof(dtypes) / sizeof(dtypes[0]); i++)
		if (strcmp(dtypes[i].name, name) == 0)
			return (int)i;
	return -1;
}

size_t
dtype_size(enum dtype dtype)
{
	return dtypes[dtype].size;
}

/* A dimension of 0 makes the product 0, however large the others are. */
int
tensor_bytes(enum dtype dtype, int n_dims, const size_t *shape, size_t *bytes)
{
	size_t product = dtype_size(dtype);

	for (int i = 0; i < n_dims; i++)
		if (shape[i] == 0) {
			*bytes = 0;
			return 0;
		}
	for (int i = 0; i < n_dims; i++)
		if (num_mul(product, shape[i], &product) < 0 ||
		    product > UINT32_MAX)
			return fail(FAIL_LIMIT, "a tensor of 2^32 bytes or "
			    "more; split it by its first dimension");
	*bytes = product;
	return 0;
}

void *
tensor_data(struct arena *a, size_t bytes)
{
	return arena_get(a, bytes < ARENA_ALIGN ? ARENA_ALIGN : bytes);
}

size_t
tensor_count(const struct tensor *t)
{
	return t->bytes / dtype_size(t->dtype);
}

/* IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
static double
half(uint16_t bits)
{
	const int exponent = bits >> 10 & 31, fraction = bits & 1023;
	double value;

	if (exponent == 31)
		value = fraction == 0 ? INFINITY : NAN;
	else if (exponent == 0)
		value = ldexp(fraction, -24);
	else
		value = ldexp(1024 + fraction, exponent - 25);
	return bits >> 15 ? -value : value;
}

int64_t
tensor_integer(const struct tensor *t, size_t at)
{
	int32_t i4;
	int64_t i8;

	switch (t->dtype) {
	case DTYPE_U1:
		return ((const uint8_t *)t->data)[at];
	case DTYPE_I4:
		memcpy(&i4, (const char *)t->data + 4 * at, 4);
		return i4;
	default:
		memcpy(&i8, (const char *)t->data + 8 * at, 8);
		return i8;
	}
}

void
tensor_numbers(const struct tensor *t, size_t at, size_t n, double *out)
{
	const size_t size = dtype_size(t->dtype);
	const char *p = (const char *)t->data + at * size;

	for (size_t i = 0; i < n; i++, p += size) {
		uint16_t f2;
		float f4;

		switch (t->dtype) {
		case DTYPE_F2:
			memcpy(&f2, p, 2);
			out[i] = half(f2);
			break;
		case DTYPE_F4:
			memcpy(&f4, p, 4);
			out[i] = (double)f4;
			break;
		case DTYPE_F8:
			memcpy(&out[i], p, 8);
			break;
		default:
			out[i] = (double)tensor_integer(t, at + i);
		}
	}
}

struct value
value_nil(void)
{
	return (struct value){ .type = VALUE_NIL };
}

struct value
value_bool(bool boolean)
{
	return (struct value){ .type = VALUE_BOOL, .boolean = boolean };
}

struct value
value_int(int64_t integer)
{
	return (struct value){ .type = VALUE_INT, .integer = integer };
}

struct value
value_float(double real)
{
	return (struct value){ .type = VALUE_FLOAT, .real = real };
}

struct value
value_text(const char *borrowed)
{
	return (struct value){ .type = VALUE_TEXT, .text = { borrowed,
	    strlen(borrowed) } };
}

struct value
value_array(struct value *items, size_t n)
{
	return (struct value){ .type = VALUE_ARRAY, .array = { items, n } };
}

struct value
value_map(struct member *members, size_t n)
{
	return (struct value){ .type = VALUE_MAP, .map = { members, n } };
}

static int
copy_tensor(struct value *to, const struct tensor *from, struct arena *a)
{
	struct tensor *t = arena_get(a, sizeof(*t));
	void *data = t != NULL ? tensor_data(a, from->bytes) : NULL;

	if (data == NULL)
		return fail_last();
	*t = *from;
	t->data = data;
	if (from->bytes > 0)
		memcpy(data, from->data, from->bytes);
	to->tensor = t;
	return 0;
}

static int
copy_items(struct value *to, const struct value *from, struct arena *a)
{
	struct value *items = arena_get(a, from->array.n * sizeof(*items));

	if (items == NULL)
		return fail_last();
	for (size_t i = 0; i < from->array.n; i++)
		if (value_copy(&items[i], &from->array.items[i], a) < 0)
			return fail_last();
	*to = value_array(items, from->array.n);
	return 0;
}

static int
copy_members(struct value *to, const struct value *from, struct arena *a)
{
	struct member *members = arena_get(a, from->map.n * sizeof(*members));

	if (members == NULL)
		return fail_last();
	for (size_t i = 0; i < from->map.n; i++) {
		const struct member *m = &from->map.members[i];

		members[i].name = arena_string(a, m->name, strlen(m->name));
		if (members[i].name == NULL ||
		    value_copy(&members[i].value, &m->value, a) < 0)
			return fail_last();
	}
	*to = value_map(members, from->map.n);
	return 0;
}

int
value_copy(struct value *to, const struct value *from, struct arena *a)
{
	switch (from->type) {
	case VALUE_TEXT:
	case VALUE_BYTES:
		*to = *from;
		to->text.bytes = arena_string(a, from->text.bytes,
		    from->text.size);
		return to->text.bytes == NULL ? fail_last() : 0;
	case VALUE_ARRAY:
		return copy_items(to, from, a);
	case VALUE_MAP:
		return copy_members(to, from, a);
	case VALUE_TENSOR:
		*to = *from;
		return copy_tensor(to, from->tensor, a);
	default:
		*to = *from;
		return 0;
	}
}

struct value *
value_find(const struct value *map, const char *name)
{
	if (map == NULL || map->type != VALUE_MAP)
		return NULL;
	for (size_t i = 0; i < map->map.n; i++)
		if (strcmp(map->map.members[i].name, name) == 0)
			return &map->map.members[i].value;
	return NULL;
}

/*
 * Room for one more element of `size` bytes behind n; what is borrowed
 * (room 0) moves into the arena.
 */
static int
grow(struct value *v, void **elements, size_t n, size_t size,
    struct arena *a)
{
	const size_t room = v->room, wanted = n < FIRST_ROOM / 2 ? FIRST_ROOM
	    : 2 * n;
	void *larger;

	if (n < room)
		return 0;
	if (wanted > UINT32_MAX)
		return fail(FAIL_LIMIT, "more than %u elements", UINT32_MAX);
	larger = room > 0 ? arena_grow(a, *elements, room * size, wanted * size)
			  : arena_get(a, wanted * size);
	if (larger == NULL)
		return fail_last();
	if (room == 0 && n > 0)
		memcpy(larger, *elements, n * size);
	*elements = larger;
	v->room = (uint32_t)wanted;
	return 0;
}

int
value_append(struct value *map, const char *name, struct value value,
    struct arena *a)
{
	void *members = map->map.members;

	if (map->type == VALUE_NIL)
		*map = value_map(members = NULL, 0);
	if (grow(map, &members, map->map.n, sizeof(struct member), a) < 0)
		return fail_last();
	map->map.members = members;
	map->map.members[map->map.n++] = (struct member){ name, value };
	return 0;
}

int
value_set(struct value *map, const char *name, struct value value,
    struct arena *a)
{
	struct value *old = value_find(map, name);
	const char *copy;

	if (old != NULL) {
		*old = value;
		return 0;
	}
	copy = arena_string(a, name, strlen(name));
	return copy == NULL ? fail_last() : value_append(map, copy, value, a);
}

int
value_push(struct value *array, struct value value, struct arena *a)
{
	void *items = array->array.items;

	if (array->type == VALUE_NIL)
		*array = value_array(items = NULL, 0);
	if (grow(array, &items, array->array.n, sizeof(value), a) < 0)
		return fail_last();
	array->array.items = items;
	array->array.items[array->array.n++] = value;
	return 0;
}

int64_t
value_get_int(const struct value *map, const char *name, int64_t otherwise)
{
	const struct value *v = value_find(map, name);

	return v != NULL && v->type == VALUE_INT ? v->integer : otherwise;
}

const char *
value_get_text(const struct value *map, const char *name,
    const char *otherwise)
{
	const struct value *v = value_find(map, name);

	return v != NULL && v->type == VALUE_TEXT ? v->text.bytes : otherwise;
}
