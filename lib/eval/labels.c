/* SPDX-License-Identifier: MIT */
#include "eval/labels.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The header's list of texts; anything else is no class list. */
static const struct value *
class_list(const struct head *head)
{
	const struct value *list = value_find(&head->meta, "classes");

	if (list == NULL || list->type != VALUE_ARRAY || list->array.n == 0)
		return NULL;
	for (size_t i = 0; i < list->array.n; i++)
		if (list->array.items[i].type != VALUE_TEXT)
			return NULL;
	return list;
}

static bool
same_text(const struct value *a, const struct value *b)
{
	return a->text.size == b->text.size &&
	    memcmp(a->text.bytes, b->text.bytes, a->text.size) == 0;
}

static bool
same_list(const struct value *a, const struct value *b)
{
	if (a->array.n != b->array.n)
		return false;
	for (size_t i = 0; i < a->array.n; i++)
		if (!same_text(&a->array.items[i], &b->array.items[i]))
			return false;
	return true;
}

/* The number of the class that another list has as number `at`. */
static int64_t
find_class(const struct value *names, const struct value *name, size_t at)
{
	const struct value *items = names->array.items;

	if (at < names->array.n && same_text(&items[at], name))
		return (int64_t)at;
	for (size_t i = 0; i < names->array.n; i++)
		if (same_text(&items[i], name))
			return (int64_t)i;
	return LABELS_UNKNOWN;
}

static int
add_class(struct labels *all, const struct value *name, int64_t *number)
{
	struct value own;

	*number = (int64_t)all->names.array.n;
	if (value_copy(&own, name, &all->arena) < 0 ||
	    value_push(&all->names, own, &all->arena) < 0)
		return fail_last();
	return 0;
}

int
labels_join(struct labels *all, const struct head *head, bool add,
    struct renumber *out)
{
	const struct value *list = class_list(head);

	renumber_free(out);
	if (list == NULL || (all->names.type != VALUE_ARRAY && !add))
		return 0;
	if (all->names.type != VALUE_ARRAY)
		return value_copy(&all->names, list, &all->arena);
	if (same_list(&all->names, list))
		return 0;
	out->to = malloc(list->array.n * sizeof(*out->to));
	if (out->to == NULL)
		return fail_memory(list->array.n * sizeof(*out->to));
	out->n = list->array.n;
	for (size_t i = 0; i < out->n; i++) {
		const struct value *name = &list->array.items[i];

		out->to[i] = find_class(&all->names, name, i);
		if (add && out->to[i] == LABELS_UNKNOWN &&
		    add_class(all, name, &out->to[i]) < 0)
			return fail_last();
	}
	return 0;
}

void
labels_free(struct labels *all)
{
	arena_free(&all->arena);
	*all = (struct labels){ 0 };
}

int
renumber_label(const struct renumber *r, int64_t label, int64_t *out)
{
	*out = label;
	if (r->to == NULL)
		return 0;
	if (label < 0 || (uint64_t)label >= r->n)
		return fail(FAIL_FORMAT, "label %" PRId64 ", but the header "
		    "names %zu classes", label, r->n);
	*out = r->to[label];
	return 0;
}

void
renumber_free(struct renumber *r)
{
	free(r->to);
	*r = (struct renumber){ 0 };
}
