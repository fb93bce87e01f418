/* SPDX-License-Identifier: MIT */
#include "source/choice.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/rng.h"

int
choice_all(struct choice *c, const struct source *s)
{
	const size_t n = source_count(s);

	*c = (struct choice){ .n = n };
	c->samples = malloc((n + 1) * sizeof(*c->samples));
	if (c->samples == NULL)
		return fail_memory(n * sizeof(*c->samples));
	for (size_t i = 0; i < n; i++)
		c->samples[i] = i;
	return 0;
}

void
choice_free(struct choice *c)
{
	free(c->samples);
	*c = (struct choice){ 0 };
}

/* A subset being looked up: its lines, and which named something. */
struct subset {
	struct names lines;
	bool *used;		/* by line */
	bool *wanted;		/* by sample */
};

/* Marks the sample when a line says `text`. */
static int
match(struct subset *u, const char *text, size_t sample, bool *found)
{
	size_t line;

	if (names_find(&u->lines, text, &line) < 0)
		return fail_last();
	if (line != NAMES_NONE) {
		u->used[line] = true;
		u->wanted[sample] = true;
		*found = true;
	}
	return 0;
}

/* The key, then its last part, then that without ".jpg". */
static int
match_key(struct subset *u, struct buf *key, size_t sample)
{
	char *text = (char *)key->data;
	char *slash = strrchr(text, '/'), *dot;
	bool found = false;

	if (match(u, text, sample, &found) < 0)
		return fail_last();
	if (!found && slash != NULL &&
	    match(u, slash + 1, sample, &found) < 0)
		return fail_last();
	if (found)
		return 0;
	text = slash != NULL ? slash + 1 : text;
	dot = strrchr(text, '.');
	if (dot == NULL)
		return 0;
	*dot = '\0';
	return match(u, text, sample, &found);
}

/* Lines that are no key must be numbers; equal lines are found as one. */
static int
match_numbers(struct subset *u, size_t n)
{
	for (size_t i = 0; i < u->lines.n; i++) {
		const char *line = names_get(&u->lines, i);
		int64_t number;
		size_t first;

		if (names_find(&u->lines, line, &first) < 0)
			return fail_last();
		if (u->used[first])
			continue;
		if (num_int(line, 0, (int64_t)n - 1, &number) < 0)
			return fail(FAIL_FORMAT, "line %zu: '%s' is neither a "
			    "key nor a number below %zu", i + 1, line, n);
		u->wanted[number] = true;
	}
	return 0;
}

static int
mark_wanted(struct subset *u, const struct choice *c, const struct source *s)
{
	struct buf key = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < c->n; i++) {
		rc = source_key(s, c->samples[i], &key);
		if (rc == 0)
			rc = match_key(u, &key, c->samples[i]);
	}
	buf_free(&key);
	return rc < 0 ? rc : match_numbers(u, source_count(s));
}

int
choice_keep_subset(struct choice *c, const struct source *s, const char *path)
{
	struct subset u = { 0 };
	size_t kept = 0;
	int rc = names_read_lines(&u.lines, path);

	if (rc == 0) {
		u.used = calloc(u.lines.n + 1, sizeof(*u.used));
		u.wanted = calloc(source_count(s) + 1, sizeof(*u.wanted));
		if (u.used == NULL || u.wanted == NULL)
			rc = fail_memory(u.lines.n + source_count(s));
	}
	if (rc == 0 && mark_wanted(&u, c, s) < 0)
		rc = fail_note("%s", path);
	for (size_t i = 0; rc == 0 && i < c->n; i++)
		if (u.wanted[c->samples[i]])
			c->samples[kept++] = c->samples[i];
	c->n = kept;
	names_free(&u.lines);
	free(u.used);
	free(u.wanted);
	return rc;
}

struct labelled {
	int64_t label;
	size_t position;
};

static int
compare(const void *a, const void *b)
{
	const struct labelled *x = a, *y = b;

	if (x->label != y->label)
		return x->label < y->label ? -1 : 1;
	return x->position < y->position ? -1 : x->position > y->position;
}

static int
fill_groups(struct groups *g, const struct labelled *all, size_t n)
{
	g->members = malloc((n + 1) * sizeof(*g->members));
	g->starts = malloc((n + 1) * sizeof(*g->starts));
	g->labels = malloc((n + 1) * sizeof(*g->labels));
	if (g->members == NULL || g->starts == NULL || g->labels == NULL)
		return fail_memory(n * sizeof(*g->members));
	for (size_t i = 0; i < n; i++) {
		g->members[i] = all[i].position;
		if (i > 0 && all[i].label == all[i - 1].label)
			continue;
		g->starts[g->n] = i;
		g->labels[g->n++] = all[i].label;
	}
	g->starts[g->n] = n;
	return 0;
}

int
groups_make(struct groups *g, const struct choice *c, const struct source *s)
{
	struct labelled *all = malloc((c->n + 1) * sizeof(*all));
	size_t n = 0;
	int rc;

	*g = (struct groups){ 0 };
	if (all == NULL)
		return fail_memory(c->n * sizeof(*all));
	for (size_t i = 0; i < c->n; i++) {
		all[n].label = source_label(s, c->samples[i]);
		all[n].position = i;
		n += all[n].label != SOURCE_NO_LABEL;
	}
	qsort(all, n, sizeof(*all), compare);
	rc = fill_groups(g, all, n);
	free(all);
	return rc;
}

void
groups_free(struct groups *g)
{
	free(g->members);
	free(g->starts);
	free(g->labels);
	*g = (struct groups){ 0 };
}

/* Marks k of the group's members: the first k of a permutation of them. */
static int
mark_some(bool *wanted, const struct groups *g, size_t group, size_t k,
    uint64_t seed)
{
	const size_t *members = g->members + g->starts[group];
	const size_t n = g->starts[group + 1] - g->starts[group];
	struct rng r = rng_at(seed, 0, (uint64_t)g->labels[group], 0,
	    RNG_SUBSET);
	size_t *order = malloc(n * sizeof(*order));

	if (order == NULL)
		return fail_memory(n * sizeof(*order));
	rng_permutation(&r, order, n);
	for (size_t i = 0; i < n && i < k; i++)
		wanted[members[order[i]]] = true;
	free(order);
	return 0;
}

int
choice_keep_per_class(struct choice *c, const struct source *s, size_t k,
    uint64_t seed)
{
	struct groups g;
	bool *wanted = calloc(c->n + 1, sizeof(*wanted));
	size_t kept = 0;
	int rc;

	if (wanted == NULL)
		return fail_memory(c->n);
	rc = groups_make(&g, c, s);
	for (size_t i = 0; rc == 0 && i < g.n; i++)
		rc = mark_some(wanted, &g, i, k, seed);
	for (size_t i = 0; rc == 0 && i < c->n; i++)
		if (wanted[i])
			c->samples[kept++] = c->samples[i];
	c->n = kept;
	groups_free(&g);
	free(wanted);
	return rc;
}
