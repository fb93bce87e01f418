/* SPDX-License-Identifier: MIT */
/* The stream that a run is resumed on, and the one that it began with. */
#include <inttypes.h>
#include <string.h>

#include "train/agree.h"

/* History entries, oldest first. */
struct entries {
	const struct value *item;
	size_t n;
};

/* What both sides' headers tell, so that no option need be compared for it. */
struct known {
	bool dataset, recipe, batch;
};

/* Options that may differ, always or when the headers tell what they make. */
static const struct free_option {
	const char *tool, *name;
	enum { ALWAYS, BY_DATASET, BY_RECIPE, BY_BATCH } when;
} may_differ[] = {
	{ "ssl-decode", "start-step", ALWAYS },
	{ "ssl-decode", "epochs", ALWAYS },
	{ "ssl-decode", "strict", ALWAYS },
	{ "ssl-decode", "keep-jpeg", ALWAYS },	/* makes the same views */
	{ "ssl-decode", "batch", BY_BATCH },
	{ "ssl-decode", "subset", BY_DATASET },
	{ "ssl-decode", "classes", BY_DATASET },
	{ "ssl-augment", "keep-image", ALWAYS },
	{ "ssl-augment", "recipe", BY_RECIPE },
	{ "ssl-augment", "set", BY_RECIPE },
	{ "ssl-augment", "size", BY_RECIPE },
	{ "ssl-augment", "views", BY_RECIPE },
	{ "ssl-augment", "batch", BY_BATCH },
};

/* Options without a value, of the tools that write streams of views; a test
 * holds them against the tools. */
static const char *const flags[] = { "draft", "exif", "keep-image",
	"keep-jpeg", "no-fold", "shuffle", "strict" };

static bool
is_flag(const char *name)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(name, flags[i]) == 0)
			return true;
	return false;
}

static bool
is_free(const char *tool, const char *name, const struct known *k)
{
	if (strcmp(name, "seed") == 0)
		return true;	/* the entry has it too, default and all */
	for (size_t i = 0; i < sizeof(may_differ) / sizeof(may_differ[0]);
	    i++) {
		const struct free_option *f = &may_differ[i];

		if (strcmp(f->tool, tool) == 0 && strcmp(f->name, name) == 0)
			return f->when == ALWAYS ||
			    (f->when == BY_DATASET && k->dataset) ||
			    (f->when == BY_RECIPE && k->recipe) ||
			    (f->when == BY_BATCH && k->batch);
	}
	return false;
}

static const char *
tool_of(const struct value *entry)
{
	return value_get_text(entry, "tool", "");
}

static const char *
arg(const struct value *entry, size_t i)
{
	const struct value *args = value_find(entry, "args");

	return args == NULL || args->type != VALUE_ARRAY ||
	    i >= args->array.n || args->array.items[i].type != VALUE_TEXT ?
	    NULL : args->array.items[i].text.bytes;
}

/* One word of a command line: an option, or an operand. */
struct word {
	const char *name;	/* NULL: an operand */
	const char *value;	/* NULL: a flag */
};

/* The word at *i, which moves past it; false at the end. */
static bool
next_word(const struct value *entry, size_t *i, struct word *w)
{
	const char *text = arg(entry, *i);

	if (text == NULL)
		return false;
	++*i;
	*w = (struct word){ .value = text };
	if (strncmp(text, "--", 2) != 0 || text[2] == '\0')
		return true;
	w->name = text + 2;
	w->value = is_flag(w->name) ? NULL : arg(entry, (*i)++);
	return true;
}

static bool
find_option(const struct value *entry, const char *name, struct word *w)
{
	for (size_t i = 0; next_word(entry, &i, w);)
		if (w->name != NULL && strcmp(w->name, name) == 0)
			return true;
	return false;
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The options of `now` against those of `then`; the other way round only what
 * `then` has alone. */
static int
compare_options(struct agree *a, const struct value *now,
    const struct value *then, const struct known *k)
{
	const char *tool = tool_of(now);
	struct word w, other;
	int rc = 0;

	for (size_t i = 0; rc == 0 && next_word(now, &i, &w);) {
		const char *value = w.value == NULL ? "" : w.value;
		const char *blank = w.value == NULL ? "" : " ";

		if (w.name == NULL || is_free(tool, w.name, k))
			continue;
		if (!find_option(then, w.name, &other))
			rc = agree_clause(a, "%s --%s%s%s, which the "
			    "checkpoint's run did not have", tool, w.name,
			    blank, value);
		else if (!same_text(w.value, other.value))
			rc = agree_clause(a, "%s --%s %s, the checkpoint's run "
			    "had %s", tool, w.name, value, other.value == NULL ?
			    "no value" : other.value);
	}
	for (size_t i = 0; rc == 0 && next_word(then, &i, &w);)
		if (w.name != NULL && !is_free(tool, w.name, k) &&
		    !find_option(now, w.name, &other))
			rc = agree_clause(a, "%s without --%s%s%s, which the "
			    "checkpoint's run had", tool, w.name, w.value ==
			    NULL ? "" : " ", w.value == NULL ? "" : w.value);
	return rc;
}

/* The nth operand, or NULL. */
static const char *
operand(const struct value *entry, size_t n)
{
	struct word w;

	for (size_t i = 0; next_word(entry, &i, &w);)
		if (w.name == NULL && strcmp(w.value, "--") != 0 && n-- == 0)
			return w.value;
	return NULL;
}

/* Where the samples came from, if nothing better is known of them. */
static int
compare_operands(struct agree *a, const struct value *now,
    const struct value *then)
{
	for (size_t i = 0;; i++) {
		const char *x = operand(now, i), *y = operand(then, i);

		if (!same_text(x, y))
			return agree_clause(a, "%s reads %s, the checkpoint's "
			    "run read %s", tool_of(now), x == NULL ? "less" :
			    x, y == NULL ? "less" : y);
		if (x == NULL)
			return 0;
	}
}

static int
compare_entries(struct agree *a, const struct value *now,
    const struct value *then, const struct known *k)
{
	const int64_t seed = value_get_int(now, "seed", 0);
	const int64_t old = value_get_int(then, "seed", 0);
	int rc = compare_options(a, now, then, k);

	if (rc == 0 && !k->dataset)
		rc = compare_operands(a, now, then);
	if (rc == 0 && seed != old)
		rc = agree_clause(a, "%s --seed %" PRId64 ", the checkpoint's "
		    "run had %" PRId64, tool_of(now), seed, old);
	return rc;
}

/* "ssl-decode | ssl-augment" */
static int
chain(const struct entries *e, struct buf *to)
{
	int rc = buf_printf(to, "%s", e->n == 0 ? "elsewhere" : "");

	for (size_t i = 0; i < e->n && rc == 0; i++)
		rc = buf_printf(to, "%s%s", i > 0 ? " | " : "",
		    tool_of(&e->item[i]));
	return rc;
}

static int
compare_history(struct agree *a, const struct entries *now,
    const struct entries *then, const struct known *k)
{
	struct buf x = { 0 }, y = { 0 };
	int rc = 0;

	if ((rc = chain(now, &x)) == 0 && (rc = chain(then, &y)) == 0 &&
	    (now->n != then->n ||
	    !same_text((char *)x.data, (char *)y.data)))
		rc = agree_clause(a, "the stream comes from %s, the "
		    "checkpoint's run read one from %s", x.data, y.data);
	else
		for (size_t i = 0; i < now->n && rc == 0; i++)
			rc = compare_entries(a, &now->item[i], &then->item[i],
			    k);
	buf_free(&x);
	buf_free(&y);
	return rc;
}

static struct entries
all_entries(const struct head *h)
{
	struct entries e = { NULL, 0 };

	if (h->history.type == VALUE_ARRAY)
		e = (struct entries){ h->history.array.items,
			h->history.array.n };
	return e;
}

/* The history of the stream that the checkpoint's run read: its first input,
 * or its last, the labelled one.  False when it is not known. */
static bool
trained_on(const struct head *ckpt, bool support, struct entries *e)
{
	const struct value *sizes;
	size_t sum = 0, n;

	*e = all_entries(ckpt);
	if (e->n == 0 || strcmp(tool_of(&e->item[e->n - 1]), "ssl-train") != 0)
		return false;
	n = e->n - 1;
	sizes = value_find(&e->item[n], "inputs");
	e->n = n;
	if (sizes == NULL || sizes->type != VALUE_ARRAY || sizes->array.n == 0)
		return !support;
	for (size_t i = 0; i < sizes->array.n; i++) {
		const struct value *v = &sizes->array.items[i];

		if (v->type != VALUE_INT || v->integer < 0 ||
		    (uint64_t)v->integer > n - sum)
			return false;
		sum += (size_t)v->integer;
		e->n = (size_t)v->integer;
		if (!support)
			return true;
	}
	e->item += n - e->n;
	return sum == n;
}

/* Number and names of the samples. */
static int
compare_dataset(struct agree *a, const struct value *now,
    const struct value *then, struct known *k)
{
	const struct value *x = value_find(now, "dataset");
	const struct value *y = value_find(then, "dataset");
	const int64_t n = value_get_int(x, "samples", -1);
	const int64_t old = value_get_int(y, "samples", -1);

	k->dataset = n >= 0 && old >= 0;
	if (!k->dataset)
		return 0;
	if (n != old)
		return agree_clause(a, "the data set has %" PRId64 " samples, "
		    "the checkpoint's had %" PRId64, n, old);
	return same_text(value_get_text(x, "digest", NULL),
	    value_get_text(y, "digest", NULL)) ? 0 : agree_clause(a,
	    "the data set's %" PRId64 " samples have other names or labels "
	    "than the checkpoint's", n);
}

/* Bytes of a recipe's line to show: of the first, "recipe NAME what it is",
 * the name. */
static int
shown(const char *line)
{
	const size_t all = strcspn(line, "\n");
	const size_t word = strncmp(line, "recipe ", 7) == 0 ? 7 +
	    strcspn(line + 7, " \n") : all;

	return (int)(word < 100 ? word : 100);
}

/* The first line of the recipe that is another. */
static int
compare_recipe(struct agree *a, const struct value *now,
    const struct value *then, struct known *k)
{
	const char *x = value_get_text(now, "recipe", NULL);
	const char *y = value_get_text(then, "recipe", NULL);

	k->recipe = x != NULL && y != NULL;
	if (!k->recipe || strcmp(x, y) == 0)
		return 0;
	for (;;) {
		const size_t m = strcspn(x, "\n"), n = strcspn(y, "\n");

		if (m != n || strncmp(x, y, m) != 0) {
			x += strspn(x, "\t ");
			y += strspn(y, "\t ");
			return agree_clause(a, "the stream's recipe has "
			    "\"%.*s\", the checkpoint's \"%.*s\"",
			    shown(x), x, shown(y), y);
		}
		x += m + (x[m] == '\n');
		y += n + (y[n] == '\n');
	}
}

static int
compare_batch(struct agree *a, const struct value *now,
    const struct value *then, struct known *k)
{
	const int64_t n = value_get_int(now, "batch", 0);
	const int64_t old = value_get_int(then, "batch", 0);

	k->batch = n > 0 && old > 0;
	return !k->batch || n == old ? 0 : agree_clause(a, "batches of %"
	    PRId64 ", the checkpoint's run had %" PRId64, n, old);
}

/* `kept`: the member of the checkpoint's meta that agree_keep made. */
static int
compare(struct agree *a, const struct head *stream, const char *kept,
    bool support)
{
	const struct head *old = ckpt_head(a->ckpt);
	const struct value *then = value_find(&old->meta, kept);
	const struct entries now = all_entries(stream);
	struct known k = { false, false, false };
	struct entries before;
	int rc;

	if ((rc = compare_dataset(a, &stream->meta, then, &k)) < 0 ||
	    (rc = compare_batch(a, &stream->meta, then, &k)) < 0 ||
	    (rc = compare_recipe(a, &stream->meta, then, &k)) < 0 ||
	    !trained_on(old, support, &before))
		return rc;
	return compare_history(a, &now, &before, &k);
}

/* A checkpoint without meta.data still knows its epoch, unless an option
 * said it. */
static int
compare_epoch(struct agree *a, const struct head *stream)
{
	const struct value *meta = &ckpt_head(a->ckpt)->meta;
	const int64_t now = value_get_int(&stream->meta, "steps_per_epoch", 0);
	const int64_t then = value_get_int(meta, "steps_per_epoch", 0);

	if (value_find(meta, "data") != NULL || now <= 0 || then <= 0 ||
	    value_get_int(value_find(meta, "options"), "steps-per-epoch",
		0) > 0 || now == then)
		return 0;
	return agree_clause(a, "an epoch has %" PRId64 " steps, the "
	    "checkpoint's had %" PRId64, now, then);
}

int
agree_stream(struct agree *a, const struct head *stream)
{
	const int64_t start = value_get_int(&stream->meta, "start_step", 0);
	int rc = compare(a, stream, "data", false);

	if (rc == 0)
		rc = compare_epoch(a, stream);
	/* Later ones are known by the first record's step. */
	if (rc < 0 || start <= 0 ||
	    value_get_int(&ckpt_head(a->ckpt)->meta, "step", 0) > 0)
		return rc;
	a->fixed = true;
	return agree_clause(a, "the stream begins after the first step "
	    "(--start-step %" PRId64 "), the checkpoint is at step 0", start);
}

int
agree_support(struct agree *a, const struct head *stream)
{
	return compare(a, stream, "support", true);
}

static int
keep(struct head *h, const char *name, const struct head *stream)
{
	static const char *const names[] = { "dataset", "batch", "recipe" };
	struct value map = value_map(NULL, 0), copy;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct value *v = value_find(&stream->meta, names[i]);

		if (v != NULL && (value_copy(&copy, v, &h->arena) < 0 ||
		    value_set(&map, names[i], copy, &h->arena) < 0))
			return fail_last();
	}
	return value_set(&h->meta, name, map, &h->arena);
}

int
agree_keep(struct head *h, const struct head *stream,
    const struct head *support)
{
	const int rc = keep(h, "data", stream);

	return rc < 0 || support == NULL ? rc : keep(h, "support", support);
}
