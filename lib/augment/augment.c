/* SPDX-License-Identifier: MIT */
#include "augment/augment.h"

#include <string.h>

#include "augment/ops.h"
#include "base/num.h"
#include "image/floats.h"

void
aug_canvas_free(struct aug_canvas *c)
{
	picture_free(&c->picture);
	picture_free(&c->other);
	buf_free(&c->float_bytes);
	resize_room_free(&c->resize);
	blur_room_free(&c->blur);
}

static int
load(struct aug_canvas *c)
{
	const struct image *from = c->source;

	if (from == NULL)
		return 0;
	c->source = NULL;
	if (picture_resize(&c->picture, from->height, from->width,
	    from->channels) < 0)
		return fail_last();
	image_copy(&c->picture.image, from);
	return 0;
}

int
aug_bytes(struct aug_canvas *c)
{
	if (c->floats != NULL)
		return fail(FAIL_USAGE, "works on bytes; put it before float");
	return load(c);
}

size_t
aug_pixels(const struct aug_canvas *c)
{
	return (size_t)c->picture.image.height
	    * (size_t)c->picture.image.width;
}

int
aug_floats(struct aug_canvas *c)
{
	size_t bytes;

	if (c->floats != NULL)
		return 0;
	if (load(c) < 0)
		return fail_last();
	if (c->picture.image.channels != 3)
		return fail(FAIL_USAGE, "needs 3 channels, the picture has "
		    "%d", c->picture.image.channels);
	c->float_bytes.size = 0;
	if (num_mul(3 * sizeof(float), aug_pixels(c), &bytes) < 0
	    || buf_reserve(&c->float_bytes, bytes) < 0)
		return fail_last();
	c->floats = (float *)(void *)c->float_bytes.data;
	floats_from_bytes(c->floats, c->picture.image.data,
	    3 * aug_pixels(c));
	return 0;
}

int
aug_resize(struct aug_canvas *c, const struct image *part, int height,
    int width, enum resize_filter filter)
{
	const struct picture kept = c->picture;

	if (resize_picture(&c->other, part, height, width, filter,
	    &c->resize) < 0)
		return fail_last();
	c->source = NULL;
	c->picture = c->other;
	c->other = kept;
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

static int
finish(struct aug_canvas *c)
{
	if (load(c) < 0)
		return fail_last();
	if (c->floats != NULL)
		floats_to_bytes(c->picture.image.data, c->floats,
		    3 * aug_pixels(c));
	c->floats = NULL;
	return 0;
}

int
aug_make(struct aug_canvas *c, const struct aug_view *v,
    const struct image *source, uint64_t seed, uint64_t epoch, uint64_t index,
    uint32_t view)
{
	c->source = source;
	c->floats = NULL;
	c->size = v->size;
	for (int i = 0; i < v->n_steps; i++) {
		const struct aug_step *s = &v->steps[i];
		struct rng r = rng_at(seed, epoch, index, view,
		    RNG_AUGMENT + (uint32_t)i);

		if (rng_coin(&r, s->p)
		    && s->op->apply(c, s->numbers, &r) < 0)
			return fail_note("%s", s->op->name);
	}
	return finish(c);
}
