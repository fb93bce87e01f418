/*
 * augment: random views of a picture.
 *
 * A recipe lists views; a view is a list of steps, each an op from the table
 * with a probability and its numbers.  What a step draws depends on (seed,
 * epoch, index, view, place of the step) alone, so that any view can be made
 * again by itself.
 */
#ifndef SELF_AUGMENT_AUGMENT_H
#define SELF_AUGMENT_AUGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "image/blur.h"
#include "image/floats.h"
#include "image/image.h"
#include "image/resize.h"

#define AUG_PARAMS 6
#define AUG_STEPS 32

/* What a view is made of: a picture, of which only the part may be there that
 * aug_look asks for, shrunken at most as much as aug_shrink allows. */
struct aug_source {
	struct image image;		/* the part's pixels */
	struct rect part;		/* in px of the shrunken picture */
	int height, width;		/* of the whole, not shrunken */
	int shrink;			/* 1, 2, 4 or 8 times */
};

/* The picture a view is made on, and room for the ops.  One a worker; all
 * zeros is empty. */
struct aug_canvas {
	const struct aug_source *source; /* until an op has used it, or NULL */
	struct picture picture;		/* the view so far */
	struct picture other;		/* for ops that need a second one */
	struct floats floats;
	bool is_floats;			/* the view lies in `floats` */
	struct resize_room resize;
	struct blur_room blur;
	int size;			/* px that crops make; 0: as they are */
};

void aug_canvas_free(struct aug_canvas *);

/* One number of an op: a value (low == high), a range to draw from, or that
 * many equally likely values from low to high. */
struct aug_number {
	double low, high;
	int values;		/* 2 and more; 0: all there are between */
};

#define AUG_WHOLE 2

struct aug_param {
	const char *name;
	struct aug_number preset;
	double min, max;
	const char *choices;	/* "bilinear|bicubic": 0, 1, …; or NULL */
	int fixed;		/* one value, never a range; AUG_WHOLE: and no
				 * fraction */
};

/* A kind of step; every op has a probability `p` besides.  `pick` has no
 * function of its own: its choices do the work. */
struct aug_op {
	const char *name, *help;
	struct aug_param params[AUG_PARAMS];	/* up to one without a name */
	int (*apply)(struct aug_canvas *, const struct aug_number *,
	    struct rng *);
	/* Which part of a picture it would use, drawn as `apply` draws it;
	 * NULL: all. */
	struct rect (*look)(int height, int width, const struct aug_number *,
	    struct rng *);
	/* On n numbers, in rows of `row`; NULL: for pictures only. */
	int (*numbers)(float *x, size_t n, size_t row,
	    const struct aug_number *, struct rng *);
};

extern const struct aug_op *const aug_ops[];
extern const size_t aug_n_ops;
const struct aug_op *aug_op_find(const char *name);	/* or NULL */

struct aug_step {
	const struct aug_op *op;
	double p;
	struct aug_number numbers[AUG_PARAMS];
	int n_choices;		/* of pick: the steps right behind it */
};

struct aug_view {
	bool strong;
	int size;			/* px; 0: pictures keep theirs */
	int n_steps;
	struct aug_step steps[AUG_STEPS];
};

/* All there is of a picture. */
struct aug_source aug_whole(const struct image *);

/* The part of a picture of that size that the view will be made of. */
struct rect aug_look(const struct aug_view *, int height, int width,
    uint64_t seed, uint64_t epoch, uint64_t index, uint32_t view);

/* How many times the picture may be shrunken, 1, 2, 4 or 8, so that the part is
 * still AUG_DRAFT times as large as the view or more.  With 2, views of
 * photographs change by 0.3 to 0.5 of 255 levels on average and by less than 2
 * at worst; with 1, by up to 7. */
#define AUG_DRAFT 2
int aug_shrink(const struct aug_view *, struct rect part);

/* Draws and applies all steps to a copy of the source; c->picture then has the
 * result's size, and aug_give writes it, to a packed image of that size. */
int aug_make_from(struct aug_canvas *c, const struct aug_view *,
    const struct aug_source *, uint64_t seed, uint64_t epoch, uint64_t index,
    uint32_t view) FAIL_CHECKED;
void aug_give(struct aug_canvas *, const struct image *to);

/* The same from a whole picture, with the result in c->picture. */
int aug_make(struct aug_canvas *c, const struct aug_view *,
    const struct image *source, uint64_t seed, uint64_t epoch, uint64_t index,
    uint32_t view) FAIL_CHECKED;

/* The same on n numbers instead of a picture, in place. */
int aug_make_numbers(float *x, size_t n, size_t row, const struct aug_view *,
    uint64_t seed, uint64_t epoch, uint64_t index, uint32_t view)
    FAIL_CHECKED;

#endif
