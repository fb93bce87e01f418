/* SPDX-License-Identifier: MIT */
/* describe: what a header says of the views behind it. */
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "view/view.h"

static int
add_numbers(struct head *h, const char *name, const double x[3])
{
	struct value array = value_array(NULL, 0);

	for (int i = 0; i < 3; i++)
		if (value_push(&array, value_float(x[i]), &h->arena) < 0)
			return fail_last();
	return value_set(&h->meta, name, array, &h->arena);
}

static int
add_view(struct head *h, struct value *views, const struct view_config *c,
    int i)
{
	const struct aug_view *view = &c->recipe->views[i];
	struct value v = value_map(NULL, 0);
	struct arena *a = &h->arena;
	const char *name;
	char text[16];
	const int size = snprintf(text, sizeof(text), "view%d", i);

	if ((name = arena_string(a, text, (size_t)size)) == NULL
	    || value_set(&v, "name", value_text(name), a) < 0
	    || value_set(&v, "role", value_text(view->strong ? "strong"
	    : "weak"), a) < 0
	    || value_set(&v, "recipe", value_text(c->recipe->name), a) < 0
	    || value_set(&v, "size", value_int(view->size), a) < 0)
		return fail_last();
	return value_push(views, v, a);
}

/* The recipe as it was used, numbers changed and all. */
static int
add_recipe(struct head *h, const struct recipe *r)
{
	struct buf text = { 0 };
	const char *copy = NULL;

	if (recipe_text(r, &text) == 0 && (value_utf8((const char *)text.data,
	    text.size) || fail(FAIL_USAGE, "recipe: its name or description "
	    "is not UTF-8") == 0))
		copy = arena_string(&h->arena, (const char *)text.data,
		    text.size);
	buf_free(&text);
	return copy == NULL ? fail_last() : value_set(&h->meta, "recipe",
	    value_text(copy), &h->arena);
}

/* Full batches of the samples to come; each epoch drops its rest. */
static int
add_steps(struct head *h, const struct view_config *c)
{
	struct arena *a = &h->arena;
	const int64_t batch = (int64_t)c->batch;
	const int64_t all = value_get_int(&h->meta, "samples", -1);
	const int64_t epoch = value_get_int(&h->meta, "epoch_samples", -1);
	int64_t per_epoch, steps;

	if (value_set(&h->meta, "batch", value_int(batch), a) < 0)
		return fail_last();
	if (all < 0 || epoch <= 0)
		return 0;
	per_epoch = epoch / batch;
	/* The first epoch may have begun before this stream did. */
	steps = all / epoch * per_epoch + all % epoch / batch;
	if (value_set(&h->meta, "steps_per_epoch", value_int(per_epoch),
	    a) < 0
	    || value_set(&h->meta, "samples", value_int(steps * batch),
	    a) < 0)
		return fail_last();
	return value_set(&h->meta, "steps", value_int(steps), a);
}

int
view_describe(struct head *h, const struct view_config *c)
{
	struct value views = value_array(NULL, 0);

	if (c->chain != NULL)
		return 0;
	for (int i = 0; i < c->recipe->n_views; i++)
		if (add_view(h, &views, c, i) < 0)
			return fail_last();
	if (value_set(&h->meta, "views", views, &h->arena) < 0
	    || add_recipe(h, c->recipe) < 0
	    || add_numbers(h, "mean", c->recipe->mean) < 0
	    || add_numbers(h, "std", c->recipe->std) < 0)
		return fail_last();
	return c->batch > 0 && c->only_index < 0 ? add_steps(h, c) : 0;
}

bool
view_has_batch(const struct head *h, const struct view_config *c)
{
	const int64_t epoch = value_get_int(&h->meta, "epoch_samples", -1);

	return c->batch == 0 || c->only_index >= 0 || epoch <= 0 ||
	    (uint64_t)epoch >= c->batch ||
	    value_get_int(&h->meta, "start_step", 0) > 0;
}

int
view_check_batch(const struct head *h, const struct view_config *c,
    const struct view_counts *n)
{
	const uint64_t came = n->dropped + n->bad;
	const int64_t epoch = value_get_int(&h->meta, "epoch_samples", 0);
	const uint64_t all = epoch > 0 ? (uint64_t)epoch : came;

	if (c->batch == 0 || c->only_index >= 0 || n->records > 0 ||
	    value_get_int(&h->meta, "start_step", 0) > 0 ||
	    (came == 0 && view_has_batch(h, c)))
		return 0;
	if (n->dropped == 0 && n->bad > 0)
		return fail(FAIL_FORMAT, "no image could be decoded: %" PRIu64
		    " %s unreadable", n->bad, n->bad == 1 ? "is" : "are");
	if (n->bad > 0)
		return fail(FAIL_FORMAT, "%" PRIu64 " samples, some of them "
		    "unreadable images, are fewer than one batch of %zu; give "
		    "a smaller --batch", all, c->batch);
	return fail(FAIL_FORMAT, "%" PRIu64 " sample%s %s than one batch of "
	    "%zu; give --batch %" PRIu64 " or less", all, text_plural(all),
	    all == 1 ? "is less" : "are fewer", c->batch, all);
}

int
view_report_bad(const struct view_counts *n)
{
	struct buf why = { 0 };
	int rc;

	if (n->bad == 0)
		return 0;
	rc = reasons_list(&n->why, &why);
	if (rc == 0)
		log_line(LOG_LOST, "skipped %" PRIu64 " unreadable image%s: "
		    "%s", n->bad, text_plural(n->bad), (const char *)why.data);
	buf_free(&why);
	return rc;
}
