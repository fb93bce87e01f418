/* SPDX-License-Identifier: MIT */
#include "eval/network.h"

#include <string.h>

#include "base/hash.h"

/* With the byte that ends the text, so that "a", "bc" is not "ab", "c". */
static uint64_t
hash_text(uint64_t h, const char *text)
{
	return hash_bytes(h, text, strlen(text) + 1);
}

static const char *
arg(const struct value *args, size_t i)
{
	const bool is_text = args != NULL && args->type == VALUE_ARRAY &&
	    i < args->array.n && args->array.items[i].type == VALUE_TEXT;

	return is_text ? args->array.items[i].text.bytes : NULL;
}

/* One program of the checkpoint's history. */
static uint64_t
hash_entry(uint64_t h, const struct value *entry)
{
	const struct value *args = value_find(entry, "args");
	const int64_t seed = value_get_int(entry, "seed", 0);
	const char *text;

	h = hash_text(h, value_get_text(entry, "tool", ""));
	for (size_t i = 0; (text = arg(args, i)) != NULL; i++)
		h = hash_text(h, text);
	return hash_bytes(h, &seed, sizeof(seed));
}

/* What ssl-encode was asked for. */
static uint64_t
hash_choice(uint64_t h, const struct value *encode)
{
	const struct value *args = value_find(encode, "args");
	const char *name, *text;

	for (size_t i = 0; (name = arg(args, i)) != NULL &&
	    (text = arg(args, i + 1)) != NULL; i++) {
		const char *slash = strrchr(text, '/');

		if (strcmp(name, "--model") == 0)
			h = hash_text(h, slash == NULL ? text : slash + 1);
		else if (strcmp(name, "--network") == 0)
			h = hash_text(h, text);
	}
	return h;
}

uint64_t
network_of(const struct head *head)
{
	const struct value *all = &head->history, *inputs;
	size_t at = all->type == VALUE_ARRAY ? all->array.n : 0;
	uint64_t h = HASH_NONE, n = 0;

	while (at > 0 && strcmp(value_get_text(&all->array.items[at - 1],
	    "tool", ""), "ssl-encode") != 0)
		at--;
	if (at-- == 0)
		return 0;
	inputs = value_find(&all->array.items[at], "inputs");
	if (inputs != NULL && inputs->type == VALUE_ARRAY &&
	    inputs->array.n == 2 && inputs->array.items[1].type == VALUE_INT)
		n = (uint64_t)inputs->array.items[1].integer;
	for (size_t i = n > at ? 0 : at - (size_t)n; i < at; i++)
		h = hash_entry(h, &all->array.items[i]);
	h = hash_choice(h, &all->array.items[at]);
	return h == 0 ? 1 : h;
}
