/*
 * value: what headers and records are made of.
 *
 * A tree of plain values and tensors.  Everything a value points to lies in
 * an arena that somebody else owns; a value is copied like an int.
 */
#ifndef SELF_STREAM_VALUE_H
#define SELF_STREAM_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum value_type {
	VALUE_NIL,
	VALUE_BOOL,
	VALUE_INT,	/* -2^63 to 2^63 - 1 */
	VALUE_UINT,	/* 2^63 to 2^64 - 1 only */
	VALUE_FLOAT,	/* 64 bits */
	VALUE_SINGLE,	/* came, and goes, as 32 bits */
	VALUE_TEXT,	/* UTF-8 */
	VALUE_BYTES,	/* in headers only */
	VALUE_ARRAY,
	VALUE_MAP,
	VALUE_TENSOR	/* in records only */
};

enum dtype { DTYPE_U1, DTYPE_I4, DTYPE_I8, DTYPE_F2, DTYPE_F4, DTYPE_F8 };

#define TENSOR_DIMS 8

/* Row-major, little-endian. data is aligned to ARENA_ALIGN. */
struct tensor {
	enum dtype dtype;
	int n_dims;
	size_t shape[TENSOR_DIMS];
	size_t bytes;		/* prod(shape) times the dtype's size */
	void *data;
};

struct value {
	enum value_type type;
	uint32_t room;		/* of arrays and maps that grow; else 0 */
	union {
		bool boolean;
		int64_t integer;
		uint64_t natural;
		double real;
		struct {
			const char *bytes;	/* a NUL stands behind */
			size_t size;
		} text;
		struct {
			struct value *items;
			size_t n;
		} array;
		struct {
			struct member *members;
			size_t n;
		} map;
		struct tensor *tensor;
	};
};

struct member {
	const char *name;	/* UTF-8; NUL-terminated, may hold none inside */
	struct value value;
};

/* True for well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates). */
bool value_utf8(const char *bytes, size_t size);

/* "u1" … "f8" and back (-1 for an unknown name); bytes of one element. */
const char *dtype_name(enum dtype);
int dtype_find(const char *name);
size_t dtype_size(enum dtype);

/* prod(shape) elements of dtype in bytes; FAIL_LIMIT at 2^32 and above. */
int tensor_bytes(enum dtype, int n_dims, const size_t *shape, size_t *bytes)
    FAIL_CHECKED;

/* How many elements a tensor has; n of them from `at` on as numbers, and one
 * of an integer tensor as it is. */
size_t tensor_count(const struct tensor *);
void tensor_numbers(const struct tensor *, size_t at, size_t n, double *out);
int64_t tensor_integer(const struct tensor *, size_t at);

/* Memory for a tensor's data, aligned whatever the size; NULL and a failure. */
void *tensor_data(struct arena *, size_t bytes);

struct value value_nil(void);
struct value value_bool(bool);
struct value value_int(int64_t);
struct value value_float(double);
struct value value_text(const char *borrowed);

/* An array of n values or a map of n members, borrowed. */
struct value value_array(struct value *items, size_t n);
struct value value_map(struct member *members, size_t n);

/* A copy whose every pointer lies in the arena (tensors' data too);
 * FAIL_MEMORY. */
int value_copy(struct value *to, const struct value *from, struct arena *)
    FAIL_CHECKED;

/* The member of a map, or NULL (also when `map` is not a map or is NULL). */
struct value *value_find(const struct value *map, const char *name);

/* Sets a member, replacing or appending; the map grows in the arena. */
int value_set(struct value *map, const char *name, struct value,
    struct arena *) FAIL_CHECKED;

/* Appends a member without looking for one of that name. The name is kept
 * as it is: it must live as long as the map. */
int value_append(struct value *map, const char *name, struct value,
    struct arena *) FAIL_CHECKED;

/* Appends to an array that grows in the arena. */
int value_push(struct value *array, struct value, struct arena *)
    FAIL_CHECKED;

/* Whether two values are equal: numbers by value, maps whatever the order of
 * their members; tensors never are. */
bool value_same(const struct value *, const struct value *);

/* Refuses two members of one name in any map, and what lies deeper than
 * `levels`, the value itself being at level 1. */
int value_check(const struct value *, int levels) FAIL_CHECKED;

/* Plain reading with a fallback for absent or other types. */
int64_t value_get_int(const struct value *map, const char *name,
    int64_t otherwise);
const char *value_get_text(const struct value *map, const char *name,
    const char *otherwise);

#endif
