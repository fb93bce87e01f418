/* SPDX-License-Identifier: MIT */
#include "stream/dump.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "stream/stats.h"

#define MUCH ((size_t)1 << 16)
#define BRIEF_MOST 60		/* characters of a text shown in brief */
#define BRIEF_ITEMS 6

static int
drain(struct dump *d, size_t limit)
{
	if (d->drain == NULL || d->text.size < limit)
		return 0;
	if (d->drain(d->arg, d->text.data, d->text.size) < 0)
		return fail_last();
	d->text.size = 0;
	return 0;
}

int
dump_end(struct dump *d)
{
	return d->text.size > 0 ? drain(d, 1) : 0;
}

void
dump_free(struct dump *d)
{
	buf_free(&d->text);
}

static int
put(struct dump *d, const char *text)
{
	return buf_append(&d->text, text, strlen(text));
}

/* Shortest digits that read back as the same number. */
static int
put_real(struct dump *d, double x, bool single)
{
	char text[40];

	if (!isfinite(x))
		return put(d, "null");
	for (int digits = single ? 6 : 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, x);
		if (single ? strtof(text, NULL) == (float)x
			   : strtod(text, NULL) == x)
			break;
	}
	return put(d, text);
}

/* The same, recognisable as a fraction. */
static int
put_fraction(struct dump *d, double x, bool single)
{
	const size_t begin = d->text.size;

	if (put_real(d, x, single) < 0)
		return fail_last();
	for (size_t i = begin; i < d->text.size; i++)
		if (strchr(".enl", d->text.data[i]) != NULL)
			return 0;
	return put(d, ".0");
}

/* One character: JSON's own escapes, and no C0 or C1 control as it is. */
static int
put_character(struct dump *d, const char *p, size_t left, size_t *size)
{
	const unsigned char c = (unsigned char)*p;
	const size_t control = text_control(p, left);

	*size = control > 0 ? control : text_utf8(p, left);
	if (*size == 0)
		*size = 1;
	if (c == '"' || c == '\\')
		return buf_printf(&d->text, "\\%c", c);
	if (c == '\n')
		return put(d, "\\n");
	if (c == '\t')
		return put(d, "\\t");
	if (control == 3)
		return buf_printf(&d->text, "\\u20%02x",
		    ((unsigned)p[1] & 1) << 6 | ((unsigned)p[2] & 0x3f));
	if (control > 0)
		return buf_printf(&d->text, "\\u%04x",
		    (unsigned char)p[control - 1]);
	return buf_append(&d->text, p, *size);
}

int
dump_text(struct dump *d, const char *text, size_t size)
{
	for (size_t i = 0, n; i < size; i += n)
		if (put_character(d, text + i, size - i, &n) < 0 ||
		    drain(d, MUCH) < 0)
			return fail_last();
	return 0;
}

static int
put_text(struct dump *d, const char *text, size_t size)
{
	if (put(d, "\"") < 0 || dump_text(d, text, size) < 0)
		return fail_last();
	return put(d, "\"");
}

static int
put_bytes(struct dump *d, const char *bytes, size_t size)
{
	if (put(d, "\"") < 0)
		return fail_last();
	for (size_t i = 0; i < size; i++)
		if (buf_printf(&d->text, "%02x", (unsigned char)bytes[i]) < 0 ||
		    drain(d, MUCH) < 0)
			return fail_last();
	return put(d, "\"");
}

static int
put_element(struct dump *d, const struct tensor *t, size_t i)
{
	double x;

	if (t->dtype <= DTYPE_I8)
		return buf_printf(&d->text, "%" PRId64, tensor_integer(t, i));
	tensor_numbers(t, i, 1, &x);
	return put_real(d, x, t->dtype != DTYPE_F8);
}

/* Elements from *at on, nested as the dimensions from `dim` on say. */
static int
put_data(struct dump *d, const struct tensor *t, int dim, size_t *at)
{
	if (dim == t->n_dims)
		return put_element(d, t, (*at)++);
	if (put(d, "[") < 0)
		return fail_last();
	/* Nothing to nest in: the shape may be lawful and endless. */
	for (size_t i = 0; t->bytes > 0 && i < t->shape[dim]; i++)
		if ((i > 0 && put(d, ",") < 0) ||
		    put_data(d, t, dim + 1, at) < 0 || drain(d, MUCH) < 0)
			return fail_last();
	return put(d, "]");
}

static int
put_shape(struct dump *d, const struct tensor *t)
{
	if (put(d, "[") < 0)
		return fail_last();
	for (int i = 0; i < t->n_dims; i++)
		if (buf_printf(&d->text, "%s%zu", i > 0 ? "," : "",
		    t->shape[i]) < 0)
			return fail_last();
	return put(d, "]");
}

static int
put_tensor(struct dump *d, const struct tensor *t)
{
	size_t at = 0;

	if (buf_printf(&d->text, "{\"dtype\":\"%s\",\"shape\":",
	    dtype_name(t->dtype)) < 0 ||
	    put_shape(d, t) < 0 || put(d, ",\"data\":") < 0 ||
	    put_data(d, t, 0, &at) < 0)
		return fail_last();
	return put(d, "}");
}

static int
put_array(struct dump *d, const struct value *v)
{
	if (put(d, "[") < 0)
		return fail_last();
	for (size_t i = 0; i < v->array.n; i++)
		if ((i > 0 && put(d, ",") < 0) ||
		    dump_json(d, &v->array.items[i]) < 0)
			return fail_last();
	return put(d, "]");
}

static int
put_member(struct dump *d, const struct member *m)
{
	if (put_text(d, m->name, strlen(m->name)) < 0 || put(d, ":") < 0)
		return fail_last();
	return dump_json(d, &m->value);
}

static int
put_map(struct dump *d, const struct value *v)
{
	if (put(d, "{") < 0)
		return fail_last();
	for (size_t i = 0; i < v->map.n; i++)
		if ((i > 0 && put(d, ",") < 0) ||
		    put_member(d, &v->map.members[i]) < 0)
			return fail_last();
	return put(d, "}");
}

int
dump_json(struct dump *d, const struct value *v)
{
	if (drain(d, MUCH) < 0)
		return fail_last();
	switch (v->type) {
	case VALUE_NIL:
		return put(d, "null");
	case VALUE_BOOL:
		return put(d, v->boolean ? "true" : "false");
	case VALUE_INT:
		return buf_printf(&d->text, "%" PRId64, v->integer);
	case VALUE_UINT:
		return buf_printf(&d->text, "%" PRIu64, v->natural);
	case VALUE_FLOAT:
	case VALUE_SINGLE:
		return put_fraction(d, v->real, v->type == VALUE_SINGLE);
	case VALUE_TEXT:
		return put_text(d, v->text.bytes, v->text.size);
	case VALUE_BYTES:
		return put_bytes(d, v->text.bytes, v->text.size);
	case VALUE_ARRAY:
		return put_array(d, v);
	case VALUE_MAP:
		return put_map(d, v);
	case VALUE_TENSOR:
		return put_tensor(d, v->tensor);
	}
	return 0;
}

int
dump_json_head(struct dump *d, const struct head *h)
{
	if (buf_printf(&d->text, "{\"tensorstream\":%d,\"meta\":",
	    STREAM_VERSION) < 0 || dump_json(d, &h->meta) < 0 ||
	    put(d, ",\"history\":") < 0 || dump_json(d, &h->history) < 0)
		return fail_last();
	for (size_t i = 0; h->others.type == VALUE_MAP &&
	    i < h->others.map.n; i++)
		if (put(d, ",") < 0 ||
		    put_member(d, &h->others.map.members[i]) < 0)
			return fail_last();
	return put(d, "}");
}

int
dump_type(struct dump *d, const struct value *v)
{
	static const char *const names[] = { "nil", "boolean", "integer",
		"integer", "number", "number", "text", "bytes" };

	switch (v->type) {
	case VALUE_ARRAY:
		return buf_printf(&d->text, "array [%zu]", v->array.n);
	case VALUE_MAP:
		return buf_printf(&d->text, "map of %zu", v->map.n);
	case VALUE_TENSOR:
		return buf_printf(&d->text, "%s ",
		    dtype_name(v->tensor->dtype)) < 0 ? fail_last()
		    : put_shape(d, v->tensor);
	default:
		return put(d, names[v->type]);
	}
}

static int
brief_tensor(struct dump *d, const struct tensor *t)
{
	const size_t n = tensor_count(t);
	struct stats s = { 0 };

	if (n <= BRIEF_ITEMS) {
		for (size_t i = 0; i < n; i++)
			if (put(d, i > 0 ? " " : "  ") < 0 ||
			    put_element(d, t, i) < 0)
				return fail_last();
		return 0;
	}
	stats_add(&s, t);
	if (s.count > 0 && buf_printf(&d->text, "  %.4g to %.4g, mean %.4g, "
	    "deviation %.4g", s.min, s.max, s.mean, stats_deviation(&s)) < 0)
		return fail_last();
	if (s.nan > 0 &&
	    buf_printf(&d->text, ", %" PRIu64 " NaN", s.nan) < 0)
		return fail_last();
	if (s.infinite > 0 &&
	    buf_printf(&d->text, ", %" PRIu64 " infinite", s.infinite) < 0)
		return fail_last();
	return 0;
}

/* Cut behind a whole character. */
static int
brief_text(struct dump *d, const struct value *v)
{
	size_t size = v->text.size;

	if (size > BRIEF_MOST) {
		size = BRIEF_MOST;
		while (size > 0 &&
		    ((unsigned char)v->text.bytes[size] & 0xc0) == 0x80)
			size--;
	}
	if (put_text(d, v->text.bytes, size) < 0)
		return fail_last();
	return size < v->text.size ? put(d, "…") : 0;
}

static int
brief_array(struct dump *d, const struct value *v)
{
	for (size_t i = 0; i < v->array.n && i < BRIEF_ITEMS; i++) {
		const struct value *item = &v->array.items[i];
		int rc = put(d, i > 0 ? " " : "  ");

		if (rc == 0)
			rc = item->type == VALUE_TEXT ? brief_text(d, item)
						      : dump_json(d, item);
		if (rc < 0)
			return rc;
	}
	return v->array.n > BRIEF_ITEMS ? put(d, " …") : 0;
}

int
dump_brief(struct dump *d, const struct value *v)
{
	switch (v->type) {
	case VALUE_TENSOR:
		return dump_type(d, v) < 0 ? fail_last()
					   : brief_tensor(d, v->tensor);
	case VALUE_ARRAY:
		return dump_type(d, v) < 0 ? fail_last() : brief_array(d, v);
	case VALUE_TEXT:
		return brief_text(d, v);
	default:
		return dump_json(d, v);
	}
}

int
dump_numbers(struct dump *d, const struct tensor *t)
{
	const size_t n = tensor_count(t);
	const size_t row = t->n_dims > 1 ? t->shape[t->n_dims - 1] : 1;

	for (size_t i = 0; i < n; i++) {
		double x = 0;
		int rc;

		tensor_numbers(t, i, 1, &x);
		rc = isnan(x) ? put(d, "nan")
		    : isinf(x) ? put(d, x < 0 ? "-inf" : "inf")
		    : put_element(d, t, i);
		if (rc < 0 || put(d, (i + 1) % row == 0 ? "\n" : "\t") < 0 ||
		    drain(d, MUCH) < 0)
			return fail_last();
	}
	return 0;
}
