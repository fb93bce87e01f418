/* SPDX-License-Identifier: MIT */
#include "stream/pack.h"

#include <inttypes.h>
#include <msgpack/pack.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

#define WINDOW ((size_t)64 << 10)
#define STEP ((size_t)1 << 20)	/* long payloads grow from here */

static uint64_t item_most = (uint64_t)4 << 30;

void
pack_limit(uint64_t bytes)
{
	item_most = bytes;
}

/* What the callbacks of the state machine below work on. */
struct maker {
	struct arena *arena;
	const char *payload;	/* a long one that was fetched already */
	size_t payload_size;
	size_t values;		/* in arrays and maps so far */
	uint64_t bytes;		/* of payloads so far */
};

/*
 * msgpack-c's state machine, made to build our values.  Its callbacks return
 * negative to stop.
 */
#define MSGPACK_EMBED_STACK_SIZE PACK_NESTING
enum { MSGPACK_UNPACK_PARSE_ERROR = -101, MSGPACK_UNPACK_NOMEM_ERROR = -102 };
#include <msgpack/unpack_define.h>
#define msgpack_unpack_struct(name) struct template##name
#define msgpack_unpack_func(ret, name) static ret template##name
#define msgpack_unpack_callback(name) make##name
#define msgpack_unpack_object struct value
#define msgpack_unpack_user struct maker

static struct value
make_root(struct maker *m)
{
	(void)m;
	return value_nil();
}

static int
make_nil(struct maker *m, struct value *v)
{
	(void)m;
	*v = value_nil();
	return 0;
}

static int
make_true(struct maker *m, struct value *v)
{
	(void)m;
	*v = value_bool(true);
	return 0;
}

static int
make_false(struct maker *m, struct value *v)
{
	(void)m;
	*v = value_bool(false);
	return 0;
}

static int
make_int64(struct maker *m, int64_t integer, struct value *v)
{
	(void)m;
	*v = value_int(integer);
	return 0;
}

static int
make_uint64(struct maker *m, uint64_t natural, struct value *v)
{
	(void)m;
	if (natural <= INT64_MAX)
		*v = value_int((int64_t)natural);
	else
		*v = (struct value){ .type = VALUE_UINT, .natural = natural };
	return 0;
}

#define make_int8 make_int64
#define make_int16 make_int64
#define make_int32 make_int64
#define make_uint8 make_uint64
#define make_uint16 make_uint64
#define make_uint32 make_uint64

static int
make_float(struct maker *m, float real, struct value *v)
{
	(void)m;
	*v = (struct value){ .type = VALUE_SINGLE, .real = (double)real };
	return 0;
}

static int
make_double(struct maker *m, double real, struct value *v)
{
	(void)m;
	*v = value_float(real);
	return 0;
}

/* A payload that is only said to come counts as if it had. */
static int
count_bytes(struct maker *m, size_t size)
{
	m->bytes += size;
	return m->bytes > item_most ? fail(FAIL_LIMIT, "a record of %" PRIu64
	    " bytes and more, limit %" PRIu64 " (--max-record SIZE sets "
	    "another)", m->bytes, item_most) : 0;
}

static int
make_payload(struct maker *m, const char *bytes, unsigned int size,
    struct value *v)
{
	v->room = 0;
	v->text.bytes = m->payload;
	v->text.size = m->payload_size;
	m->payload = NULL;
	if (v->text.bytes != NULL)
		return 0;
	if (count_bytes(m, size) < 0)
		return fail_last();
	v->text.bytes = arena_string(m->arena, size > 0 ? bytes : "", size);
	v->text.size = size;
	return v->text.bytes == NULL ? fail_last() : 0;
}

static int
make_str(struct maker *m, const char *base, const char *bytes,
    unsigned int size, struct value *v)
{
	(void)base;
	v->type = VALUE_TEXT;
	if (make_payload(m, bytes, size, v) < 0)
		return fail_last();
	if (!value_utf8(v->text.bytes, v->text.size))
		return fail(FAIL_FORMAT, "text that is not UTF-8");
	return 0;
}

static int
make_bin(struct maker *m, const char *base, const char *bytes,
    unsigned int size, struct value *v)
{
	char *copy;

	(void)base;
	v->type = VALUE_BYTES;
	if (m->payload != NULL || size >= ARENA_ALIGN)
		return make_payload(m, bytes, size, v);
	if (count_bytes(m, size) < 0)
		return fail_last();
	/* Short ones too are aligned as a tensor's data must be. */
	copy = arena_get(m->arena, ARENA_ALIGN);
	if (copy == NULL)
		return fail_last();
	if (size > 0)
		memcpy(copy, bytes, size);
	v->room = 0;
	v->text.bytes = copy;
	v->text.size = size;
	return 0;
}

static int
make_ext(struct maker *m, const char *base, const char *bytes,
    unsigned int size, struct value *v)
{
	(void)m;
	(void)base;
	(void)bytes;
	(void)size;
	*v = value_nil();
	return fail(FAIL_FORMAT, "a MessagePack extension");
}

/* No memory is taken for elements that are only said to come.  A byte may
 * be a value, and thousands of equal bytes one byte of a frame: what arrays
 * and maps hold is counted over the whole item. */
static int
make_array(struct maker *m, unsigned int n, struct value *v)
{
	(void)m;
	*v = value_array(NULL, 0);
	return n > PACK_MOST ? fail(FAIL_LIMIT, "an array of %u, limit %zu", n,
	    PACK_MOST) : 0;
}

static int
make_map(struct maker *m, unsigned int n, struct value *v)
{
	(void)m;
	*v = value_map(NULL, 0);
	return n > PACK_MOST ? fail(FAIL_LIMIT, "a map of %u, limit %zu", n,
	    PACK_MOST) : 0;
}

static int
count_value(struct maker *m)
{
	return ++m->values > PACK_MOST ? fail(FAIL_LIMIT, "more than %zu "
	    "values in one item", PACK_MOST) : 0;
}

static int
make_array_item(struct maker *m, struct value *array, struct value item)
{
	if (count_value(m) < 0)
		return fail_last();
	return value_push(array, item, m->arena);
}

static int
make_map_item(struct maker *m, struct value *map, struct value key,
    struct value item)
{
	if (key.type != VALUE_TEXT)
		return fail(FAIL_FORMAT, "a key that is not text");
	if (memchr(key.text.bytes, '\0', key.text.size) != NULL)
		return fail(FAIL_FORMAT, "a key with a NUL in it");
	if (count_value(m) < 0)
		return fail_last();
	return value_append(map, key.text.bytes, item, m->arena);
}

#include <msgpack/unpack_template.h>

struct unpack {
	struct frame_in *in;
	struct template_context machine;
	size_t most;			/* bytes of the largest payload so far */
	size_t at, size;		/* window[at..size-1] is not used yet */
	unsigned char window[WINDOW];
};

struct unpack *
unpack_new(struct frame_in *in)
{
	struct unpack *u = malloc(sizeof(*u));

	if (u == NULL) {
		fail_memory(sizeof(*u));
		return NULL;
	}
	u->in = in;
	u->at = u->size = u->most = 0;
	return u;
}

bool
unpack_ready(const struct unpack *u)
{
	return u->at < u->size || frame_ready(u->in);
}

void
unpack_free(struct unpack *u)
{
	free(u);
}

/* More bytes behind what is left of the window: 1, or 0 at the end. */
static int
more(struct unpack *u)
{
	size_t got;

	memmove(u->window, u->window + u->at, u->size - u->at);
	u->size -= u->at;
	u->at = 0;
	if (frame_read(u->in, u->window + u->size, WINDOW - u->size, &got) < 0)
		return fail_last();
	u->size += got;
	return got > 0;
}

static int
truncated(void)
{
	return fail(FAIL_FORMAT, FRAME_TRUNCATED);
}

/* n bytes from the window, then straight from the frames. */
static int
fetch(struct unpack *u, unsigned char *to, size_t n)
{
	const size_t left = u->size - u->at, first = left < n ? left : n;

	memcpy(to, u->window + u->at, first);
	u->at += first;
	for (size_t done = first; done < n;) {
		size_t got;

		if (frame_read(u->in, to + done, n - done, &got) < 0)
			return fail_last();
		if (got == 0)
			return truncated();
		done += got;
	}
	return 0;
}

/*
 * The payload of `size` bytes that the machine waits for, all but its last
 * byte, which the machine then gets as if it were the whole.  What is not
 * there yet is believed as many bytes as came once before, or STEP, at first
 * and then twice what has come, unless the arena has the memory anyway.
 */
static int
fetch_payload(struct unpack *u, struct arena *a, size_t size)
{
	const bool text = u->machine.cs == MSGPACK_ACS_STR_VALUE;
	struct maker *m = &u->machine.user;
	const size_t believed = u->most > STEP ? u->most : STEP;
	size_t room = size + 1, done = 0;
	unsigned char *p;

	if (count_bytes(m, size) < 0)
		return fail_last();
	if (room > believed && !arena_fits(a, room + ARENA_ALIGN))
		room = believed;
	p = arena_get(a, room < ARENA_ALIGN ? ARENA_ALIGN : room);
	while (p != NULL && done < size) {
		const size_t until = room < size + 1 ? room : size;
		void *larger;

		if (fetch(u, p + done, until - done) < 0)
			return fail_last();
		done = until;
		if (text && done > PACK_TEXT)
			return fail(FAIL_LIMIT, "a text of %zu bytes, limit "
			    "%zu", size, PACK_TEXT);
		if (done == size)
			break;
		room = room < (size + 1) / 2 ? 2 * room : size + 1;
		larger = arena_grow(a, p, done, room);
		p = larger;
	}
	if (p == NULL)
		return fail_last();
	p[size] = '\0';
	if (u->most < size + 1)
		u->most = size + 1;
	m->payload = (const char *)p;
	m->payload_size = size;
	/* The machine takes one byte from the window: give the last one back. */
	if (u->at == 0) {
		memmove(u->window + 1, u->window, u->size);
		u->size++;
		u->at = 1;
	}
	u->window[--u->at] = p[size - 1];
	u->machine.trail = 1;
	return 0;
}

/* The machine stopped for want of bytes: 1 when there are more now. */
static int
feed(struct unpack *u, struct arena *a)
{
	const unsigned int state = u->machine.cs;
	int rc;

	if (state == MSGPACK_ACS_EXT_VALUE)
		return fail(FAIL_FORMAT, "a MessagePack extension");
	if ((state == MSGPACK_ACS_STR_VALUE ||
	    state == MSGPACK_ACS_BIN_VALUE) &&
	    u->machine.trail > u->size - u->at) {
		rc = fetch_payload(u, a, u->machine.trail);
		return rc < 0 ? rc : 1;
	}
	rc = more(u);
	return rc == 0 ? truncated() : rc;
}

/* What made the machine stop: itself, or a callback's failure. */
static int
explain(int rc)
{
	if (rc == MSGPACK_UNPACK_NOMEM_ERROR)
		return fail(FAIL_LIMIT, "nested deeper than %d levels",
		    PACK_NESTING);
	if (rc == MSGPACK_UNPACK_PARSE_ERROR)
		return fail(FAIL_FORMAT, "not MessagePack");
	return rc;
}

int
unpack_item(struct unpack *u, struct value *v, struct arena *a)
{
	int rc;

	if (u->at == u->size && (rc = more(u)) <= 0)
		return rc;
	u->machine.user = (struct maker){ .arena = a };
	template_init(&u->machine);
	for (;;) {
		rc = template_execute(&u->machine, (const char *)u->window,
		    u->size, &u->at);
		if (rc > 0)
			break;
		if (rc < 0)
			return explain(rc);
		rc = feed(u, a);
		if (rc < 0)
			return rc;
	}
	*v = template_data(&u->machine);
	rc = value_check(v, PACK_NESTING);
	return rc < 0 ? rc : 1;
}

/* msgpack-c writes through this; the sink keeps its own failure. */
static int
to_sink(void *arg, const char *bytes, size_t size)
{
	const struct pack_sink *sink = arg;

	return sink->write(sink->arg, bytes, size);
}

static int pack(msgpack_packer *, const struct value *, bool canonical);

static int
pack_text(msgpack_packer *p, const char *bytes, size_t size)
{
	const int rc = msgpack_pack_str(p, size);

	return rc < 0 ? rc : msgpack_pack_str_body(p, bytes, size);
}

static int
pack_bytes(msgpack_packer *p, const void *bytes, size_t size)
{
	const int rc = msgpack_pack_bin(p, size);

	return rc < 0 || size == 0 ? rc : msgpack_pack_bin_body(p, bytes, size);
}

static int
pack_tensor(msgpack_packer *p, const struct tensor *t)
{
	int rc = msgpack_pack_map(p, 3);

	if (rc == 0)
		rc = pack_text(p, "dtype", 5);
	if (rc == 0)
		rc = pack_text(p, dtype_name(t->dtype), 2);
	if (rc == 0)
		rc = pack_text(p, "shape", 5);
	if (rc == 0)
		rc = msgpack_pack_array(p, (size_t)t->n_dims);
	for (int i = 0; i < t->n_dims && rc == 0; i++)
		rc = msgpack_pack_uint64(p, t->shape[i]);
	if (rc == 0)
		rc = pack_text(p, "data", 4);
	return rc < 0 ? rc : pack_bytes(p, t->data, t->bytes);
}

static int
pack_items(msgpack_packer *p, const struct value *v, bool canonical)
{
	int rc = msgpack_pack_array(p, v->array.n);

	for (size_t i = 0; i < v->array.n && rc == 0; i++)
		rc = pack(p, &v->array.items[i], canonical);
	return rc;
}

static int
pack_members(msgpack_packer *p, const struct value *v, bool canonical)
{
	int rc = msgpack_pack_map(p, v->map.n);

	for (size_t i = 0; i < v->map.n && rc == 0; i++) {
		const struct member *m = &v->map.members[i];

		rc = pack_text(p, m->name, strlen(m->name));
		if (rc == 0)
			rc = pack(p, &m->value, canonical);
	}
	return rc;
}

static int
pack(msgpack_packer *p, const struct value *v, bool canonical)
{
	switch (v->type) {
	case VALUE_NIL:
		return msgpack_pack_nil(p);
	case VALUE_BOOL:
		return v->boolean ? msgpack_pack_true(p) : msgpack_pack_false(p);
	case VALUE_INT:
		return msgpack_pack_int64(p, v->integer);
	case VALUE_UINT:
		return msgpack_pack_uint64(p, v->natural);
	case VALUE_SINGLE:
		if (!canonical)
			return msgpack_pack_float(p, (float)v->real);
		return msgpack_pack_double(p, v->real);
	case VALUE_FLOAT:
		return msgpack_pack_double(p, v->real);
	case VALUE_TEXT:
		return pack_text(p, v->text.bytes, v->text.size);
	case VALUE_BYTES:
		return pack_bytes(p, v->text.bytes, v->text.size);
	case VALUE_ARRAY:
		return pack_items(p, v, canonical);
	case VALUE_MAP:
		return pack_members(p, v, canonical);
	case VALUE_TENSOR:
		return pack_tensor(p, v->tensor);
	}
	return 0;
}

int
pack_value(const struct pack_sink *sink, const struct value *v)
{
	struct pack_sink copy = *sink;
	msgpack_packer p;

	msgpack_packer_init(&p, &copy, to_sink);
	return pack(&p, v, sink->canonical);
}
