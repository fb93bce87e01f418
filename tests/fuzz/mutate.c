/* SPDX-License-Identifier: MIT */
/*
 * Inputs are changed as what they are: MessagePack as a tree, whose items are
 * packed again with tensors' bytes and the end's counts mended or not; text
 * by its words.  Now and then bytes are changed as bytes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "fuzz.h"
#include "stream/pack.h"

static struct rng rng;

static size_t
below(size_t n)
{
	return n == 0 ? 0 : (size_t)rng_below(&rng, n);
}

static const char *const names[] = { "image", "label", "key", "index", "feature",
	"view0", "view1", "view2", "view3", "mix_index", "mix_lambda", "jpeg",
	"jpeg_size", "epoch", "step", "name", "value", "dtype", "shape",
	"data", "end", "records", "samples", "embeddings", "checkpoint",
	"tensorstream", "meta", "history", "kind", "classes", "views", "size",
	"role", "strong", "weak", "recipe", "arch", "stem", "width", "cifar",
	"imagenet", "resnet18", "resnet50", "mean", "std", "steps",
	"steps_per_epoch", "total_steps", "batch", "epochs", "epoch_samples",
	"start_step", "options", "queue", "queue_head", "projector",
	"predictor", "input", "height", "channels", "support",
	"online.encoder.conv1.weight", "online.projector.0.weight",
	"online.predictor.0.weight", "target.encoder.conv1.weight",
	"optimizer.momentum.online.encoder.conv1.weight", "u1", "i4", "i8",
	"f2", "f4", "f8", "tool", "args", "inputs", "version", "seed", "p0",
	"p1", "z0", "z1", "z", "q", "k", "s0", "s1", "byol", "moco",
	"effective", "lr", "x", "projection", "prediction", "ssl-train", "",
	"\033[31m", "\302\233", "a'b", "$(id)" };

static const char *
name(void)
{
	return names[below(sizeof(names) / sizeof(names[0]))];
}

static int64_t
odd_integer(void)
{
	static const int64_t odd[] = { -1, -2, 63, 64, 127, 128, 255, 256, 1000,
		65535, 65536, 1 << 20, 1 << 24, 2147483647, 2147483648,
		4294967295, 4294967296, -2147483648, INT64_MAX, INT64_MIN,
		INT64_MAX / 2, (int64_t)1 << 53, (int64_t)1 << 62 };

	return rng_coin(&rng, 0.5) ? (int64_t)below(20) :
	    odd[below(sizeof(odd) / sizeof(odd[0]))];
}

static double
odd_real(void)
{
	static const double odd[] = { INFINITY, -INFINITY, NAN, 0, -0.0, 1, -1,
		0.5, 0.1, 1e-8, 1e8, 1e38, 1e39, -1e39, 1e300, 1e-300, 1e-45,
		255, 256, 2, 3, 1.0000001 };

	return odd[below(sizeof(odd) / sizeof(odd[0]))];
}

/* The items of an input, as elements of one array. */
struct tree {
	struct value items;
	struct arena arena;
};

static bool
parse(struct tree *t, const unsigned char *bytes, size_t size)
{
	size_t packed;
	unsigned char *frame = fuzz_pack(bytes, size, 0, &packed);
	struct frame_in *in = frame_in_bytes(frame, packed);
	struct unpack *u = in == NULL ? NULL : unpack_new(in);
	struct value item;
	int got = -1;

	t->items = value_array(NULL, 0);
	while (u != NULL && (got = unpack_item(u, &item, &t->arena)) > 0)
		if (value_push(&t->items, item, &t->arena) < 0)
			abort();
	unpack_free(u);
	frame_in_free(in);
	free(frame);
	return got == 0 && t->items.array.n > 0;
}

static struct value any(struct arena *, int depth);

static struct value
any_array(struct arena *a, int depth)
{
	struct value v = value_array(NULL, 0);

	for (size_t n = below(4); n > 0; n--)
		fuzz_must(value_push(&v, any(a, depth + 1), a));
	return v;
}

static struct value
any_map(struct arena *a, int depth)
{
	struct value v = value_map(NULL, 0);

	for (size_t n = below(4); n > 0; n--)
		fuzz_must(value_append(&v, name(), any(a, depth + 1), a));
	return v;
}

static struct value
any(struct arena *a, int depth)
{
	switch (below(depth > 3 ? 7 : 9)) {
	case 0:
		return value_nil();
	case 1:
		return value_bool(rng_coin(&rng, 0.5));
	case 2:
		return (struct value){ .type = VALUE_UINT, .natural =
		    UINT64_MAX - below(3) };
	case 3:
		return value_float(odd_real());
	case 4:
		return (struct value){ .type = VALUE_SINGLE, .real =
		    odd_real() };
	case 5:
		return value_text(name());
	case 6:
		return value_int(odd_integer());
	case 7:
		return any_array(a, depth);
	default:
		return any_map(a, depth);
	}
}

/* Values in a value, itself counted; *left says which is wanted, and is used
 * up by those before it. */
static struct value *
walk(struct value *v, size_t *left)
{
	struct value *found = *left == 0 ? v : NULL;

	if (found == NULL)
		--*left;
	if (v->type == VALUE_ARRAY)
		for (size_t i = 0; i < v->array.n && found == NULL; i++)
			found = walk(&v->array.items[i], left);
	if (v->type == VALUE_MAP)
		for (size_t i = 0; i < v->map.n && found == NULL; i++)
			found = walk(&v->map.members[i].value, left);
	return found;
}

static struct value *
any_of(struct tree *t)
{
	size_t left = SIZE_MAX;

	(void)walk(&t->items, &left);
	left = 1 + below(SIZE_MAX - left - 1);	/* not the array of all */
	return walk(&t->items, &left);
}

struct parts {
	struct value *dtype, *shape, *data;
	size_t size;			/* of an element */
};

static bool
is_tensor(const struct value *v, struct parts *p)
{
	*p = (struct parts){ value_find(v, "dtype"), value_find(v, "shape"),
		value_find(v, "data"), 0 };
	if (p->dtype == NULL || p->shape == NULL || p->data == NULL ||
	    p->dtype->type != VALUE_TEXT || p->shape->type != VALUE_ARRAY ||
	    p->data->type != VALUE_BYTES ||
	    dtype_find(p->dtype->text.bytes) < 0)
		return false;
	p->size = dtype_size((enum dtype)dtype_find(p->dtype->text.bytes));
	return true;
}

static void
change_number(struct parts *p, struct arena *a)
{
	const size_t n = p->data->text.size / p->size;
	char *copy = arena_string(a, p->data->text.bytes, p->data->text.size);
	const int64_t integer = odd_integer();
	const double real = odd_real();
	const float single = (float)real;
	const char *dtype = p->dtype->text.bytes;
	char *at;

	if (n == 0 || copy == NULL)
		return;
	at = copy + below(n) * p->size;
	memcpy(at, strcmp(dtype, "f4") == 0 ? (const void *)&single :
	    strcmp(dtype, "f8") == 0 ? (const void *)&real :
	    (const void *)&integer, p->size);
	p->data->text.bytes = copy;
}

static void
remove_at(struct value *v, size_t i)
{
	if (v->type == VALUE_ARRAY && v->array.n > 0)
		memmove(&v->array.items[i], &v->array.items[i + 1],
		    (--v->array.n - i) * sizeof(*v->array.items));
	else if (v->type == VALUE_MAP && v->map.n > 0)
		memmove(&v->map.members[i], &v->map.members[i + 1],
		    (--v->map.n - i) * sizeof(*v->map.members));
}

/* Its number type, a dimension, or some of its numbers. */
static void
change_tensor(struct value *v, struct arena *a)
{
	static const char *const dtypes[] = { "u1", "i4", "i8", "f2", "f4",
		"f8" };
	struct parts p;
	size_t n;

	if (!is_tensor(v, &p))
		return;
	n = p.shape->array.n;
	switch (below(6)) {
	case 0:
		*p.dtype = value_text(dtypes[below(6)]);
		break;
	case 1:
		if (n > 0)
			p.shape->array.items[below(n)] = value_int(
			    rng_coin(&rng, 0.7) ? (int64_t)below(10) :
			    odd_integer());
		break;
	case 2:
		if (n > 0 && rng_coin(&rng, 0.5))
			remove_at(p.shape, below(n));
		else
			fuzz_must(value_push(p.shape, value_int(
			    (int64_t)below(4)), a));
		break;
	default:
		for (size_t i = 1 + below(4); i > 0; i--)
			change_number(&p, a);
	}
}

static void
change_scalar(struct value *v)
{
	if (v->type == VALUE_INT)
		v->integer = rng_coin(&rng, 0.5) || v->integer > INT32_MAX ||
		    v->integer < INT32_MIN ? odd_integer() :
		    v->integer + (int64_t)below(5) - 2;
	else if (v->type == VALUE_FLOAT || v->type == VALUE_SINGLE)
		v->real = odd_real();
	else if (v->type == VALUE_TEXT)
		*v = value_text(name());
}

static void
insert(struct value *v, const struct value *what, struct arena *a)
{
	if (v->type == VALUE_ARRAY)
		fuzz_must(value_push(v, *what, a));
	else if (v->type == VALUE_MAP)
		fuzz_must(value_append(v, name(), *what, a));
}

static struct value
copy_of(const struct value *v, struct arena *a)
{
	struct value copy = value_nil();

	fuzz_must(value_copy(&copy, v, a));
	return copy;
}

/* A copy of an item somewhere, or one of them gone. */
static void
change_items(struct tree *t)
{
	struct value *items = t->items.array.items;
	const size_t n = t->items.array.n, from = below(n), to = below(n + 1);
	const struct value copy = copy_of(&items[from], &t->arena);

	if (n > 2 && rng_coin(&rng, 0.5)) {
		remove_at(&t->items, from);
		return;
	}
	fuzz_must(value_push(&t->items, copy, &t->arena));
	items = t->items.array.items;
	memmove(&items[to + 1], &items[to], (n - to) * sizeof(*items));
	items[to] = copy;
}

static void
change(struct tree *t)
{
	struct value *v = any_of(t);
	const size_t n = v->type == VALUE_ARRAY ? v->array.n :
	    v->type == VALUE_MAP ? v->map.n : 0;
	struct value other = any(&t->arena, 0);
	struct parts p;

	switch (below(12)) {
	case 0:
		*v = other;
		break;
	case 1:
		if (n > 0)
			remove_at(v, below(n));
		break;
	case 2:
		insert(v, &other, &t->arena);
		break;
	case 3:
		other = copy_of(any_of(t), &t->arena);
		*v = other;
		break;
	case 4:
		other = copy_of(any_of(t), &t->arena);
		insert(v, &other, &t->arena);
		break;
	case 5:
		if (v->type == VALUE_MAP && n > 0)
			v->map.members[below(n)].name = name();
		break;
	case 6:
		change_items(t);
		break;
	case 7:
		change_scalar(v);
		break;
	default:
		for (int i = 0; i < 8 && !is_tensor(v, &p); i++)
			v = any_of(t);
		change_tensor(v, &t->arena);
	}
}

/* Bytes as many as the shapes say, where that is not much. */
static void
mend_tensors(struct value *v, struct arena *a)
{
	struct parts p;
	size_t bytes;
	char *data;

	if (v->type == VALUE_ARRAY)
		for (size_t i = 0; i < v->array.n; i++)
			mend_tensors(&v->array.items[i], a);
	if (v->type != VALUE_MAP)
		return;
	for (size_t i = 0; i < v->map.n; i++)
		mend_tensors(&v->map.members[i].value, a);
	if (!is_tensor(v, &p) || rng_coin(&rng, 0.1))
		return;
	bytes = p.size;
	for (size_t i = 0; i < p.shape->array.n; i++) {
		const struct value *d = &p.shape->array.items[i];

		if (d->type != VALUE_INT || d->integer < 0 ||
		    d->integer > 65536 || bytes > 65536)
			return;
		bytes *= (size_t)d->integer;
	}
	if (bytes > 65536 || bytes == p.data->text.size)
		return;
	data = arena_get(a, bytes + 1);
	for (size_t i = 0; data != NULL && i < bytes; i++)
		data[i] = p.data->text.size == 0 ? 1 :
		    p.data->text.bytes[i % p.data->text.size];
	p.data->text.bytes = data;
	p.data->text.size = data == NULL ? 0 : bytes;
}

static int64_t
samples_of(const struct value *rec)
{
	for (size_t i = 0; rec->type == VALUE_MAP && i < rec->map.n; i++) {
		const struct value *shape = value_find(
		    &rec->map.members[i].value, "shape");

		if (shape != NULL && shape->type == VALUE_ARRAY &&
		    shape->array.n > 0 &&
		    shape->array.items[0].type == VALUE_INT)
			return shape->array.items[0].integer;
	}
	return 0;
}

/* The ends count what is before them. */
static void
mend_ends(struct value *items)
{
	uint64_t records = 0, samples = 0;

	for (size_t i = 0; i < items->array.n; i++) {
		struct value *item = &items->array.items[i];
		struct value *end = value_find(item, "end");
		struct value *n = value_find(end, "records");
		struct value *m = value_find(end, "samples");

		if (value_find(item, "tensorstream") != NULL) {
			records = samples = 0;
		} else if (end == NULL) {
			records++;
			samples += (uint64_t)samples_of(item);
		} else {
			if (n != NULL)
				*n = value_int((int64_t)records);
			if (m != NULL)
				*m = value_int(m->type == VALUE_INT &&
				    m->integer == 0 && rng_coin(&rng, 0.5) ?
				    0 : (int64_t)samples);
		}
	}
}

/* What is packed, as far as there is room. */
struct room {
	unsigned char *to;
	size_t size, most;
};

static int
put(void *arg, const void *bytes, size_t size)
{
	struct room *r = arg;

	if (size > r->most - r->size)
		return fail(FAIL_LIMIT, "larger than an input");
	if (size > 0)
		memcpy(r->to + r->size, bytes, size);
	r->size += size;
	return 0;
}

/* The new size; 0: it cannot be changed as a tree. */
static size_t
mutate_tree(unsigned char *bytes, size_t size, size_t most)
{
	static struct tree t;
	struct room room = { bytes, 0, most };
	const struct pack_sink sink = { .write = put, .arg = &room };
	unsigned char *old;
	int rc = 0;

	arena_reset(&t.arena);
	if (!parse(&t, bytes, size))
		return 0;
	for (size_t n = 1 + below(4); n > 0; n--)
		change(&t);
	if (!rng_coin(&rng, 0.1))
		mend_tensors(&t.items, &t.arena);
	if (!rng_coin(&rng, 0.1))
		mend_ends(&t.items);
	old = malloc(size);
	if (old == NULL)
		return 0;
	memcpy(old, bytes, size);
	for (size_t i = 0; i < t.items.array.n && rc == 0; i++)
		rc = pack_value(&sink, &t.items.array.items[i]);
	if (rc < 0)
		memcpy(bytes, old, size);
	free(old);
	return rc < 0 ? 0 : room.size;
}

/* A word in place of some bytes; 0: no room. */
static size_t
mutate_words(unsigned char *bytes, size_t size, size_t most)
{
	const char *const *words = fuzz_target.words;
	size_t n = 0, at = below(size + 1), gone = below(size - at + 1) % 12;
	const char *word;
	size_t length;

	while (words[n] != NULL)
		n++;
	word = words[below(n)];
	length = strlen(word);
	if (size - gone + length > most)
		return 0;
	memmove(bytes + at + length, bytes + at + gone, size - at - gone);
	memcpy(bytes + at, word, length);
	return size - gone + length;
}

size_t
LLVMFuzzerCustomMutator(unsigned char *bytes, size_t size, size_t most,
    unsigned seed)
{
	const size_t n = fuzz_target.choices;
	size_t got = 0;

	rng = rng_at(seed, 0, 0, 0, 1);
	if (size <= n || below(16) == 0)
		return LLVMFuzzerMutate(bytes, size, most);
	if (n > 0 && below(12) == 0)
		bytes[below(n)] = (unsigned char)below(256);
	if (fuzz_target.is_stream)
		got = mutate_tree(bytes + n, size - n, most - n);
	else if (fuzz_target.words != NULL && rng_coin(&rng, 0.4))
		got = mutate_words(bytes + n, size - n, most - n);
	return got > 0 ? got + n : LLVMFuzzerMutate(bytes, size, most);
}
