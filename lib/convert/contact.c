/* SPDX-License-Identifier: MIT */
#include "convert/contact.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "image/jpeg.h"
#include "image/png.h"
#include "image/sheet.h"

#define MOST_FIELDS 32

struct work {
	const struct contact *plan;
	struct stream_in *in;
	struct rec rec;
	struct head first;		/* whose views the titles name */
	struct sheet *sheet;
	const char *fields[MOST_FIELDS];	/* in `names` */
	struct arena names;
	int n_fields, columns;
	size_t samples, most;
	struct picture picture;		/* one made of floats */
	bool warned;
};

/* The tensor when a value is pictures, or NULL. */
static const struct tensor *
pictures(const struct value *v)
{
	const struct tensor *t;

	if (v == NULL || v->type != VALUE_TENSOR)
		return NULL;
	t = v->tensor;
	if (t->n_dims != 4 || (t->shape[3] != 1 && t->shape[3] != 3) ||
	    t->shape[1] < 1 || t->shape[1] > SHEET_SIDE ||
	    t->shape[2] < 1 || t->shape[2] > SHEET_SIDE)
		return NULL;
	return t->dtype == DTYPE_U1 || t->dtype == DTYPE_F2 ||
	    t->dtype == DTYPE_F4 || t->dtype == DTYPE_F8 ? t : NULL;
}

/* Finds the picture fields, `image` first; *side is the longest. */
static int
find_fields(struct work *w, int *side)
{
	*side = 1;
	for (int first = 1; first >= 0; first--)
		for (size_t i = 0; i < rec_count(&w->rec); i++) {
			const struct member *m = rec_at(&w->rec, i);
			const struct tensor *t = pictures(&m->value);
			char *name;

			if (t == NULL || first !=
			    (strcmp(m->name, "image") == 0) ||
			    w->n_fields == MOST_FIELDS)
				continue;
			name = arena_string(&w->names, m->name,
			    strlen(m->name));
			if (name == NULL)
				return fail_last();
			w->fields[w->n_fields++] = name;
			for (int d = 1; d <= 2; d++)
				if ((int)t->shape[d] > *side)
					*side = (int)t->shape[d];
		}
	if (w->n_fields == 0)
		return fail(FAIL_FORMAT, "no pictures in this record: no "
		    "field [N,H,W,C] with C 1 or 3");
	return 0;
}

/* "view2 strong 96", from what the header says of views, and what made them
 * over the pictures. */
static void
title(char *words, size_t room, const struct head *head, const char *field)
{
	const struct value *views = value_find(&head->meta, "views");

	snprintf(words, room, "%s", field);
	for (size_t i = 0; views != NULL && views->type == VALUE_ARRAY &&
	    i < views->array.n; i++) {
		const struct value *v = &views->array.items[i];

		if (strcmp(value_get_text(v, "name", ""), field) == 0)
			snprintf(words, room, "%s %s %" PRId64, field,
			    value_get_text(v, "role", ""),
			    value_get_int(v, "size", 0));
		else if (strcmp(field, "image") == 0)
			snprintf(words, room, "%s",
			    value_get_text(v, "recipe", ""));
	}
}

/* Lays the sheet out once the first record is at hand. */
static int
begin(struct work *w)
{
	int side, scale = w->plan->scale;
	char words[128];

	if (find_fields(w, &side) < 0 ||
	    head_copy(&w->first, stream_head(w->in)) < 0)
		return fail_last();
	w->columns = w->plan->columns;
	if (w->columns == 0)
		w->columns = w->n_fields < 8 ? 8 / w->n_fields : 1;
	w->most = (size_t)w->columns * (size_t)w->plan->rows;
	if (scale == 0)
		scale = side < 96 ? 96 / side : 1;
	w->sheet = sheet_new(w->plan->rows, w->columns * w->n_fields,
	    side * scale);
	if (w->sheet == NULL)
		return fail_last();
	for (int i = 0; i < w->columns * w->n_fields; i++) {
		title(words, sizeof(words), &w->first,
		    w->fields[i % w->n_fields]);
		sheet_words(w->sheet, -1, i, 1, words);
	}
	return 0;
}

/* Once: values up to 1 are shown as black. */
static void
warn_dark(struct work *w, double most)
{
	if (!w->warned && most > 0 && most <= 1)
		log_line(LOG_WARNING, "an image of values up to %g is shown "
		    "as black: pixels are 0 to 255, not 0 to 1", most);
	w->warned = w->warned || (most > 0 && most <= 1);
}

/* Picture i of the tensor, borrowed or made anew. */
static int
picture_at(struct work *w, const struct tensor *t, size_t i,
    struct image *image)
{
	const int h = (int)t->shape[1], wide = (int)t->shape[2];
	const int c = (int)t->shape[3];
	const size_t n = t->shape[1] * t->shape[2] * t->shape[3];
	double most = 0;

	if (t->dtype == DTYPE_U1) {
		*image = (struct image){ (unsigned char *)t->data + i * n, h,
			wide, c, t->shape[2] * t->shape[3] };
		return 0;
	}
	if (picture_resize(&w->picture, h, wide, c) < 0)
		return fail_last();
	for (size_t j = 0; j < n; j++) {
		double v;

		tensor_numbers(t, i * n + j, 1, &v);
		most = v > most ? v : most;
		w->picture.image.data[j] = v >= 255 ? 255 :
		    v > 0 ? (unsigned char)(v + 0.5) : 0;
	}
	warn_dark(w, most);
	*image = w->picture.image;
	return 0;
}

/* The class of sample i in words; "" when there is none. */
static void
caption(char *words, size_t room, const struct work *w, size_t i)
{
	const struct head *head = stream_head(w->in);
	const struct value *classes = value_find(&head->meta, "classes");
	const struct tensor *label;
	int64_t class;

	*words = '\0';
	if (rec_find(&w->rec, "label") == NULL ||
	    rec_tensor(&w->rec, "label", DTYPE_I8, "n", &label) < 0 ||
	    i >= label->shape[0])
		return;
	class = ((const int64_t *)label->data)[i];
	if (classes != NULL && classes->type == VALUE_ARRAY && class >= 0 &&
	    (uint64_t)class < classes->array.n &&
	    classes->array.items[class].type == VALUE_TEXT)
		snprintf(words, room, "%s",
		    classes->array.items[class].text.bytes);
	else
		snprintf(words, room, "%" PRId64, class);
}

static int
put_sample(struct work *w, size_t i)
{
	const int row = (int)(w->samples / (size_t)w->columns);
	const int column = (int)(w->samples % (size_t)w->columns);
	char words[128];

	for (int f = 0; f < w->n_fields; f++) {
		const struct tensor *t =
		    pictures(rec_find(&w->rec, w->fields[f]));
		struct image image;

		if (t == NULL || i >= t->shape[0])
			continue;
		if (picture_at(w, t, i, &image) < 0)
			return fail_last();
		sheet_put(w->sheet, row, column * w->n_fields + f, &image);
	}
	caption(words, sizeof(words), w, i);
	sheet_words(w->sheet, row, column * w->n_fields, w->n_fields, words);
	w->samples++;
	return 0;
}

static int
put_record(struct work *w)
{
	size_t n;

	if (rec_samples(&w->rec, &n) < 0)
		return fail_last();
	if (n > 0 && w->sheet == NULL && begin(w) < 0)
		return fail_last();
	/* Classes are each stream's own; the titles are for all. */
	if (n > 0 && head_agree_on(&w->first.meta, &stream_head(w->in)->meta,
	    "views") < 0)
		return fail_last();
	for (size_t i = 0; i < n && w->samples < w->most; i++)
		if (put_sample(w, i) < 0)
			return fail_last();
	return 0;
}

static int
put_all(struct work *w)
{
	int got = 1;

	while (w->sheet == NULL || w->samples < w->most) {
		got = stream_read_any(w->in, &w->rec);
		if (got <= 0)
			break;
		if (put_record(w) < 0)
			return fail_note("record %" PRIu64,
			    stream_records(w->in) - 1);
	}
	if (got >= 0 && w->samples == 0)
		return fail(FAIL_FORMAT, "no pictures: no samples at all");
	return got < 0 ? got : 0;
}

int
contact_format(struct contact *plan, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *dot = strrchr(slash == NULL ? path : slash, '.');

	plan->png = dot != NULL && strcasecmp(dot, ".png") == 0;
	if (dot == NULL || plan->png || strcasecmp(dot, ".jpg") == 0 ||
	    strcasecmp(dot, ".jpeg") == 0)
		return 0;
	return fail(FAIL_USAGE, "%s: a sheet is a .jpg, .jpeg or .png file",
	    path);
}

int
contact_sheet(const struct contact *plan, struct stream_in *in,
    struct buf *file)
{
	struct work w = { .plan = plan, .in = in };
	int rc = head_refuse_checkpoint(stream_head(in));

	if (rc == 0)
		rc = put_all(&w);

	if (rc == 0) {
		const struct image image = sheet_image(w.sheet);

		rc = plan->png ? image_png(file, &image)
		    : jpeg_write(file, &image, plan->quality);
	}
	sheet_free(w.sheet);
	picture_free(&w.picture);
	arena_free(&w.names);
	head_free(&w.first);
	rec_free(&w.rec);
	return rc;
}
