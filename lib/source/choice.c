/* SPDX-License-Identifier: MIT */
#include "source/choice.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
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

/* A line that is no key may be a number; equal lines are found as one. */
static int
match_number(struct subset *u, size_t i, size_t n, bool *found)
{
	int64_t number;
	size_t first;

	if (names_find(&u->lines, names_get(&u->lines, i), &first) < 0)
		return fail_last();
	*found = u->used[first];
	if (!*found && num_int(names_get(&u->lines, i), 0, (int64_t)n - 1,
	    &number) == 0) {
		u->wanted[number] = true;
		*found = true;
	}
	return 0;
}

static int
no_match(size_t line, const char *text, size_t n)
{
	return fail(FAIL_FORMAT, "line %zu: '%s' is neither a key nor a "
	    "number below %zu", line, text, n);
}

/* Lines that are no key must be numbers; counts those that are neither. */
static int
match_numbers(struct subset *u, size_t n, struct skips *skips)
{
	size_t matches = 0, first_bad = 0;

	for (size_t i = 0; i < u->lines.n; i++) {
		const char *line = names_get(&u->lines, i);
		bool found = false;

		if (*line == '\0')
			continue;
		if (match_number(u, i, n, &found) < 0)
			return fail_last();
		matches += found;
		if (found)
			continue;
		first_bad += first_bad == 0 ? i + 1 : 0;
		if (skips_add(skips, true, "lines that name no sample",
		    line) < 0)
			return fail_last();
	}
	return first_bad == 0 || matches > 0 ? 0 : no_match(first_bad,
	    names_get(&u->lines, first_bad - 1), n);
}

static int
mark_wanted(struct subset *u, const struct choice *c, const struct source *s,
    struct skips *skips)
{
	struct buf key = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < c->n; i++) {
		rc = source_key(s, c->samples[i], &key);
		if (rc == 0)
			rc = match_key(u, &key, c->samples[i]);
	}
	buf_free(&key);
	return rc < 0 ? rc : match_numbers(u, source_count(s), skips);
}

int
choice_keep_subset(struct choice *c, const struct source *s, const char *path,
    struct skips *skips)
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
	if (rc == 0 && mark_wanted(&u, c, s, skips) < 0)
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
	if (n > 0 && n < c->n)
		log_line(LOG_WARNING, "%zu of %zu images have no label and "
		    "are not chosen", c->n - n, c->n);
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

static void
remark_few(const struct groups *g, const struct source *s, size_t k)
{
	const struct names *classes = source_classes(s);
	size_t n_few = 0, few = 0;

	for (size_t i = g->n; i-- > 0;)
		if (g->starts[i + 1] - g->starts[i] < k) {
			n_few++;
			few = i;
		}
	if (n_few > 0)
		log_line(LOG_WARNING, "%zu of %zu classes have fewer than "
		    "%zu images; the first is class %" PRId64 "%s%s with %zu",
		    n_few, g->n, k, g->labels[few], classes->n > 0 ? " " : "",
		    classes->n > 0 ? names_get(classes,
		    (size_t)g->labels[few]) : "",
		    g->starts[few + 1] - g->starts[few]);
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
	if (rc == 0)
		remark_few(&g, s, k);
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
