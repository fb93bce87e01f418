/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "stream/value.h"

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Finds two names alike among many, which comparing all pairs would take
 * forever to do. */
static int
check_many_names(const struct value *map)
{
	const size_t n = map->map.n;
	const char **names = calloc(n, sizeof(*names));
	int rc = 0;

	if (names == NULL)
		return fail_memory(n * sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = map->map.members[i].name;
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 1; i < n && rc == 0; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			rc = fail(FAIL_FORMAT, "the key '%s' twice", names[i]);
	free(names);
	return rc;
}

static int
check_names(const struct value *map)
{
	const struct member *m = map->map.members;

	if (map->map.n > 16)
		return check_many_names(map);
	for (size_t i = 1; i < map->map.n; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(m[i].name, m[j].name) == 0)
				return fail(FAIL_FORMAT, "the key '%s' twice",
				    m[i].name);
	return 0;
}

static int
check(const struct value *v, int level, int most)
{
	if (level > most)
		return fail(FAIL_LIMIT, "nested deeper than %d levels", most);
	if (v->type == VALUE_ARRAY)
		for (size_t i = 0; i < v->array.n; i++)
			if (check(&v->array.items[i], level + 1, most) < 0)
				return fail_last();
	if (v->type != VALUE_MAP)
		return 0;
	for (size_t i = 0; i < v->map.n; i++)
		if (check(&v->map.members[i].value, level + 1, most) < 0)
			return fail_last();
	return check_names(v);
}

int
value_check(const struct value *v, int levels)
{
	return check(v, 1, levels);
}
