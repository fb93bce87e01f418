/* SPDX-License-Identifier: MIT */
#include "augment/augment.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "augment/ops.h"
#include "image/geom.h"

void
aug_canvas_free(struct aug_canvas *c)
{
	picture_free(&c->picture);
	picture_free(&c->other);
	floats_free(&c->floats);
	resize_room_free(&c->resize);
	blur_room_free(&c->blur);
}

static int
load(struct aug_canvas *c)
{
	const struct aug_source *source = c->source;
	const struct image *from;

	if (source == NULL)
		return 0;
	c->source = NULL;
	from = &source->image;
	assert(from->height == source->height
	    && from->width == source->width);
	if (picture_resize(&c->picture, from->height, from->width,
	    from->channels) < 0)
		return fail_last();
	image_copy(&c->picture.image, from);
	return 0;
}

int
aug_bytes(struct aug_canvas *c)
{
	if (c->is_floats)
		return fail(FAIL_USAGE, "works on bytes; put it before float");
	return load(c);
}

int
aug_floats(struct aug_canvas *c)
{
	if (c->is_floats)
		return 0;
	if (load(c) < 0 || floats_load(&c->floats, &c->picture.image) < 0)
		return fail_last();
	c->is_floats = true;
	return 0;
}

/* What was made in c->other is the view now. */
static void
swap(struct aug_canvas *c)
{
	const struct picture kept = c->picture;

	c->source = NULL;
	c->picture = c->other;
	c->other = kept;
}

int
aug_resize(struct aug_canvas *c, const struct image *part, int height,
    int width, enum resize_filter filter)
{
	if (resize_picture(&c->other, part, height, width, filter,
	    &c->resize) < 0)
		return fail_last();
	swap(c);
	return 0;
}

int
aug_resize_box(struct aug_canvas *c, const struct image *from,
    const struct resize_box *box, int height, int width,
    enum resize_filter filter)
{
	if (resize_box(&c->other, from, box, height, width, filter,
	    &c->resize) < 0)
		return fail_last();
	swap(c);
	return 0;
}

const struct aug_op *
aug_op_find(const char *name)
{
	for (size_t i = 0; i < aug_n_ops; i++)
		if (strcmp(aug_ops[i]->name, name) == 0)
			return aug_ops[i];
	return NULL;
}

int
aug_turn_over(struct aug_canvas *c, int height, int width)
{
	const struct picture kept = c->picture;

	if (picture_resize(&c->other, height, width, kept.image.channels) < 0)
		return fail_last();
	c->picture = c->other;
	c->other = kept;
	return 0;
}

int
aug_affine(struct aug_canvas *c, const double matrix[6])
{
	const struct image *m = &c->picture.image;

	if (aug_turn_over(c, m->height, m->width) < 0)
		return fail_last();
	geom_affine(&c->picture.image, &c->other.image, matrix);
	return 0;
}

/* One of n values is rounded to nine decimals, so that a whole one is whole
 * whichever way its ends were written. */
double
aug_draw(const struct aug_number *n, struct rng *r)
{
	double k, last;

	if (n->low == n->high)
		return n->low;
	if (n->values < 2)
		return rng_between(r, n->low, n->high);
	last = n->values - 1;
	k = (double)rng_below(r, (uint64_t)n->values);
	return rint((n->low * (last - k) + n->high * k) / last * 1e9) / 1e9;
}

double
aug_draw_signed(const struct aug_number *n, const struct aug_number *both,
    struct rng *r)
{
	const double by = aug_draw(n, r);

	return both->low > 0 && rng_coin(r, 0.5) ? -by : by;
}

/* Of a step with choices, as often as it says, one of them. */
static int
pick(struct aug_canvas *c, const struct aug_step *s, struct rng *r)
{
	const int times = (int)s->numbers[AUG_PICK_TIMES].low;

	for (int i = 0; i < times && s->n_choices > 0; i++) {
		const struct aug_step *chosen = s + 1
		    + rng_below(r, (uint64_t)s->n_choices);

		if (rng_coin(r, s->numbers[AUG_PICK_EACH].low)
		    && rng_coin(r, chosen->p)
		    && chosen->op->apply(c, chosen->numbers, r) < 0)
			return fail_note("%s", chosen->op->name);
	}
	return 0;
}

static int
do_step(struct aug_canvas *c, const struct aug_step *s, struct rng *r)
{
	return s->op->apply == NULL ? pick(c, s, r)
	    : s->op->apply(c, s->numbers, r);
}

void
aug_give(struct aug_canvas *c, const struct image *to)
{
	if (c->is_floats)
		floats_store(&c->floats, to);
	else if (to->data != c->picture.image.data)
		image_copy(to, &c->picture.image);
	c->is_floats = false;
}

struct aug_source
aug_whole(const struct image *m)
{
	return (struct aug_source){ *m, { 0, 0, m->width, m->height },
		m->height, m->width, 1 };
}

struct rect
aug_look(const struct aug_view *v, int height, int width, uint64_t seed,
    uint64_t epoch, uint64_t index, uint32_t view)
{
	const struct aug_step *s = &v->steps[0];
	struct rng r = rng_at(seed, epoch, index, view, RNG_AUGMENT);

	if (v->n_steps > 0 && s->op->look != NULL && rng_coin(&r, s->p))
		return s->op->look(height, width, s->numbers, &r);
	return (struct rect){ 0, 0, width, height };
}

int
aug_shrink(const struct aug_view *v, struct rect part)
{
	const int side = part.width < part.height ? part.width : part.height;
	int times = 8;

	if (v->n_steps == 0 || v->steps[0].op->look == NULL
	    || v->steps[0].p < 1 || v->size == 0)
		return 1;
	while (times > 1 && side / times < AUG_DRAFT * v->size)
		times /= 2;
	return times;
}

int
aug_make(struct aug_canvas *c, const struct aug_view *v,
    const struct image *source, uint64_t seed, uint64_t epoch, uint64_t index,
    uint32_t view)
{
	const struct aug_source whole = aug_whole(source);

	if (aug_make_from(c, v, &whole, seed, epoch, index, view) < 0)
		return fail_last();
	aug_give(c, &c->picture.image);
	return 0;
}

/* Without such a step, the size would only be said, in meta.views. */
static int
check_size(const struct aug_canvas *c)
{
	const struct image *m = &c->picture.image;

	if (c->size == 0 || (m->height == c->size && m->width == c->size))
		return 0;
	return fail(FAIL_USAGE, "the view's size is %d, but its steps leave "
	    "%dx%d px; crop, pad or centre make the size", c->size, m->width,
	    m->height);
}

int
aug_make_from(struct aug_canvas *c, const struct aug_view *v,
    const struct aug_source *source, uint64_t seed, uint64_t epoch,
    uint64_t index, uint32_t view)
{
	c->source = source;
	c->is_floats = false;
	c->size = v->size;
	for (int i = 0; i < v->n_steps; i += 1 + v->steps[i].n_choices) {
		const struct aug_step *s = &v->steps[i];
		struct rng r = rng_at(seed, epoch, index, view,
		    RNG_AUGMENT + (uint32_t)i);

		if (rng_coin(&r, s->p) && do_step(c, s, &r) < 0)
			return fail_note("%s", s->op->name);
	}
	return load(c) < 0 ? fail_last() : check_size(c);
}

int
aug_make_numbers(float *x, size_t n, size_t row, const struct aug_view *v,
    uint64_t seed, uint64_t epoch, uint64_t index, uint32_t view)
{
	for (int i = 0; i < v->n_steps; i += 1 + v->steps[i].n_choices) {
		const struct aug_step *s = &v->steps[i];
		struct rng r = rng_at(seed, epoch, index, view,
		    RNG_AUGMENT + (uint32_t)i);

		if (s->op->numbers == NULL)
			return fail(FAIL_USAGE, "%s is for images, not for "
			    "numbers (field x); take --recipe none or "
			    "imix-tabular", s->op->name);
		if (rng_coin(&r, s->p) && s->op->numbers(x, n, row,
		    s->numbers, &r) < 0)
			return fail_note("%s", s->op->name);
	}
	return 0;
}
