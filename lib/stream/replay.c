/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "stream/dump.h"

/* The suite's tools: nothing else is printed as a command.  tests/lint checks
 * the list against bin/. */
static const char *const tools[] = { "ssl-augment", "ssl-decode",
	"ssl-encode", "ssl-eval", "ssl-loss", "ssl-mix", "ssl-show",
	"ssl-synth", "ssl-train" };

/* Characters that mean nothing to sh, bash, zsh, ksh and fish within a word. */
static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c != '\0' &&
	    strchr("_@%+=:,./-", c) != NULL);
}

/* One character of a quoted word.  A control character is spelt out, so that
 * a terminal shows it and does not obey it. */
static int
put_quoted_one(struct buf *b, const char *at, size_t size)
{
	if (*at == '\'')
		return buf_append(b, "'\\''", 4);
	if (*at == '\n' || text_control(at, size) == 0)
		return buf_append(b, at, size);
	if (buf_printf(b, "'\"$(printf '") < 0)
		return fail_last();
	for (size_t i = 0; i < size; i++)
		if (buf_printf(b, "\\%03o", (unsigned char)at[i]) < 0)
			return fail_last();
	return buf_printf(b, "')\"'");
}

static int
put_quoted(struct buf *b, const char *text, size_t size)
{
	if (buf_append(b, "'", 1) < 0)
		return fail_last();
	for (size_t i = 0, n; i < size; i += n) {
		n = text_utf8(text + i, size - i);
		n = n > 0 ? n : 1;
		if (put_quoted_one(b, text + i, n) < 0)
			return fail_last();
	}
	return buf_append(b, "'", 1);
}

/* zsh takes a word that begins with "=" for the path of a command.  What is
 * no text, which no tool of ours writes, becomes JSON. */
static int
put_word(struct buf *b, const struct value *v)
{
	struct dump other = { 0 };
	bool plain = true;
	int rc;

	if (v->type != VALUE_TEXT) {
		rc = dump_json(&other, v);
		if (rc == 0)
			rc = put_quoted(b, (const char *)other.text.data,
			    other.text.size);
		dump_free(&other);
		return rc;
	}
	plain = v->text.size > 0 && v->text.bytes[0] != '=';
	for (size_t i = 0; i < v->text.size; i++)
		plain = plain && is_plain(v->text.bytes[i]);
	return plain ? buf_append(b, v->text.bytes, v->text.size) :
	    put_quoted(b, v->text.bytes, v->text.size);
}

/* Can the entry be a command: a tool of ours, words that a shell can hold? */
static bool
is_command(const struct value *entry)
{
	const char *tool = value_get_text(entry, "tool", "");
	const struct value *args = value_find(entry, "args");
	bool ours = false;

	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		ours = ours || strcmp(tool, tools[i]) == 0;
	if (!ours || (args != NULL && args->type != VALUE_ARRAY))
		return false;
	for (size_t i = 0; args != NULL && i < args->array.n; i++) {
		const struct value *v = &args->array.items[i];

		if (v->type != VALUE_TEXT ||
		    memchr(v->text.bytes, '\0', v->text.size) != NULL)
			return false;
	}
	return true;
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

/* An entry of a pipeline that cannot be run: JSON, on one line. */
static int
put_comment(struct dump *d, const struct value *entry)
{
	if (!is_command(entry))
		log_line(LOG_WARNING, "the history holds \"%s\", which is no "
		    "command of ssl-tools: its pipeline is printed as a "
		    "comment", value_get_text(entry, "tool", "?"));
	return buf_printf(&d->text, "# not run: ") < 0 ? fail_last() :
	    dump_json(d, entry);
}

/* A file that only the program of that time had open, as <(...) gives. */
static bool
is_descriptor(const char *path)
{
	static const char *const prefixes[] = { "/dev/fd/", "/proc/self/fd/",
		"/dev/stdin" };

	path += *path == '@';	/* a list */
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(path, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* A comment for each such file among a command's arguments. */
static int
put_descriptors(struct dump *d, const struct value *entry)
{
	const struct value *args = value_find(entry, "args");

	for (size_t i = 0; args != NULL && i < args->array.n; i++) {
		const struct value *v = &args->array.items[i];

		if (!is_descriptor(v->text.bytes))
			continue;
		log_line(LOG_WARNING, "%s read %s, a pipe of that run: put "
		    "what was in it in its place, as <(COMMAND)",
		    value_get_text(entry, "tool", "?"), v->text.bytes);
		if (buf_printf(&d->text, "# the next command read a pipe of "
		    "its run: put what was in it in place of argument %zu\n",
		    i + 1) < 0)
			return fail_last();
	}
	return 0;
}

/* The commands of one pipeline, oldest first; comments if one of them is no
 * tool of ours: the rest would make something else. */
static int
put_chain(struct dump *d, const struct value *entries, size_t n)
{
	size_t *chain = calloc(n, sizeof(*chain)), length = 0;
	const struct value *sizes;
	int rc = chain == NULL ? fail_memory(n * sizeof(*chain)) : 0;
	bool runs = true;

	/* Followed from the newest back, which is where links are known. */
	for (; rc == 0 && n > 0; n = first_input(entries, n, &sizes)) {
		chain[length++] = n - 1;
		runs = runs && is_command(&entries[n - 1]);
	}
	for (size_t i = length; rc == 0 && runs && i-- > 0;)
		rc = put_descriptors(d, &entries[chain[i]]);
	while (rc == 0 && length > 0) {
		length--;
		rc = runs ? dump_command(d, &entries[chain[length]]) :
		    put_comment(d, &entries[chain[length]]);
		if (rc == 0 && length > 0)
			rc = buf_printf(&d->text, runs ? " | " : "\n");
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
