/* SPDX-License-Identifier: MIT */
#include "train/restore.h"

#include <stdio.h>
#include <string.h>

#include "stream/dump.h"

static bool
is_among(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* Options that belong to one command, not to the run, and those that the
 * checkpoint's tensors and meta answer better. */
static bool
is_answered(const struct opt *o)
{
	static const char *const names[] = { "init", "resume", "steps",
		"arch", "stem", "width", "channels", "projector-hidden",
		"projector-out", "predictor-hidden", "projector",
		"predictor", "queue", "support", "mean", "std" };

	return is_among(o->name, names, sizeof(names) / sizeof(names[0]));
}

/* How a run is watched and saved. */
static bool
is_habit(const struct opt *o)
{
	static const char *const names[] = { "log", "log-every", "watch-every",
		"monitor", "monitor-every", "checkpoint-every",
		"checkpoint-minutes" };

	return is_among(o->name, names, sizeof(names) / sizeof(names[0]));
}

static bool
is_kept(const struct opt *o)
{
	return o->name != NULL && (o->aside ? is_habit(o) : !is_answered(o));
}

bool
restore_binds(const struct opt *o)
{
	return o->name != NULL && !o->aside && !is_answered(o) &&
	    strcmp(o->name, "total-steps") != 0;
}

struct value
restore_value(const struct opt *o, const void *args)
{
	const char *at = (const char *)args + o->at;
	const char *text;
	int64_t whole;
	double real;
	bool flag;

	switch (o->type) {
	case OPT_FLAG:
		memcpy(&flag, at, sizeof(flag));
		return value_bool(flag);
	case OPT_INT:
		memcpy(&whole, at, sizeof(whole));
		return value_int(whole);
	case OPT_FLOAT:
		memcpy(&real, at, sizeof(real));
		return value_float(real);
	default:
		memcpy(&text, at, sizeof(text));
		return text == NULL ? value_nil() : value_text(text);
	}
}

int
restore_store(struct head *h, const struct opt *rows, size_t n,
    const void *args, bool goes_on)
{
	struct value map = value_map(NULL, 0), v;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		if (!is_kept(&rows[i]) || (rows[i].aside && !goes_on))
			continue;
		v = restore_value(&rows[i], args);
		if (v.type != VALUE_NIL)
			rc = value_set(&map, rows[i].name, v, &h->arena);
	}
	return rc < 0 ? rc : value_set(&h->meta, "options", map, &h->arena);
}

/* One value of the checkpoint into the arguments. */
static int
put(const struct opt *o, const struct value *v, void *args)
{
	char *at = (char *)args + o->at;

	if (o->type == OPT_FLAG && v->type == VALUE_BOOL)
		memcpy(at, &v->boolean, sizeof(v->boolean));
	else if (o->type == OPT_INT && v->type == VALUE_INT &&
	    (double)v->integer >= o->min && (double)v->integer <= o->max)
		memcpy(at, &v->integer, sizeof(v->integer));
	else if (o->type == OPT_FLOAT && v->type == VALUE_FLOAT &&
	    v->real >= o->min && v->real <= o->max)
		memcpy(at, &v->real, sizeof(v->real));
	else if (v->type == VALUE_TEXT && (o->type == OPT_TEXT ||
	    (o->type == OPT_CHOICE && opt_has_choice(o, v->text.bytes))))
		memcpy(at, &v->text.bytes, sizeof(v->text.bytes));
	else
		return fail(FAIL_FORMAT, "meta.options.%s is not a value of "
		    "--%s", o->name, o->name);
	return 0;
}

int
restore_load(const struct head *h, const struct opt *rows, size_t n,
    const struct opt_said *said, void *args)
{
	const struct value *map = value_find(&h->meta, "options");
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		const struct value *v = rows[i].name == NULL ? NULL :
		    value_find(map, rows[i].name);

		if (v != NULL && is_kept(&rows[i]) && !said->given[i])
			rc = put(&rows[i], v, args);
	}
	return rc;
}

static int
line(const char *prefix, const struct member *m, struct buf *b)
{
	struct dump d = { .text = { 0 } };
	int rc = dump_json(&d, &m->value);

	if (rc == 0)
		rc = buf_printf(b, "%s%s\t%.*s\n", prefix, m->name,
		    (int)d.text.size, (const char *)d.text.data);
	dump_free(&d);
	return rc;
}

int
restore_text(const struct value *map, struct buf *b)
{
	int rc = 0;

	for (size_t i = 0; i < map->map.n && rc == 0; i++) {
		const struct member *m = &map->map.members[i];
		char prefix[64];

		if (m->value.type != VALUE_MAP) {
			rc = line("", m, b);
			continue;
		}
		snprintf(prefix, sizeof(prefix), "%s.", m->name);
		for (size_t j = 0; j < m->value.map.n && rc == 0; j++)
			rc = line(prefix, &m->value.map.members[j], b);
	}
	return rc;
}
