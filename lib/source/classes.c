/* SPDX-License-Identifier: MIT */
#include "source/classes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/num.h"

/* A class's name is one line and has a letter. */
static int
check_name(const char *text)
{
	double number;
	bool has_letter = false;

	for (const char *c = text; *c != '\0'; c++) {
		has_letter = has_letter || (*c & 0x80) != 0 ||
		    ((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z');
		if ((*c & 0x80) == 0 && *c < 0x20)
			return fail(FAIL_FORMAT, "a label of several lines");
	}
	if (!has_letter || num_float(text, -1e300, 1e300, &number) == 0)
		return fail(FAIL_FORMAT, "label '%s' is neither a whole "
		    "number from -1 on nor the name of a class", text);
	return 0;
}

int
src_label(struct src_part *p, const char *text, bool may_add, int64_t *label)
{
	size_t at;

	if (num_int(text, SOURCE_NO_LABEL, INT32_MAX, label) == 0)
		goto known;
	if (strspn(text, "+-0123456789") == strlen(text))
		return fail(FAIL_FORMAT, "label '%s' is outside -1 to %d",
		    text, INT32_MAX);
	if (names_find(&p->classes, text, &at) < 0)
		return fail_last();
	if (at == NAMES_NONE) {
		if (!may_add)
			return fail(FAIL_FORMAT, "label '%s' is neither a "
			    "number nor in the list of classes", text);
		at = p->classes.n;
		if (check_name(text) < 0 || names_add(&p->classes, text, strlen(text)) < 0)
			return fail_last();
	}
	*label = (int64_t)at;
known:
	if (*label > p->max_label)
		p->max_label = *label;
	return 0;
}

static bool
begins_with(const struct names *all, const struct names *list)
{
	if (all->n < list->n)
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(names_get(all, i), names_get(list, i)) != 0)
			return false;
	return true;
}

/* A list in a given order may well name two classes alike. */
static int
add_all(struct names *all, const struct names *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *name = names_get(list, i);

		if (names_add(all, name, strlen(name)) < 0)
			return fail_last();
	}
	return 0;
}

static int
add_new(struct names *all, const struct names *more)
{
	for (size_t i = 0; i < more->n; i++) {
		const char *name = names_get(more, i);
		size_t at;

		if (names_find(all, name, &at) < 0)
			return fail_last();
		if (at == NAMES_NONE && names_add(all, name,
		    strlen(name)) < 0)
			return fail_last();
	}
	return 0;
}

/* Names whose order means nothing, sorted, without doubles. */
static int
gather_sorted(struct names *to, const struct src_part *parts, size_t n)
{
	struct names found = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (parts[i].classes_sorted)
			rc = add_new(&found, &parts[i].classes);
	if (rc == 0)
		rc = names_sort(&found, 0);
	if (rc == 0)
		rc = add_new(to, &found);
	names_free(&found);
	return rc;
}

/* The user's list may name two classes alike while labels are numbers only
 * (ImageNet has two cranes). */
static int
check_list(struct names *all, const struct src_part *parts, size_t n)
{
	bool by_name = false;

	for (size_t i = 0; i < n; i++)
		by_name |= parts[i].classes_sorted && parts[i].classes.n > 0;
	for (size_t i = 0; i < all->n; i++) {
		const char *name = names_get(all, i);
		size_t at;

		if (*name == '\0')
			return fail(FAIL_FORMAT, "line %zu: no class name",
			    i + 1);
		if (names_find(all, name, &at) < 0)
			return fail_last();
		if (at == i)
			continue;
		if (by_name)
			return fail(FAIL_FORMAT, "lines %zu and %zu both name "
			    "the class '%s'", at + 1, i + 1, name);
		log_line(LOG_WARNING, "classes %zu and %zu are both named "
		    "'%s'", at, i, name);
		return 0;
	}
	return 0;
}

static int
gather(struct names *all, const struct src_part *parts, size_t n,
    const char *path)
{
	if (path != NULL) {
		if (names_read_lines(all, path) < 0)
			return fail_last();
		if (all->n == 0)
			return fail(FAIL_FORMAT, "%s: empty", path);
		return check_list(all, parts, n) < 0 ?
		    fail_note("%s", path) : 0;
	}
	for (size_t i = 0; i < n; i++) {
		const struct names *own = &parts[i].classes;

		if (parts[i].classes_sorted || begins_with(all, own))
			continue;
		if ((all->n == 0 ? add_all(all, own) : add_new(all, own)) < 0)
			return fail_last();
	}
	return gather_sorted(all, parts, n);
}

/* A label for which there is no name, and who has it. */
static int
fail_label(const struct src_part *p, size_t most)
{
	struct buf key = { 0 };
	size_t i = 0;
	int64_t label = p->max_label;

	while (i < p->n && (label = p->kind->label(p, i)) < (int64_t)most)
		i++;
	if (i < p->n && p->kind->key(p, i, &key) < 0) {
		buf_free(&key);
		return fail_last();
	}
	fail(FAIL_FORMAT, "%s: %s: label %" PRId64 ", but only %zu class "
	    "names, for labels from 0 on", p->path, i < p->n ?
	    (const char *)key.data : "?", label, most);
	buf_free(&key);
	return fail_last();
}

static int
map_part(struct names *all, struct src_part *p, bool from_user)
{
	const size_t n = p->classes.n;
	const bool own = n > 0;
	const size_t most = own ? n : all->n;

	if (most > 0 && p->max_label >= (int64_t)most)
		return fail_label(p, most);
	if (n == 0 && !from_user && all->n > 0 && p->max_label >= 0)
		return fail(FAIL_FORMAT, "%s: labels up to %" PRId64 " without "
		    "class names, beside sources that name theirs; --classes "
		    "FILE names them", p->path, p->max_label);
	if (!own || begins_with(all, &p->classes))
		return 0;
	if (names_check_once(&p->classes) < 0 || names_check_once(all) < 0)
		return fail_note("%s", p->path);
	p->to_class = calloc(n, sizeof(*p->to_class));
	if (p->to_class == NULL)
		return fail_memory(n * sizeof(*p->to_class));
	for (size_t i = 0; i < n; i++) {
		size_t at;

		if (names_find(all, names_get(&p->classes, i), &at) < 0)
			return fail_last();
		if (at == NAMES_NONE)
			return fail(FAIL_FORMAT, "%s: class '%s' is not in "
			    "the list of classes", p->path,
			    names_get(&p->classes, i));
		p->to_class[i] = (int64_t)at;
	}
	return 0;
}

static bool
have_labels(const struct src_part *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (parts[i].max_label >= 0)
			return true;
	return false;
}

/* Parts without any label beside others that have some. */
static void
warn_of_others(const struct src_part *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (parts[i].max_label < 0)
			log_line(LOG_WARNING, "%s: none of its images has a "
			    "label, but other sources have labels",
			    parts[i].path);
}

int
classes_join(struct names *all, struct src_part *parts, size_t n,
    const char *path)
{
	if (gather(all, parts, n, path) < 0)
		return fail_last();
	if (have_labels(parts, n))
		warn_of_others(parts, n);
	else if (path != NULL)
		log_line(LOG_WARNING, "%s: no sample has a label", path);
	for (size_t i = 0; i < n; i++)
		if (map_part(all, &parts[i], path != NULL) < 0)
			return fail_last();
	return 0;
}
