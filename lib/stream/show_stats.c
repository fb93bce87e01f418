/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stream/show.h"

#define FIELDS_MOST 65536

/* A row of the table. */
struct show_field {
	char *name;
	char type[64];			/* of its first tensor */
	uint64_t records;
	struct stats stats;
};

static struct show_field *
new_field(struct show *s, const char *name, const struct value *v)
{
	struct dump type = { 0 };
	struct show_field *f;

	if (s->n_fields % 64 == 0) {
		f = realloc(s->fields, (s->n_fields + 64) * sizeof(*f));
		if (f == NULL) {
			fail_memory((s->n_fields + 64) * sizeof(*f));
			return NULL;
		}
		s->fields = f;
	}
	f = &s->fields[s->n_fields];
	memset(f, 0, sizeof(*f));
	if (dump_type(&type, v) < 0) {
		dump_free(&type);
		return NULL;
	}
	snprintf(f->type, sizeof(f->type), "%.*s", (int)type.text.size,
	    (const char *)type.text.data);
	dump_free(&type);
	f->name = strdup(name);
	if (f->name == NULL) {
		fail_memory(strlen(name) + 1);
		return NULL;
	}
	s->n_fields++;
	return f;
}

static struct show_field *
field_named(struct show *s, const char *name, const struct value *v)
{
	const size_t at = lookup_find(&s->places, name);
	struct show_field *f;

	if (at != LOOKUP_NONE)
		return &s->fields[at];
	if (s->n_fields == FIELDS_MOST) {
		fail(FAIL_LIMIT, "more than %d different fields", FIELDS_MOST);
		return NULL;
	}
	f = new_field(s, name, v);
	return f == NULL || lookup_add(&s->places, f->name,
	    s->n_fields - 1) < 0 ? NULL : f;
}

int
show_stats_record(struct show *s, const struct rec *r)
{
	const char *parameter = value_get_text(&r->fields, "name", NULL);

	for (size_t i = 0; i < rec_count(r); i++) {
		const struct member *m = rec_at(r, i);
		struct show_field *f;

		if (m->value.type != VALUE_TENSOR)
			continue;
		f = field_named(s, parameter != NULL &&
		    strcmp(m->name, "value") == 0 ? parameter : m->name,
		    &m->value);
		if (f == NULL)
			return fail_last();
		f->records++;
		stats_add(&f->stats, m->value.tensor);
	}
	return 0;
}

int
show_stats_last(struct show *s)
{
	struct buf *b = &s->out.text;

	if (buf_printf(b, "field\ttype\trecords\tcount\tnan\tinfinite\tmin\t"
	    "max\tmean\tdeviation\n") < 0)
		return fail_last();
	for (size_t i = 0; i < s->n_fields; i++) {
		const struct show_field *f = &s->fields[i];
		const struct stats *t = &f->stats;

		if (dump_text(&s->out, f->name, strlen(f->name)) < 0 ||
		    buf_printf(b, "\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
		    "\t%" PRIu64 "\t%.9g\t%.9g\t%.9g\t%.9g\n", f->type,
		    f->records, t->count + t->nan + t->infinite, t->nan,
		    t->infinite, t->min, t->max, t->mean,
		    stats_deviation(t)) < 0)
			return fail_last();
	}
	return 0;
}

void
show_stats_free(struct show *s)
{
	for (size_t i = 0; i < s->n_fields; i++)
		free(s->fields[i].name);
	free(s->fields);
	lookup_free(&s->places);
	s->fields = NULL;
	s->n_fields = 0;
}
