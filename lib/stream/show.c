/* SPDX-License-Identifier: MIT */
#include "stream/show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define NAME_WIDTH 12		/* of the first column */

static int
text(struct show *s, const char *what)
{
	return buf_append(&s->out.text, what, strlen(what));
}

/* "  name        " */
static int
name_column(struct show *s, const char *name)
{
	size_t begin;

	if (text(s, "  ") < 0)
		return fail_last();
	begin = s->out.text.size;
	if (dump_text(&s->out, name, strlen(name)) < 0)
		return fail_last();
	do
		if (text(s, " ") < 0)
			return fail_last();
	while (s->out.text.size < begin + NAME_WIDTH);
	return 0;
}

static int
member_line(struct show *s, const struct member *m)
{
	if (name_column(s, m->name) < 0 || dump_brief(&s->out, &m->value) < 0)
		return fail_last();
	return text(s, "\n");
}

/* The command, and as a comment what else the entry says. */
static int
history_line(struct show *s, const struct value *entry)
{
	const struct value *version = value_find(entry, "version");
	const struct value *seed = value_find(entry, "seed");

	if (dump_command(&s->out, entry) < 0)
		return fail_last();
	if (version != NULL && (text(s, "  # version ") < 0 ||
	    (version->type == VALUE_TEXT
	    ? dump_text(&s->out, version->text.bytes, version->text.size)
	    : dump_json(&s->out, version)) < 0))
		return fail_last();
	if (seed != NULL && (text(s, version != NULL ? ", seed "
	    : "  # seed ") < 0 || dump_json(&s->out, seed) < 0))
		return fail_last();
	return text(s, "\n");
}

static int
history_lines(struct show *s, const struct head *h, const char *indent)
{
	for (size_t i = 0; i < h->history.array.n; i++)
		if (text(s, indent) < 0 ||
		    history_line(s, &h->history.array.items[i]) < 0)
			return fail_last();
	return 0;
}

static int
history_head(struct show *s, const struct head *h)
{
	return history_lines(s, h, "");
}

static int
whole_head(struct show *s, const struct head *h)
{
	if (s->streams > 1 && text(s, "\n") < 0)
		return fail_last();
	if (buf_printf(&s->out.text, "tensor stream, version %d\n",
	    STREAM_VERSION) < 0)
		return fail_last();
	for (size_t i = 0; i < h->meta.map.n; i++)
		if (member_line(s, &h->meta.map.members[i]) < 0)
			return fail_last();
	if (h->history.array.n > 0 && text(s, "history\n") < 0)
		return fail_last();
	return history_lines(s, h, "  ");
}

static int
whole_record(struct show *s, const struct rec *r)
{
	const uint64_t number = s->records - 1 - s->begin;

	if (number > 0)
		return 0;
	if (buf_printf(&s->out.text, "record %" PRIu64 "\n", number) < 0)
		return fail_last();
	for (size_t i = 0; i < rec_count(r); i++)
		if (member_line(s, rec_at(r, i)) < 0)
			return fail_last();
	return 0;
}

static int
whole_end(struct show *s)
{
	const uint64_t n = s->records - s->begin;

	if (buf_printf(&s->out.text, "end: %" PRIu64 " record%s", n,
	    n == 1 ? "" : "s") < 0)
		return fail_last();
	if (s->counts_samples && buf_printf(&s->out.text, ", %" PRIu64
	    " sample%s", s->samples, s->samples == 1 ? "" : "s") < 0)
		return fail_last();
	return text(s, "\n");
}

static int
replay_head(struct show *s, const struct head *h)
{
	return dump_replay(&s->out, h);
}

/* Values as they are, of tensors and arrays only what they are. */
static int
records_record(struct show *s, const struct rec *r)
{
	if (buf_printf(&s->out.text, "%" PRIu64, s->records - 1) < 0)
		return fail_last();
	for (size_t i = 0; i < rec_count(r); i++) {
		const struct member *m = rec_at(r, i);
		const bool plain = m->value.type != VALUE_TENSOR &&
		    m->value.type != VALUE_ARRAY;

		if (text(s, "\t") < 0 ||
		    dump_text(&s->out, m->name, strlen(m->name)) < 0 ||
		    text(s, " ") < 0 ||
		    (plain ? dump_brief(&s->out, &m->value)
			   : dump_type(&s->out, &m->value)) < 0)
			return fail_last();
	}
	return text(s, "\n");
}

static int
json_head(struct show *s, const struct head *h)
{
	return dump_json_head(&s->out, h) < 0 ? fail_last() : text(s, "\n");
}

static int
json_record(struct show *s, const struct rec *r)
{
	return dump_json(&s->out, &r->fields) < 0 ? fail_last()
						  : text(s, "\n");
}

/*
 * The member that a dotted path leads to: a whole key goes first, then what
 * is before a dot; a number leads into an array.
 */
static const struct value *
follow(const struct value *v, const char *path)
{
	for (;;) {
		const size_t size = strcspn(path, ".");
		const struct value *whole = value_find(v, path);
		const struct value *next = NULL;

		if (whole != NULL)
			return whole;
		if (v->type == VALUE_MAP)
			for (size_t i = 0; i < v->map.n && next == NULL; i++) {
				const struct member *m = &v->map.members[i];

				if (strlen(m->name) == size &&
				    memcmp(m->name, path, size) == 0)
					next = &m->value;
			}
		if (v->type == VALUE_ARRAY && size > 0 &&
		    strspn(path, "0123456789") == size &&
		    strtoull(path, NULL, 10) < v->array.n)
			next = &v->array.items[strtoull(path, NULL, 10)];
		if (next == NULL || path[size] == '\0')
			return next;
		v = next;
		path += size + 1;
	}
}

static int
meta_head(struct show *s, const struct head *h)
{
	const struct value *v = follow(&h->meta, s->key);

	if (v == NULL)
		return 0;
	s->found++;
	if (v->type != VALUE_TEXT)
		return dump_json(&s->out, v) < 0 ? fail_last() : text(s, "\n");
	/* Alone, for scripts: not escaped, unless it would play tricks. */
	for (size_t i = 0, n; i < v->text.size; i += n) {
		const char *at = v->text.bytes + i;

		n = text_utf8(at, v->text.size - i);
		if (n == 0 || (*at != '\n' && *at != '\t' &&
		    text_control(at, n) > 0))
			return dump_json(&s->out, v) < 0 ? fail_last()
							 : text(s, "\n");
	}
	if (buf_append(&s->out.text, v->text.bytes, v->text.size) < 0)
		return fail_last();
	return text(s, "\n");
}

static int
meta_last(struct show *s)
{
	return s->found > 0 ? 0 : fail(FAIL_FORMAT, "no %s in the header",
	    s->key);
}

/* A field of that name, or the value of a parameter of that name. */
static int
tensor_record(struct show *s, const struct rec *r)
{
	const struct value *v = rec_find(r, s->key);

	if (s->record >= 0 && (uint64_t)s->record != s->records - 1)
		return 0;
	if (v == NULL &&
	    strcmp(value_get_text(&r->fields, "name", ""), s->key) == 0)
		v = rec_find(r, "value");
	if (v == NULL)
		return 0;
	s->found++;
	if (v->type == VALUE_TENSOR)
		return dump_numbers(&s->out, v->tensor);
	return dump_json(&s->out, v) < 0 ? fail_last() : text(s, "\n");
}

static int
tensor_last(struct show *s)
{
	if (s->record >= 0 && (uint64_t)s->record >= s->records)
		return fail(FAIL_FORMAT, "no record %" PRId64 ": there are %"
		    PRIu64, s->record, s->records);
	return s->found > 0 ? 0 : fail(FAIL_FORMAT, "no field %s", s->key);
}

static int
digest_add(struct show *s, const struct rec *r)
{
	digest_record(&s->digest, r);
	return 0;
}

static int
digest_last(struct show *s)
{
	char digits[DIGEST_TEXT];

	digest_text(&s->digest, digits);
	return buf_printf(&s->out.text, "%s\n", digits);
}

const struct show_view show_views[] = {
	{ "", whole_head, whole_record, whole_end, NULL },
	{ "digest", NULL, digest_add, NULL, digest_last },
	{ "history", history_head, NULL, NULL, NULL },
	{ "json", json_head, json_record, NULL, NULL },
	{ "meta", meta_head, NULL, NULL, meta_last },
	{ "records", NULL, records_record, NULL, NULL },
	{ "replay", replay_head, NULL, NULL, NULL },
	{ "stats", NULL, show_stats_record, NULL, show_stats_last },
	{ "tensor", NULL, tensor_record, NULL, tensor_last },
	{ NULL, NULL, NULL, NULL, NULL },
};

static int
begin_stream(struct show *s, const struct show_view *view,
    const struct head *h)
{
	s->streams++;
	s->begin = s->records;
	s->samples = 0;
	s->counts_samples = head_is(h, "samples");
	return view->head != NULL ? view->head(s, h) : 0;
}

static int
take_record(struct show *s, const struct show_view *view, const struct rec *r)
{
	size_t n = 0;

	s->records++;
	if (s->counts_samples && rec_samples(r, &n) < 0)
		return fail_last();
	s->samples += n;
	return view->record != NULL ? view->record(s, r) : 0;
}

int
show_all(struct show *s, const struct show_view *view, struct stream_in *in)
{
	struct rec r = { 0 };
	int rc = begin_stream(s, view, stream_head(in)), got = 1;

	digest_init(&s->digest);
	while (rc >= 0 && (got = stream_step(in, &r)) > 0) {
		if (got == 1)
			rc = take_record(s, view, &r);
		else if (got == 2)
			rc = begin_stream(s, view, stream_head(in));
		else if (view->end != NULL)
			rc = view->end(s);
		/* What is known by now is shown, even if more never comes. */
		if (rc >= 0 && s->out.drain != NULL)
			rc = dump_end(&s->out);
	}
	rec_free(&r);
	if (rc < 0 || got < 0)
		return fail_last();
	if (view->last != NULL && view->last(s) < 0)
		return fail_last();
	return dump_end(&s->out);
}

void
show_free(struct show *s)
{
	show_stats_free(s);
	dump_free(&s->out);
}
