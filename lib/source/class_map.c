/* SPDX-License-Identifier: MIT */
#include "source/class_map.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "source/source.h"

/* A class list of texts; anything else is no class list. */
static int
class_names(struct names *to, const struct head *head)
{
	const struct value *list = value_find(&head->meta, "classes");

	if (list == NULL || list->type != VALUE_ARRAY)
		return 0;
	for (size_t i = 0; i < list->array.n; i++) {
		const struct value *v = &list->array.items[i];

		if (v->type != VALUE_TEXT ||
		    memchr(v->text.bytes, '\0', v->text.size) != NULL) {
			names_free(to);
			return 0;
		}
		if (names_add(to, v->text.bytes, v->text.size) < 0)
			return fail_last();
	}
	return 0;
}

static bool
same_names(const struct names *a, const struct names *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(names_get(a, i), names_get(b, i)) != 0)
			return false;
	return true;
}

/* The place of a name in the list, at whose end it is added if need be. */
static int
place_of(struct names *all, const char *name, int64_t *place)
{
	size_t at;

	if (names_find(all, name, &at) < 0)
		return fail_last();
	*place = (int64_t)(at == NAMES_NONE ? all->n : at);
	return at == NAMES_NONE ? names_add(all, name, strlen(name)) : 0;
}

static int
map_names(struct class_map *m, struct names *all, struct names *own)
{
	if (own->n == 0 || same_names(all, own))
		return 0;
	if (names_check_once(all) < 0 || names_check_once(own) < 0)
		return fail_last();
	m->to = calloc(own->n, sizeof(*m->to));
	if (m->to == NULL)
		return fail_memory(own->n * sizeof(*m->to));
	for (size_t i = 0; i < own->n; i++)
		if (place_of(all, names_get(own, i), &m->to[i]) < 0)
			return fail_last();
	return 0;
}

int
class_map_begin(struct class_map *m, struct names *all,
    const struct head *head, int64_t max_label)
{
	struct names own = { 0 };
	int rc = class_names(&own, head);

	class_map_free(m);
	m->n = own.n;
	if (rc == 0 && own.n > 0 && all->n == 0 && max_label >= 0)
		rc = fail(FAIL_FORMAT, "classes are named here, but labels "
		    "up to %" PRId64 " before have no names", max_label);
	if (rc == 0 && all->n == 0) {
		*all = own;
		return 0;
	}
	if (rc == 0)
		rc = map_names(m, all, &own);
	names_free(&own);
	return rc;
}

int
class_map_label(const struct class_map *m, const struct names *all,
    int64_t label, int64_t *to)
{
	*to = label;
	if (label < SOURCE_NO_LABEL || label > INT32_MAX)
		return fail(FAIL_FORMAT, "label: %" PRId64, label);
	if (label < 0)
		return 0;
	if (m->n > 0 && (uint64_t)label >= m->n)
		return fail(FAIL_FORMAT, "label %" PRId64 ", but only %zu "
		    "class names", label, m->n);
	if (m->n == 0 && all->n > 0)
		return fail(FAIL_FORMAT, "label %" PRId64 " without a name, "
		    "in a file whose other streams name their classes",
		    label);
	*to = m->to != NULL ? m->to[label] : label;
	return 0;
}

void
class_map_free(struct class_map *m)
{
	free(m->to);
	*m = (struct class_map){ 0 };
}
