/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "stream/stream.h"

int
head_init(struct head *h, const char *kind)
{
	struct value text = value_text(kind);

	h->meta = value_map(NULL, 0);
	h->history = value_array(NULL, 0);
	h->others = value_map(NULL, 0);
	h->inputs = value_array(NULL, 0);
	if (value_copy(&text, &text, &h->arena) < 0)
		return fail_last();
	return value_set(&h->meta, "kind", text, &h->arena);
}

int
head_copy(struct head *to, const struct head *from)
{
	if (value_copy(&to->meta, &from->meta, &to->arena) < 0 ||
	    value_copy(&to->history, &from->history, &to->arena) < 0 ||
	    value_copy(&to->others, &from->others, &to->arena) < 0)
		return fail_last();
	return value_copy(&to->inputs, &from->inputs, &to->arena);
}

void
head_free(struct head *h)
{
	arena_free(&h->arena);
	memset(h, 0, sizeof(*h));
}

bool
head_is(const struct head *h, const char *kind)
{
	return strcmp(value_get_text(&h->meta, "kind", ""), kind) == 0;
}

static int
set_text(struct value *map, const char *name, const char *text,
    struct arena *a)
{
	struct value value = value_text(text);

	if (value_copy(&value, &value, a) < 0)
		return fail_last();
	return value_set(map, name, value, a);
}

/* Arguments may hold any bytes; text in a stream is UTF-8. */
static int
copy_argument(struct value *to, const char *arg, struct arena *a)
{
	const size_t size = strlen(arg);
	char *copy = arena_string(a, arg, size);

	if (copy == NULL)
		return fail_last();
	if (!value_utf8(copy, size))
		for (size_t i = 0; i < size; i++)
			if ((unsigned char)copy[i] > 0x7f)
				copy[i] = '?';
	*to = value_text(copy);
	return 0;
}

/*
 * A tool with several inputs leaves the sizes of their histories in its
 * entry, as "inputs": the entries before it are theirs, one input after the
 * other.
 */
int
head_add_history(struct head *h, const char *tool, const char *version,
    const char *const *args, size_t n_args, int64_t seed)
{
	struct value entry = value_map(NULL, 0), list = value_array(NULL, 0);

	for (size_t i = 0; i < n_args; i++) {
		struct value arg;

		if (copy_argument(&arg, args[i], &h->arena) < 0 ||
		    value_push(&list, arg, &h->arena) < 0)
			return fail_last();
	}
	if (set_text(&entry, "tool", tool, &h->arena) < 0 ||
	    set_text(&entry, "version", version, &h->arena) < 0 ||
	    value_set(&entry, "args", list, &h->arena) < 0 ||
	    value_set(&entry, "seed", value_int(seed), &h->arena) < 0)
		return fail_last();
	if (h->inputs.type == VALUE_ARRAY && h->inputs.array.n > 0) {
		if (value_set(&entry, "inputs", h->inputs, &h->arena) < 0)
			return fail_last();
		h->inputs = value_array(NULL, 0);
	}
	return value_push(&h->history, entry, &h->arena);
}

static int
note_input(struct head *h, size_t n)
{
	return value_push(&h->inputs, value_int((int64_t)n), &h->arena);
}

int
head_join_history(struct head *h, const struct head *other)
{
	const bool first = h->inputs.type != VALUE_ARRAY ||
	    h->inputs.array.n == 0;
	const size_t n = other->history.type == VALUE_ARRAY
	    ? other->history.array.n : 0;

	if (first && note_input(h, h->history.type == VALUE_ARRAY
	    ? h->history.array.n : 0) < 0)
		return fail_last();
	for (size_t i = 0; i < n; i++) {
		struct value entry;

		if (value_copy(&entry, &other->history.array.items[i],
		    &h->arena) < 0 ||
		    value_push(&h->history, entry, &h->arena) < 0)
			return fail_last();
	}
	return note_input(h, n);
}
