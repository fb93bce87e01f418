/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "stream/stream.h"

#define WORDS 160		/* bytes of a value in a message */

/* What decides the meaning of records: labels, pixels, views, steps. */
static const char *const keys[] = { "kind", "classes", "views", "mean", "std",
	"batch", "steps_per_epoch", "mix_view" };

/* Appends, as far as there is room. */
static void FAIL_PRINTF(2, 3)
add(char *words, const char *format, ...)
{
	const size_t used = strlen(words);
	va_list args;

	va_start(args, format);
	vsnprintf(words + used, WORDS - used, format, args);
	va_end(args);
}

/* A view as its role and size, anything else in a few words. */
static void
add_value(char *words, const struct value *v)
{
	switch (v->type) {
	case VALUE_TEXT:
		add(words, "%s", v->text.bytes);
		break;
	case VALUE_INT:
		add(words, "%" PRId64, v->integer);
		break;
	case VALUE_FLOAT:
	case VALUE_SINGLE:
		add(words, "%g", v->real);
		break;
	case VALUE_MAP:
		add(words, "%s %s %" PRId64, value_get_text(v, "recipe", ""),
		    value_get_text(v, "role", "view"),
		    value_get_int(v, "size", 0));
		break;
	default:
		add(words, "another value");
	}
}

/* The elements that two arrays begin with alike. */
static size_t
alike(const struct value *a, const struct value *b)
{
	size_t n = 0;

	if (a == NULL || a->type != VALUE_ARRAY || b == NULL ||
	    b->type != VALUE_ARRAY)
		return 0;
	while (n < a->array.n && n < b->array.n &&
	    value_same(&a->array.items[n], &b->array.items[n]))
		n++;
	return n;
}

/* A value in words, an array from element `from` on. */
static void
describe(char *words, const struct value *v, size_t from)
{
	const bool array = v != NULL && v->type == VALUE_ARRAY;
	const size_t n = array ? v->array.n : 0;

	*words = '\0';
	if (v == NULL || (array && n == 0))
		add(words, "none");
	else if (!array)
		add_value(words, v);
	else if (from > 0)
		add(words, "%s", from < n ? "…, " : "…");
	for (size_t i = from; i < n && strlen(words) < WORDS - 1; i++) {
		add(words, "%s", i > from ? ", " : "");
		add_value(words, &v->array.items[i]);
	}
}

int
head_agree_on(const struct value *first, const struct value *next,
    const char *key)
{
	const struct value *a = value_find(first, key);
	const struct value *b = value_find(next, key);
	char is[WORDS], was[WORDS];

	if ((a == NULL && b == NULL) ||
	    (a != NULL && b != NULL && value_same(a, b)))
		return 0;
	describe(was, a, alike(a, b));
	describe(is, b, alike(a, b));
	return fail(FAIL_FORMAT, "%s: %s, but %s in the first stream; %s", key,
	    is, was, strcmp(key, "classes") == 0
	    ? "join samples with ssl-decode A.tz B.tz"
	    : "only streams made alike go together");
}

int
head_agree(const struct value *first, const struct value *next)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (head_agree_on(first, next, keys[i]) < 0)
			return fail_last();
	return 0;
}

int
head_agree_pixels(const struct value *first, const struct value *next)
{
	return head_agree_on(first, next, "kind") < 0 ||
	    head_agree_on(first, next, "mean") < 0 ||
	    head_agree_on(first, next, "std") < 0 ? fail_last() : 0;
}
