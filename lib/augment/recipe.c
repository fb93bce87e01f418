/* SPDX-License-Identifier: MIT */
#include "augment/recipe.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

#define WORDS 24
#define WORD 96

/* One line, cut into words. */
struct line {
	int number, n;
	char words[WORDS][WORD];
};

static int
wrong(const struct line *l, const char *what)
{
	return fail(FAIL_USAGE, "recipe line %d: %s%s'%s'", l->number, what,
	    *what != '\0' ? " " : "", l->words[0]);
}

/* The next line that says something: 1, or 0 at the end of the text. */
static int
next_line(const char **text, struct line *l)
{
	const char *p = *text;

	l->n = 0;
	while (l->n == 0 && *p != '\0') {
		const size_t size = strcspn(p, "\n");
		const char *end = p + size, *comment = memchr(p, '#', size);

		l->number++;
		if (comment != NULL)
			end = comment;
		while (p < end) {
			const size_t gap = strspn(p, " \t\r");
			const size_t word = strcspn(p + gap, " \t\r\n");

			p += gap;
			if (p >= end)
				break;
			if (l->n == WORDS || word >= WORD)
				return fail(FAIL_USAGE, "recipe line %d: too "
				    "long", l->number);
			memcpy(l->words[l->n], p, word);
			l->words[l->n++][word] = '\0';
			p += word;
		}
		p = strchr(p, '\n') != NULL ? strchr(p, '\n') + 1
		    : p + strlen(p);
	}
	*text = p;
	return l->n > 0;
}

/* "a|b|c": the place of a word, or -1. */
static int
find_choice(const char *choices, const char *word)
{
	const size_t size = strlen(word);

	for (int i = 0;; i++) {
		const size_t now = strcspn(choices, "|");

		if (now == size && memcmp(choices, word, size) == 0)
			return i;
		if (choices[now] == '\0')
			return -1;
		choices += now + 1;
	}
}

/* NUMBER, LOW..HIGH, or LOW..HIGH/VALUES. */
static int
parse_number(struct aug_number *n, const struct aug_param *p,
    const char *text)
{
	const char *dots = strstr(text, "..");
	char low[WORD], high[WORD], *slash;
	int64_t values = 0;

	if (p->choices != NULL) {
		const int choice = find_choice(p->choices, text);

		if (choice < 0)
			return fail(FAIL_USAGE, "'%s' is not one of %s", text,
			    p->choices);
		*n = (struct aug_number){ choice, choice, 0 };
		return 0;
	}
	*n = (struct aug_number){ 0 };
	if (dots == NULL) {
		if (num_float(text, p->min, p->max, &n->low) < 0)
			return fail_last();
		n->high = n->low;
		return p->fixed != AUG_WHOLE || !(floor(n->low) < n->low) ? 0 :
		    fail(FAIL_USAGE, "'%s' is not a whole number", text);
	}
	if (p->fixed)
		return fail(FAIL_USAGE, "one number, not the range %s", text);
	snprintf(low, sizeof(low), "%.*s", (int)(dots - text), text);
	snprintf(high, sizeof(high), "%s", dots + 2);
	slash = strchr(high, '/');
	if (slash != NULL)
		*slash++ = '\0';
	if (num_float(low, p->min, p->max, &n->low) < 0
	    || num_float(high, p->min, p->max, &n->high) < 0
	    || (slash != NULL && num_int(slash, 2, 1000000, &values) < 0))
		return fail_last();
	if (n->low > n->high)
		return fail(FAIL_USAGE, "the range %s runs backwards", text);
	n->values = (int)values;
	return 0;
}

/* NAME=VALUE of a step. */
static int
set_number(struct aug_step *s, const char *name, const char *value)
{
	const struct aug_op *op = s->op;

	if (strcmp(name, "p") == 0)
		return num_float(value, 0, 1, &s->p) < 0
		    ? fail_note("%s.p", op->name) : 0;
	for (int i = 0; i < AUG_PARAMS && op->params[i].name != NULL; i++)
		if (strcmp(op->params[i].name, name) == 0)
			return parse_number(&s->numbers[i], &op->params[i],
			    value) < 0 ? fail_note("%s.%s", op->name, name)
			    : 0;
	return fail(FAIL_USAGE, "%s has no '%s'", op->name, name);
}

/* The step that `| …` is a choice of: the last one that is no choice itself;
 * NULL when it takes none. */
static struct aug_step *
last_pick(struct aug_view *v)
{
	struct aug_step *last = NULL;

	for (int i = 0; i < v->n_steps; i += 1 + v->steps[i].n_choices)
		last = &v->steps[i];
	return last != NULL && last->op->apply == NULL ? last : NULL;
}

/* A step of OP NAME=VALUE…; behind a bar, a choice of the pick before. */
static int
add_step(struct aug_view *v, struct line *l)
{
	struct aug_step *s = &v->steps[v->n_steps];
	const int at = strcmp(l->words[0], "|") == 0;
	struct aug_step *of = at ? last_pick(v) : NULL;

	if (v->n_steps == AUG_STEPS)
		return wrong(l, "too many steps at");
	if (at && (of == NULL || l->n < 2))
		return wrong(l, "a pick must come before, and an op behind");
	*s = (struct aug_step){ .op = aug_op_find(l->words[at]), .p = 1 };
	if (s->op == NULL || (at && s->op->apply == NULL))
		return fail(FAIL_USAGE, "recipe line %d: there is no op '%s'",
		    l->number, l->words[at]);
	for (int i = 0; i < AUG_PARAMS; i++)
		s->numbers[i] = s->op->params[i].preset;
	for (int i = at + 1; i < l->n; i++) {
		char *equals = strchr(l->words[i], '=');

		if (equals == NULL)
			return wrong(l, "NAME=VALUE is wanted behind");
		*equals = '\0';
		if (set_number(s, l->words[i], equals + 1) < 0)
			return fail_note("recipe line %d", l->number);
	}
	v->n_steps++;
	if (of != NULL)
		of->n_choices++;
	return 0;
}

static int
begin_view(struct recipe *r, const struct line *l, int size)
{
	struct aug_view *v = &r->views[r->n_views];

	if (r->n_views == RECIPE_VIEWS)
		return wrong(l, "too many views at");
	*v = (struct aug_view){ .size = size };
	for (int i = 1; i < l->n; i++) {
		int64_t own;

		if (strncmp(l->words[i], "size=", 5) == 0) {
			if (num_int(l->words[i] + 5, 0, 65535, &own) < 0)
				return fail_note("recipe line %d", l->number);
			v->size = (int)own;
		} else if (strcmp(l->words[i], "strong") == 0) {
			v->strong = true;
		} else if (strcmp(l->words[i], "weak") != 0) {
			return wrong(l, "weak, strong or size=PX is wanted "
			    "behind");
		}
	}
	r->n_views++;
	return 0;
}

/* A view that was left empty is like the one before. */
static void
end_view(struct recipe *r)
{
	struct aug_view *v = &r->views[r->n_views - 1];

	if (r->n_views < 2 || v->n_steps > 0)
		return;
	v->n_steps = v[-1].n_steps;
	memcpy(v->steps, v[-1].steps, sizeof(v->steps));
}

static int
three_numbers(const struct line *l, double min, double to[3])
{
	if (l->n != 4)
		return wrong(l, "three numbers are wanted behind");
	for (int i = 0; i < 3; i++)
		if (num_float(l->words[1 + i], min, 1, &to[i]) < 0)
			return fail_note("recipe line %d", l->number);
	return 0;
}

static int
take_line(struct recipe *r, struct line *l, int *size)
{
	int64_t own;

	if (strcmp(l->words[0], "size") == 0) {
		if (l->n != 2 || num_int(l->words[1], 0, 65535, &own) < 0)
			return wrong(l, "pixels are wanted behind");
		*size = (int)own;
		return 0;
	}
	if (strcmp(l->words[0], "mean") == 0)
		return three_numbers(l, 0, r->mean);
	if (strcmp(l->words[0], "std") == 0)
		return three_numbers(l, 1e-6, r->std);
	if (strcmp(l->words[0], "view") == 0) {
		if (r->n_views > 0)
			end_view(r);
		return begin_view(r, l, *size);
	}
	if (r->n_views == 0)
		return wrong(l, "a view must come before");
	return add_step(&r->views[r->n_views - 1], l);
}

static int
begin_recipe(struct recipe *r, const struct line *l)
{
	const char *name = l->n > 1 ? l->words[1] : "";

	*r = (struct recipe){ .std = { 1, 1, 1 } };
	if (strlen(name) >= sizeof(r->name))
		return fail(FAIL_USAGE, "recipe line %d: a name of %zu bytes, "
		    "at most %zu are possible", l->number, strlen(name),
		    sizeof(r->name) - 1);
	memcpy(r->name, name, strlen(name) + 1);
	for (int i = 2; i < l->n; i++) {
		const size_t used = strlen(r->about);

		if (used + strlen(l->words[i]) + 2 > sizeof(r->about))
			return fail(FAIL_USAGE, "recipe line %d: a description "
			    "of over %zu bytes", l->number,
			    sizeof(r->about) - 1);
		snprintf(r->about + used, sizeof(r->about) - used, "%s%s",
		    i > 2 ? " " : "", l->words[i]);
	}
	return 0;
}

/* Reads on to the end of the recipe that the line began: the next one's
 * beginning, or the text's end, which the last one must reach. */
static int
read_recipe(struct recipe *r, const char *text, struct line *l, bool last)
{
	int size = 0, got;

	if (begin_recipe(r, l) < 0)
		return fail_last();
	while ((got = next_line(&text, l)) > 0
	    && strcmp(l->words[0], "recipe") != 0)
		if (take_line(r, l, &size) < 0)
			return fail_last();
	if (got < 0)
		return fail_last();
	if (got > 0 && last)
		return fail(FAIL_USAGE, "recipe line %d: a second recipe; a "
		    "file holds one", l->number);
	if (r->n_views == 0)
		return fail(FAIL_USAGE, "recipe %s has no view", r->name);
	end_view(r);
	return 0;
}

static int
unknown(const char *text, const char *name)
{
	char names[1024] = "";
	struct line l = { 0 };

	while (next_line(&text, &l) > 0)
		if (strcmp(l.words[0], "recipe") == 0 && l.n > 1) {
			const size_t used = strlen(names);

			snprintf(names + used, sizeof(names) - used, "%s%s",
			    used > 0 ? ", " : "", l.words[1]);
		}
	return fail(FAIL_USAGE, "no recipe is called '%s'; there are: %s",
	    name, names);
}

int
recipe_check_bytes(const char *text, size_t size)
{
	const char *nul = memchr(text, '\0', size);
	int line = 1;

	if (nul == NULL)
		return 0;
	for (const char *p = text; p < nul; p++)
		line += *p == '\n';
	return fail(FAIL_USAGE, "recipe line %d: a NUL byte; a recipe is text",
	    line);
}

int
recipe_find(struct recipe *r, const char *text, const char *name)
{
	const char *p = text;
	struct line l = { 0 };
	int got;

	while ((got = next_line(&p, &l)) > 0) {
		const bool begins = strcmp(l.words[0], "recipe") == 0;

		if (name == NULL && !begins)
			return wrong(&l, "a line 'recipe NAME' must come "
			    "before");
		if (begins && (name == NULL || (l.n > 1
		    && strcmp(l.words[1], name) == 0)))
			return read_recipe(r, p, &l, name == NULL);
	}
	if (got < 0)
		return fail_last();
	if (name == NULL)
		return fail(FAIL_USAGE, "no line begins with 'recipe'");
	return unknown(text, name);
}

void
recipe_resize(struct recipe *r, int size)
{
	for (int i = 0; i < r->n_views; i++)
		r->views[i].size = size;
}

int
recipe_shorten(struct recipe *r, int n)
{
	if (n > r->n_views)
		return fail(FAIL_USAGE, "recipe %s has %d views, not %d",
		    r->name, r->n_views, n);
	r->n_views = n;
	return 0;
}

/* A number of every step `op`, in view `view` or (-1) in all. */
static int
change_steps(struct recipe *r, int view, const char *op, const char *name,
    const char *value)
{
	int changed = 0;

	for (int v = 0; v < r->n_views; v++) {
		for (int i = 0; i < r->views[v].n_steps; i++) {
			struct aug_step *s = &r->views[v].steps[i];

			if ((view >= 0 && v != view)
			    || strcmp(s->op->name, op) != 0)
				continue;
			if (set_number(s, name, value) < 0)
				return fail_last();
			changed++;
		}
	}
	return changed > 0 ? 0 : fail(FAIL_USAGE, "recipe %s has no step '%s'",
	    r->name, op);
}

/* [VIEW.]size=PX */
static int
change_size(struct recipe *r, int view, const char *value)
{
	int64_t px;

	if (num_int(value, 0, 65535, &px) < 0)
		return fail_note("size");
	for (int v = 0; v < r->n_views; v++)
		if (view < 0 || v == view)
			r->views[v].size = (int)px;
	return 0;
}

/* mean.C=X or std.C=X, C one of r, g, b. */
static int
change_colour(double to[3], double min, const char *channel,
    const char *value)
{
	const int at = find_choice("r|g|b", channel);

	return at < 0 ? fail(FAIL_USAGE, "'%s': mean and std have r, g and b",
	    channel) : num_float(value, min, 1, &to[at]);
}

/* The number before the first dot, of a view that there is. */
static int
take_view(const struct recipe *r, char **op, int *view)
{
	char *dot = *op + strspn(*op, "0123456789");
	int64_t number;

	if (*dot != '.')
		return fail(FAIL_USAGE, "'%s': VIEW.OP.NAME=VALUE is wanted",
		    *op);
	*dot = '\0';
	if (num_int(*op, 0, r->n_views - 1, &number) < 0)
		return fail_note("view");
	*view = (int)number;
	*op = dot + 1;
	return 0;
}

/* [VIEW.]OP.NAME=VALUE, [VIEW.]size=PX, mean.C=X or std.C=X. */
static int
change_one(struct recipe *r, char *text)
{
	char *value = strchr(text, '='), *op = text, *name;
	int view = -1;

	if (value == NULL)
		return fail(FAIL_USAGE, "'%s': OP.NAME=VALUE is wanted", text);
	*value++ = '\0';
	if (*op >= '0' && *op <= '9' && take_view(r, &op, &view) < 0)
		return fail_last();
	if (strcmp(op, "size") == 0)
		return change_size(r, view, value);
	name = strchr(op, '.');
	if (name == NULL)
		return fail(FAIL_USAGE, "'%s': OP.NAME=VALUE or "
		    "VIEW.OP.NAME=VALUE is wanted", op);
	*name++ = '\0';
	if (view >= 0 && (strcmp(op, "mean") == 0 || strcmp(op, "std") == 0))
		return fail(FAIL_USAGE, "%s is that of all views, not of view "
		    "%d", op, view);
	if (strcmp(op, "mean") == 0)
		return change_colour(r->mean, 0, name, value);
	if (strcmp(op, "std") == 0)
		return change_colour(r->std, 1e-6, name, value);
	return change_steps(r, view, op, name, value);
}

int
recipe_change(struct recipe *r, const char *changes)
{
	while (*changes != '\0') {
		const size_t size = strcspn(changes, ",");
		char one[WORD];

		if (size >= sizeof(one))
			return fail(FAIL_USAGE, "'%s' is too long", changes);
		memcpy(one, changes, size);
		one[size] = '\0';
		if (change_one(r, one) < 0)
			return fail_last();
		changes += size + (changes[size] == ',');
	}
	return 0;
}
