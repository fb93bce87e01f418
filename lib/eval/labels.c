/* SPDX-License-Identifier: MIT */
#include "eval/labels.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"

#define NONE (-1)		/* no class of that name; an empty slot */
#define DIGITS_MOST 18		/* of a name that is a number */

/* The header's list of names, or NULL when it has none. */
static int
class_list(const struct head *head, const struct value **list)
{
	const struct value *v = value_find(&head->meta, "classes");

	*list = NULL;
	if (v == NULL || v->type == VALUE_NIL)
		return 0;
	if (v->type != VALUE_ARRAY)
		return fail(FAIL_FORMAT, "meta.classes is no list of names");
	for (size_t i = 0; i < v->array.n; i++)
		if (v->array.items[i].type != VALUE_TEXT)
			return fail(FAIL_FORMAT, "meta.classes: entry %zu is "
			    "no text", i);
	*list = v->array.n > 0 ? v : NULL;
	return 0;
}

static bool
same_text(const struct value *a, const struct value *b)
{
	return a->text.size == b->text.size &&
	    memcmp(a->text.bytes, b->text.bytes, a->text.size) == 0;
}

/* Whether a list numbers its classes as `all` does: it has at least the names
 * of the first list, and where both have a name it is the same. */
static bool
same_order(const struct labels *all, const struct value *list)
{
	const size_t known = all->names.array.n, n = list->array.n;

	if (n < all->n_first)
		return false;
	for (size_t i = 0; i < n && i < known; i++)
		if (!same_text(&all->names.array.items[i],
		    &list->array.items[i]))
			return false;
	return true;
}

static bool
is_number(const struct value *name)
{
	return name->text.size > 0 && name->text.size <= DIGITS_MOST &&
	    strspn(name->text.bytes, "0123456789") == name->text.size;
}

static bool
all_numbers(const struct value *list)
{
	for (size_t i = 0; i < list->array.n; i++)
		if (!is_number(&list->array.items[i]))
			return false;
	return true;
}

/* A number without its leading zeros, any other name as it is. */
static struct value
meaning(const struct value *name)
{
	struct value v = *name;

	if (is_number(name))
		while (v.text.size > 1 && v.text.bytes[0] == '0') {
			v.text.bytes++;
			v.text.size--;
		}
	return v;
}

static bool
same_meaning(const struct value *a, const struct value *b)
{
	const struct value x = meaning(a), y = meaning(b);

	return same_text(&x, &y);
}

/* The slot where the search for a name begins. */
static size_t
first_slot(const struct labels *all, const struct value *name)
{
	const struct value v = meaning(name);
	const uint64_t hash = hash_bytes(HASH_NONE, v.text.bytes, v.text.size);

	return (size_t)(hash ^ hash >> 32) % all->n_slots;
}

/* A slot holds a class's number, or this minus it where a later class has the
 * same name. */
#define TWICE (-2)

static int64_t
slot_number(int64_t slot)
{
	return slot <= TWICE ? TWICE - slot : slot;
}

static void
put_slot(struct labels *all, size_t number)
{
	const struct value *items = all->names.array.items;
	size_t at = first_slot(all, &items[number]);

	while (all->slots[at] != NONE) {
		const int64_t here = slot_number(all->slots[at]);

		if (same_text(&items[here], &items[number])) {
			all->slots[at] = TWICE - here;
			return;
		}
		at = (at + 1) % all->n_slots;
	}
	all->slots[at] = (int64_t)number;
}

/* A table of the names, with room for one more. */
static int
reserve_slots(struct labels *all)
{
	const size_t n = all->names.array.n;
	int64_t *slots;

	if (all->slots != NULL && all->n_slots >= 2 * (n + 1))
		return 0;
	slots = realloc(all->slots, (4 * n + 16) * sizeof(*slots));
	if (slots == NULL)
		return fail_memory((4 * n + 16) * sizeof(*slots));
	all->slots = slots;
	all->n_slots = 4 * n + 16;
	for (size_t i = 0; i < all->n_slots; i++)
		slots[i] = NONE;
	for (size_t i = 0; i < n; i++)
		put_slot(all, i);
	return 0;
}

/* The number of the class of that name, or NONE: of the same text, or else of
 * the same meaning. */
static int
find_class(const struct labels *all, const struct value *name,
    const char *origin, int64_t *number)
{
	const struct value *items = all->names.array.items;
	size_t texts = 0, meanings = 0;
	int64_t other = NONE;

	*number = NONE;
	for (size_t at = first_slot(all, name); all->slots[at] != NONE;
	    at = (at + 1) % all->n_slots) {
		const int64_t here = slot_number(all->slots[at]);

		if (same_text(&items[here], name)) {
			texts = all->slots[at] <= TWICE ? 2 : 1;
			*number = here;
		} else if (same_meaning(&items[here], name)) {
			meanings++;
			other = here;
		}
	}
	if (texts == 0)
		*number = other;
	if (texts > 1 || (texts == 0 && meanings > 1))
		return fail(FAIL_FORMAT, "class '%s' of %s: two classes of %s "
		    "are called so; give each its own name", name->text.bytes,
		    origin, all->named);
	return 0;
}

static int
add_class(struct labels *all, const struct value *name, int64_t *number)
{
	struct value own;

	*number = (int64_t)all->names.array.n;
	if (reserve_slots(all) < 0 ||
	    value_copy(&own, name, &all->arena) < 0 ||
	    value_push(&all->names, own, &all->arena) < 0)
		return fail_last();
	all->n_numbers += is_number(name);
	put_slot(all, (size_t)*number);
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	const int64_t p = *(const int64_t *)a, q = *(const int64_t *)b;

	return (p > q) - (p < q);
}

/* Refuses a list of which two classes became one. */
static int
check_apart(const struct renumber *r)
{
	int64_t *sorted = malloc(r->n * sizeof(*sorted));
	int rc = 0;

	if (sorted == NULL)
		return fail_memory(r->n * sizeof(*sorted));
	memcpy(sorted, r->to, r->n * sizeof(*sorted));
	qsort(sorted, r->n, sizeof(*sorted), by_number);
	for (size_t i = 1; i < r->n && rc == 0; i++)
		if (sorted[i] == sorted[i - 1]) {
			char name[64];

			labels_name(r->all, sorted[i], name, sizeof(name));
			rc = fail(FAIL_FORMAT, "meta.classes of %s: two "
			    "classes are called '%s'; give each its own name",
			    r->origin, name);
		}
	free(sorted);
	return rc;
}

static int
reserve_list(struct renumber *out, size_t n)
{
	out->n = n;
	out->to = malloc(n * sizeof(*out->to));
	return out->to == NULL ? fail_memory(n * sizeof(*out->to)) : 0;
}

/* A list that differs from the names met: name by name.  Where it only goes
 * on after these, they keep their index, even if two are alike. */
static int
join_by_name(struct labels *all, const struct value *list,
    struct renumber *out)
{
	const size_t known = all->names.array.n;
	const size_t alike = same_order(all, list) ? known : 0;

	if (reserve_list(out, list->array.n) < 0 || reserve_slots(all) < 0)
		return fail_last();
	for (size_t i = 0; i < alike; i++)
		out->to[i] = (int64_t)i;
	for (size_t i = alike; i < out->n; i++) {
		const struct value *name = &list->array.items[i];

		if (find_class(all, name, out->origin, &out->to[i]) < 0 ||
		    (out->to[i] == NONE &&
		    add_class(all, name, &out->to[i]) < 0))
			return fail_last();
	}
	all->differ = true;
	return check_apart(out);
}

/* A list of numbers after labels without names: each name is a label. */
static int
join_by_value(struct labels *all, const struct value *list,
    struct renumber *out)
{
	if (reserve_list(out, list->array.n) < 0)
		return fail_last();
	for (size_t i = 0; i < out->n; i++)
		out->to[i] = strtoll(list->array.items[i].text.bytes, NULL,
		    10);
	if (all->named == NULL && !all->quiet)
		log_line(LOG_WARNING, "%s names no classes: its label N is "
		    "compared with the class called N of %s", all->bare,
		    out->origin);
	return check_apart(out);
}

static int
take_list(struct labels *all, const struct value *list)
{
	for (size_t i = 0; i < list->array.n; i++)
		all->n_numbers += is_number(&list->array.items[i]);
	all->n_first = list->array.n;
	return value_copy(&all->names, list, &all->arena);
}

static int
refuse(const char *named, const char *bare)
{
	return fail(FAIL_FORMAT, "%s names its classes, %s has labels and no "
	    "names, and other lists differ: they cannot be compared; write "
	    "all of them with the same classes", named, bare);
}

/* Labels that no name stands for cannot be compared by index. */
static int
check_index(const struct labels *all, const char *named, size_t names)
{
	return all->most_bare == NULL || all->max_bare < (int64_t)names ? 0 :
	    fail(FAIL_FORMAT, "%s has label %" PRId64 " and names no classes, "
	    "but %s names only %zu: they cannot be compared; write both with "
	    "the same classes", all->most_bare, all->max_bare, named, names);
}

static void
remark_on_index(struct labels *all, const char *named, const char *bare)
{
	all->by_index = true;
	if (!all->quiet)
		log_line(LOG_WARNING, "%s names no classes: its labels are "
		    "compared with those of %s by index, label 0 being the "
		    "first name", bare, named);
}

/* After labels without names. */
static int
join_after_bare(struct labels *all, const struct value *list,
    struct renumber *out)
{
	if (all_numbers(list))
		return join_by_value(all, list, out);
	if (all->named != NULL)
		return refuse(out->origin, all->bare);
	if (check_index(all, out->origin, list->array.n) < 0)
		return fail_last();
	remark_on_index(all, out->origin, all->bare);
	return take_list(all, list);
}

/* A list of the test: which names of training it has. */
static void
meet_list(struct labels *all, const struct renumber *r)
{
	all->tested = true;
	for (size_t i = 0; i < r->n; i++) {
		const size_t at = r->to == NULL ? i : (size_t)r->to[i];

		if (at < all->n_trained)
			all->met[at] = true;
	}
}

static int
join_list(struct labels *all, const struct value *list, struct renumber *out)
{
	int rc = 0;

	out->named = true;
	out->n = list->array.n;
	if (all->names.type != VALUE_ARRAY)
		rc = all->bare != NULL ? join_after_bare(all, list, out) :
		    take_list(all, list);
	else if (!same_order(all, list) ||
	    list->array.n > all->names.array.n)
		rc = all->by_index ? refuse(out->origin, all->bare) :
		    join_by_name(all, list, out);
	if (all->named == NULL)
		all->named = out->origin;
	if (rc == 0 && all->met != NULL)
		meet_list(all, out);
	return rc;
}

/* "PATH", or "PATH, stream N" after the first. */
static int
note_origin(struct labels *all, const struct stream_in *in, const char **out)
{
	const uint64_t number = stream_streams(in);
	struct value own, text;
	struct buf b = { 0 };
	int rc = number > 1 ? buf_printf(&b, "%s, stream %" PRIu64,
	    stream_path(in), number) : buf_printf(&b, "%s", stream_path(in));

	if (rc == 0) {
		text = value_text((const char *)b.data);
		rc = value_copy(&own, &text, &all->arena);
	}
	buf_free(&b);
	if (rc == 0)
		*out = own.text.bytes;
	return rc;
}

int
labels_join(struct labels *all, const struct stream_in *in,
    struct renumber *out)
{
	const struct value *list;

	renumber_free(out);
	out->all = all;
	if (class_list(stream_head(in), &list) < 0 ||
	    note_origin(all, in, &out->origin) < 0)
		return fail_last();
	return list == NULL ? 0 : join_list(all, list, out);
}

void
labels_name(const struct labels *all, int64_t number, char *to, size_t room)
{
	const struct value *names = &all->names;

	if (names->type == VALUE_ARRAY && number < (int64_t)names->array.n)
		snprintf(to, room, "%s",
		    names->array.items[number].text.bytes);
	else
		snprintf(to, room, "%" PRId64, number);
	text_clean(to, strlen(to));
}

int
labels_trained(struct labels *all)
{
	const size_t n = all->names.type == VALUE_ARRAY ? all->names.array.n :
	    0;

	all->met = calloc(n + 1, sizeof(*all->met));
	if (all->met == NULL)
		return fail_memory(n + 1);
	all->n_trained = n;
	return 0;
}

size_t
labels_unmet(const struct labels *all)
{
	size_t n = 0;

	for (size_t i = 0; all->tested && i < all->n_trained; i++)
		n += !all->met[i];
	return n;
}

void
labels_free(struct labels *all)
{
	free(all->met);
	arena_free(&all->arena);
	free(all->slots);
	*all = (struct labels){ 0 };
}

/* The first label of a stream without names. */
static int
meet_names(struct labels *all, const char *origin)
{
	if (all->bare == NULL)
		all->bare = origin;
	if (all->names.type != VALUE_ARRAY || all->by_index)
		return 0;
	if (all->n_numbers == all->names.array.n) {
		if (!all->quiet && all->bare == origin)
			log_line(LOG_WARNING, "%s names no classes: its label "
			    "N is compared with the class called N of %s",
			    origin, all->named);
		return reserve_slots(all);
	}
	if (all->differ)
		return refuse(all->named, origin);
	remark_on_index(all, all->named, origin);
	return 0;
}

/* The class called by that number. */
static int
find_number(struct labels *all, int64_t label, const char *origin,
    int64_t *out)
{
	char text[32];
	struct value name;

	snprintf(text, sizeof(text), "%" PRId64, label);
	name = value_text(text);
	if (find_class(all, &name, origin, out) < 0)
		return fail_last();
	return *out == NONE ? add_class(all, &name, out) : 0;
}

int
renumber_label(struct renumber *r, int64_t label, int64_t *out)
{
	struct labels *all = r->all;

	*out = label;
	if (label < -1)
		return fail(FAIL_FORMAT, "label %" PRId64 "; labels are 0 and "
		    "above, or -1 for unlabelled", label);
	if (label == -1)
		return 0;
	if (r->named && (uint64_t)label >= r->n)
		return fail(FAIL_FORMAT, "label %" PRId64 ", but the header "
		    "names %zu classes", label, r->n);
	if (r->to != NULL)
		*out = r->to[label];
	if (r->named)
		return 0;
	if (all->most_bare == NULL || label > all->max_bare) {
		all->max_bare = label;
		all->most_bare = r->origin;
	}
	if (!r->met && meet_names(all, r->origin) < 0)
		return fail_last();
	r->met = true;
	if (all->by_index)
		return check_index(all, all->named, all->names.array.n);
	return all->names.type != VALUE_ARRAY ? 0 :
	    find_number(all, label, r->origin, out);
}

void
renumber_free(struct renumber *r)
{
	free(r->to);
	*r = (struct renumber){ 0 };
}
