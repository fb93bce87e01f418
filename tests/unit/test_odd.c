/* SPDX-License-Identifier: MIT */
/*
 * test_odd [COUNT [RECIPE]]: odd pictures through each recipe (or the one):
 * of one px, one row or column, gray, with four channels; as pixels and as
 * JPEG files, half of those damaged.  Views have their size or there is a
 * failure of a lawful kind, and a second time gives the same.  The sanitizers
 * see the rest: make sanitize, or a large COUNT with a build of theirs.
 */
#include <stdint.h>
#include <stdlib.h>

#include "augment/recipe.h"
#include "image/jpeg.h"
#include "view/origin.h"

#include "tap.h"

#define SIDE 400

static struct recipe recipe;
static struct aug_canvas canvas;
static struct origin_room room;
static struct buf file, first;

struct odd {
	struct picture picture;
	struct rng r;
	uint64_t number;
};

static int
odd_side(struct rng *r)
{
	switch (rng_below(r, 6)) {
	case 0:
		return 1;
	case 1:
		return 1 + (int)rng_below(r, 4);
	case 2:
		return 1 + (int)rng_below(r, SIDE);
	default:
		return 1 + (int)rng_below(r, 40);
	}
}

/* Noise, one colour, or two. */
static bool
draw(struct odd *o)
{
	static const int channels[] = { 3, 1, 4, 3 };
	struct rng *r = &o->r;
	const int height = odd_side(r);
	const int width = height > 100 ? 1 + (int)rng_below(r, 40)
	    : odd_side(r);
	const uint64_t kind = rng_below(r, 3);
	const uint32_t colours = rng_u32(r);

	if (picture_resize(&o->picture, height, width,
	    channels[rng_below(r, 4)]) < 0)
		return false;
	for (size_t i = 0; i < o->picture.bytes.size; i++) {
		const uint32_t v = kind == 0 || (kind == 1 && i % 7 == 0)
		    ? rng_u32(r) : colours;

		o->picture.image.data[i] = (unsigned char)(v >> 24);
	}
	return true;
}

/* The picture as a file, whole or damaged; false where it cannot be one. */
static bool
as_file(struct odd *o, struct origin *from)
{
	struct jpeg_info info;

	file.size = 0;
	if (o->picture.image.channels == 4
	    || jpeg_write(&file, &o->picture.image,
	    1 + (int)rng_below(&o->r, 100)) < 0)
		return false;
	for (uint64_t n = rng_below(&o->r, 2) * rng_below(&o->r, 6); n > 0; n--)
		file.data[rng_below(&o->r, file.size)] ^=
		    (unsigned char)(1u << rng_below(&o->r, 8));
	if (rng_below(&o->r, 4) == 0)
		file.size = (size_t)rng_below(&o->r, file.size);
	*from = (struct origin){ .jpeg = file.data, .jpeg_bytes = file.size };
	if (jpeg_look(file.data, file.size, &info) < 0
	    || (int64_t)info.height * info.width > 1 << 20)
		return false;
	from->image = (struct image){ .height = info.height,
		.width = info.width, .channels = 3 };
	return true;
}

/* Small ones; now and then the recipe's own. */
static void
choose_sizes(struct odd *o, const int own[RECIPE_VIEWS])
{
	static const int sizes[] = { 1, 2, 3, 8, 16, 24, 33, 48 };

	if (own[0] > 0 && rng_below(&o->r, 2000) > 0)
		recipe_resize(&recipe, sizes[rng_below(&o->r, 8)]);
	else
		for (int i = 0; i < recipe.n_views; i++)
			recipe.views[i].size = own[i];
}

static bool
is_lawful(int failure)
{
	return failure == FAIL_FORMAT || failure == FAIL_LIMIT
	    || failure == FAIL_USAGE;
}

/* 1: made, as large as it should be; 0: lawfully refused; -1: wrong. */
static int
make(const struct odd *o, const struct origin *from, int view)
{
	const struct aug_view *v = &recipe.views[view];
	const struct image *m = &canvas.picture.image;
	const struct rect part = aug_look(v, from->image.height,
	    from->image.width, 1, 2, o->number, (uint32_t)view);
	const int shrink = o->number % 2 == 0 ? aug_shrink(v, part) : 1;
	struct aug_source source;
	int rc = origin_get(from, &room, part, shrink, &source);

	if (rc == 0)
		rc = aug_make_from(&canvas, v, &source, 1, 2, o->number,
		    (uint32_t)view);
	if (rc < 0)
		return is_lawful(rc) ? 0 : -1;
	aug_give(&canvas, m);
	return m->channels == from->image.channels
	    && m->height == (v->size > 0 ? v->size : from->image.height)
	    && m->width == (v->size > 0 ? v->size : from->image.width) ? 1 : -1;
}

static bool
try_view(const struct odd *o, const struct origin *from, int view)
{
	const int made = make(o, from, view);

	if (made < 0)
		return false;
	if (made == 0)
		return make(o, from, view) == 0;
	first.size = 0;
	if (buf_append(&first, canvas.picture.bytes.data,
	    canvas.picture.bytes.size) < 0)
		return false;
	return make(o, from, view) == 1
	    && first.size == canvas.picture.bytes.size
	    && memcmp(first.data, canvas.picture.bytes.data, first.size) == 0;
}

static void
one_recipe(const char *name, uint64_t count)
{
	struct odd o = { 0 };
	const bool found = recipe_find(&recipe, recipe_builtin, name) == 0;
	uint64_t wrong = 0;
	int own[RECIPE_VIEWS];

	for (int i = 0; i < RECIPE_VIEWS; i++)
		own[i] = recipe.views[i].size;
	for (o.number = 0; found && o.number < count; o.number++) {
		struct origin from = { 0 };
		bool good;

		o.r = rng_at(7, 0, o.number, 0, 1);
		choose_sizes(&o, own);
		good = draw(&o);
		if (rng_below(&o.r, 4) > 0)
			from.image = o.picture.image;
		else if (!as_file(&o, &from))
			continue;
		good = good && try_view(&o, &from, (int)(o.number
		    % (uint64_t)recipe.n_views));
		if (!good && wrong++ == 0)
			printf("# number %d: %s\n", (int)o.number,
			    fail_text());
	}
	ok(found && wrong == 0, "%s: %d odd inputs", name, (int)count);
	picture_free(&o.picture);
}

int
main(int argc, char **argv)
{
	const uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 300;
	const char *at = recipe_builtin;

	if (argc > 2)
		one_recipe(argv[2], count);
	for (; argc <= 2 && at != NULL; at = strstr(at + 1, "\nrecipe ")) {
		char name[RECIPE_NAME];

		if (sscanf(at, " recipe %63s", name) == 1)
			one_recipe(name, count);
	}
	aug_canvas_free(&canvas);
	origin_room_free(&room);
	buf_free(&file);
	buf_free(&first);
	return tap_done();
}
