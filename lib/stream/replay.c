/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "stream/dump.h"

/* Characters no shell looks at twice. */
static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c != '\0' &&
	    strchr("_@%+=:,./-", c) != NULL);
}

static int
put_quoted(struct buf *b, const char *text, size_t size)
{
	if (buf_append(b, "'", 1) < 0)
		return fail_last();
	for (size_t i = 0; i < size; i++) {
		const unsigned char c = (unsigned char)text[i];
		int rc;

		if (c == '\'')
			rc = buf_append(b, "'\\''", 4);
		else if ((c < ' ' && c != '\n') || c == 0x7f)
			/* Not for a terminal's ear, yet the same byte. */
			rc = buf_printf(b, "'\"$(printf '\\%03o')\"'", c);
		else
			rc = buf_append(b, text + i, 1);
		if (rc < 0)
			return rc;
	}
	return buf_append(b, "'", 1);
}

static int
put_word(struct buf *b, const struct value *v)
{
	struct dump other = { 0 };
	bool plain = true;
	int rc;

	if (v->type != VALUE_TEXT) {
		/* No tool of ours leaves such an argument. */
		rc = dump_json(&other, v);
		if (rc == 0)
			rc = put_quoted(b, (const char *)other.text.data,
			    other.text.size);
		dump_free(&other);
		return rc;
	}
	for (size_t i = 0; i < v->text.size; i++)
		plain = plain && is_plain(v->text.bytes[i]);
	if (plain && v->text.size > 0)
		return buf_append(b, v->text.bytes, v->text.size);
	return put_quoted(b, v->text.bytes, v->text.size);
}

int
dump_command(struct dump *d, const struct value *entry)
{
	const struct value *tool = value_find(entry, "tool");
	const struct value *args = value_find(entry, "args");
	const struct value unknown = value_text("?");

	if (put_word(&d->text, tool != NULL ? tool : &unknown) < 0)
		return fail_last();
	for (size_t i = 0; args != NULL && args->type == VALUE_ARRAY &&
	    i < args->array.n; i++)
		if (buf_append(&d->text, " ", 1) < 0 ||
		    put_word(&d->text, &args->array.items[i]) < 0)
			return fail_last();
	return 0;
}

/* How many entries before entries[n-1] belong to its first input; the sizes
 * must add up, or all of them do. */
static size_t
first_input(const struct value *entries, size_t n, const struct value **sizes)
{
	size_t sum = 0;

	*sizes = value_find(&entries[n - 1], "inputs");
	if (*sizes == NULL || (*sizes)->type != VALUE_ARRAY ||
	    (*sizes)->array.n == 0)
		return *sizes = NULL, n - 1;
	for (size_t i = 0; i < (*sizes)->array.n; i++) {
		const struct value *v = &(*sizes)->array.items[i];

		if (v->type != VALUE_INT || v->integer < 0 ||
		    (uint64_t)v->integer > n - 1 - sum)
			return *sizes = NULL, n - 1;
		sum += (size_t)v->integer;
	}
	if (sum != n - 1)
		return *sizes = NULL, n - 1;
	return (size_t)(*sizes)->array.items[0].integer;
}

static int put_sides(struct dump *, const struct value *, size_t, int);

/* The commands of one pipeline, oldest first. */
static int
put_chain(struct dump *d, const struct value *entries, size_t n)
{
	size_t *chain = calloc(n, sizeof(*chain)), length = 0;
	const struct value *sizes;
	int rc = chain == NULL ? fail_memory(n * sizeof(*chain)) : 0;

	/* Followed from the newest back, which is where links are known. */
	for (; rc == 0 && n > 0; n = first_input(entries, n, &sizes))
		chain[length++] = n - 1;
	while (rc == 0 && length > 0) {
		rc = dump_command(d, &entries[chain[--length]]);
		if (rc == 0 && length > 0)
			rc = buf_append(&d->text, " | ", 3);
	}
	free(chain);
	return rc;
}

/* The pipelines that n entries need besides their own, then their own. */
static int
put_pipelines(struct dump *d, const struct value *entries, size_t n, int depth)
{
	if (n == 0)
		return 0;
	if (put_sides(d, entries, n, depth) < 0 ||
	    put_chain(d, entries, n) < 0)
		return fail_last();
	return buf_append(&d->text, "\n", 1);
}

/* Side inputs of any command in the chain. */
static int
put_sides(struct dump *d, const struct value *entries, size_t n, int depth)
{
	while (n > 0 && depth < 64) {
		const struct value *sizes;
		size_t at = first_input(entries, n, &sizes);

		n = at;
		for (size_t i = 1; sizes != NULL && i < sizes->array.n; i++) {
			const size_t these =
			    (size_t)sizes->array.items[i].integer;

			if (put_pipelines(d, entries + at, these,
			    depth + 1) < 0)
				return fail_last();
			at += these;
		}
	}
	return 0;
}

int
dump_replay(struct dump *d, const struct head *h)
{
	return put_pipelines(d, h->history.array.items, h->history.array.n, 0);
}
