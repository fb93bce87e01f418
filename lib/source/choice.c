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

/* How a line of a subset names a sample, the most exact way first. */
enum match { BY_KEY, BY_NAME, BY_STEM, BY_NOTHING };

/* A subset being looked up: its lines, how each named something and how many
 * samples. */
struct subset {
	struct names lines;
	enum match *match;	/* by line */
	size_t *n;
	bool *wanted;		/* by sample */
};

/* The key, its last part, or that without ".jpg"; NULL: the same as before. */
static const char *
text_of(char *key, enum match how)
{
	char *slash = strrchr(key, '/'), *dot;

	if (how == BY_KEY)
		return key;
	if (how == BY_NAME)
		return slash == NULL ? NULL : slash + 1;
	key = slash == NULL ? key : slash + 1;
	dot = strrchr(key, '.');
	if (dot == NULL)
		return NULL;
	*dot = '\0';
	return key;
}

/* Marks the sample when a line that no more exact text fits says `text`. */
static int
match_text(struct subset *u, const char *text, enum match how, size_t sample)
{
	size_t line;

	if (text == NULL)
		return 0;
	if (names_find(&u->lines, text, &line) < 0)
		return fail_last();
	if (line == NAMES_NONE || u->match[line] < how)
		return 0;
	u->match[line] = how;
	u->n[line]++;
	u->wanted[sample] = true;
	return 0;
}

/* A line that is no key may be a number; equal lines are found as one. */
static int
match_number(struct subset *u, size_t i, size_t n, bool *found)
{
	int64_t number;
	size_t first;

	if (names_find(&u->lines, names_get(&u->lines, i), &first) < 0)
		return fail_last();
	*found = u->match[first] != BY_NOTHING;
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
		if (skips_add(skips, true, "line{|s} that name{s|} no sample",
		    line) < 0)
			return fail_last();
	}
	return first_bad == 0 || matches > 0 ? 0 : no_match(first_bad,
	    names_get(&u->lines, first_bad - 1), n);
}

/* Lines that name samples of several folders by their file name. */
static void
remark_several(const struct subset *u, const char *path)
{
	size_t several = 0, first = 0;

	for (size_t i = 0; i < u->lines.n; i++)
		if (u->match[i] > BY_KEY && u->n[i] > 1)
			first = several++ == 0 ? i : first;
	if (several > 0)
		log_line(LOG_WARNING, "%s: %zu of %zu lines name more than "
		    "one sample (the first is line %zu, '%s', with %zu); a "
		    "whole key names one", path, several, u->lines.n,
		    first + 1, names_get(&u->lines, first), u->n[first]);
}

static int
mark_wanted(struct subset *u, const struct choice *c, const struct source *s,
    struct skips *skips)
{
	struct buf key = { 0 };
	int rc = 0;

	for (enum match how = BY_KEY; how < BY_NOTHING; how++)
		for (size_t i = 0; rc == 0 && i < c->n; i++) {
			rc = source_key(s, c->samples[i], &key);
			if (rc == 0)
				rc = match_text(u, text_of((char *)key.data,
				    how), how, c->samples[i]);
		}
	buf_free(&key);
	return rc < 0 ? rc : match_numbers(u, source_count(s), skips);
}

static int
read_subset(struct subset *u, const struct source *s, const char *path)
{
	if (names_read_lines(&u->lines, path) < 0)
		return fail_last();
	u->match = malloc((u->lines.n + 1) * sizeof(*u->match));
	u->n = calloc(u->lines.n + 1, sizeof(*u->n));
	u->wanted = calloc(source_count(s) + 1, sizeof(*u->wanted));
	if (u->match == NULL || u->n == NULL || u->wanted == NULL)
		return fail_memory(u->lines.n + source_count(s));
	for (size_t i = 0; i < u->lines.n; i++)
		u->match[i] = BY_NOTHING;
	return 0;
}

int
choice_keep_subset(struct choice *c, const struct source *s, const char *path,
    struct skips *skips)
{
	struct subset u = { 0 };
	size_t kept = 0;
	int rc = read_subset(&u, s, path);

	if (rc == 0 && mark_wanted(&u, c, s, skips) < 0)
		rc = fail_note("%s", path);
	if (rc == 0)
		remark_several(&u, path);
	for (size_t i = 0; rc == 0 && i < c->n; i++)
		if (u.wanted[c->samples[i]])
			c->samples[kept++] = c->samples[i];
	c->n = kept;
	names_free(&u.lines);
	free(u.match);
	free(u.n);
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
		log_line(LOG_LOST, "%zu of %zu images have no label and are "
		    "not chosen", c->n - n, c->n);
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
