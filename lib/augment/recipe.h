/*
 * recipe: named lists of views, as text.
 *
 * The recipes of the papers and those of a user are written in the same
 * words (ssl-augment(1), RECIPES):
 *
 *	recipe NAME [TEXT…]
 *	size PX
 *	mean R G B		of pixels / 255, for the trainer
 *	std R G B
 *	view [weak|strong] [size=PX]
 *		OP [p=P] [NAME=NUMBER | NAME=LOW..HIGH[/VALUES] | NAME=WORD]…
 *		pick times=N each=P	N times one of these:
 *		| OP …
 *	view …
 *
 * A view without ops repeats the one before it; # begins a comment.
 */
#ifndef SELF_AUGMENT_RECIPE_H
#define SELF_AUGMENT_RECIPE_H

#include "augment/augment.h"

#define RECIPE_NAME 64
#define RECIPE_VIEWS 16

struct recipe {
	char name[RECIPE_NAME];
	char about[128];
	double mean[3], std[3];
	int n_views;
	struct aug_view views[RECIPE_VIEWS];
};

/* The text of all built-in recipes. */
extern const char recipe_builtin[];

/* FAIL_USAGE with the line of a NUL among a file's bytes, which would end the
 * text before its end. */
int recipe_check_bytes(const char *text, size_t size) FAIL_CHECKED;

/* The recipe `name` of a text, or for NULL the one that the text consists of;
 * FAIL_USAGE says which line is wrong, or which recipes there are. */
int recipe_find(struct recipe *, const char *text, const char *name)
    FAIL_CHECKED;

/* All views get this size. */
void recipe_resize(struct recipe *, int size);

/* Only the first n views stay; FAIL_USAGE when there are fewer. */
int recipe_shorten(struct recipe *, int n) FAIL_CHECKED;

/*
 * Changes numbers: "crop.area=0.2..1,jitter.p=0.5,1.blur.p=0", the last one
 * in view 1 only; without a view in all views that have the step.  Also
 * "size=96", "2.size=96", "mean.r=0.5", "std.b=0.2".
 */
int recipe_change(struct recipe *, const char *changes) FAIL_CHECKED;

/* Appends the recipe as text that reads as the same. */
int recipe_text(const struct recipe *, struct buf *to) FAIL_CHECKED;

#endif
