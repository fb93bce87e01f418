/* SPDX-License-Identifier: MIT */
/*
 * bench_augment [SECONDS]: how many pictures a second one thread makes the
 * views of, by recipe, and views a second of each step alone, from pictures
 * in memory: 32x32 px, or 500x375 px for recipes of 224 px.
 */
#include <stdio.h>
#include <string.h>

#include "augment/recipe.h"
#include "bench.h"

#define PICTURES 16

static struct aug_canvas canvas;
static struct recipe recipe;
static struct picture small[PICTURES], large[PICTURES];
static double budget_s = 0.5;

static void
give_up(const char *what)
{
	fprintf(stderr, "bench_augment: %s: %s\n", what, fail_text());
	exit(1);
}

/* Waves with noise on them, a little like photographs. */
static void
draw(struct picture *p, int height, int width, uint64_t which)
{
	struct rng r = rng_at(1, 0, which, 0, 1000);
	unsigned char *to;

	if (picture_resize(p, height, width, 3) < 0)
		give_up("picture");
	to = p->image.data;
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			for (int c = 0; c < 3; c++)
				*to++ = (unsigned char)(((x * (c + 1)
				    + y * (int)(which % 5 + 1)) >> 1 & 127)
				    + (int)(rng_u32(&r) & 63) + 32);
}

static void
all_views(const struct picture *pictures)
{
	for (uint64_t i = 0; i < PICTURES; i++)
		for (int v = 0; v < recipe.n_views; v++)
			if (aug_make(&canvas, &recipe.views[v],
			    &pictures[i].image, 0, 0, i, (uint32_t)v) < 0)
				give_up(recipe.name);
}

static void
measure(const char *what, const struct picture *pictures)
{
	struct bench b = bench_new(budget_s);
	double fastest;

	while (bench_more(&b))
		all_views(pictures);
	fastest = bench_fastest(&b);
	for (const char *p = what; *p != '\0'; p++)
		putchar(*p == '\n' ? ' ' : *p);
	printf("\t%dx%d\t%.5g\t%.5g\n", pictures->image.width,
	    pictures->image.height, PICTURES / fastest,
	    PICTURES / bench_median(&b));
	fflush(stdout);
}

static void
by_recipe(const char *name)
{
	if (recipe_find(&recipe, recipe_builtin, name) < 0)
		give_up(name);
	measure(name, recipe.views[0].size > 100 ? large : small);
}

static void
by_step(const char *step)
{
	char text[256];

	snprintf(text, sizeof(text), "recipe a\nsize 224\nview\n"
	    "crop area=0.08..1 filter=bicubic\n%s\n", step);
	if (recipe_find(&recipe, text, NULL) < 0)
		give_up(step);
	measure(*step != '\0' ? step : "crop alone", large);
}

int
main(int argc, char **argv)
{
	static const char *const names[] = { "byol", "byol-cifar", "simclr",
		"simclr-cifar", "mocov2", "mocov2-cifar", "clsa",
		"clsa-multi" };
	static const char *const steps[] = { "", "flip", "gray",
		"jitter brightness=0.4", "jitter contrast=0.4",
		"jitter saturation=0.4", "jitter hue=0.1", "blur kind=boxes",
		"blur kind=zero", "float", "float\nblur kind=zero",
		"float\njitter brightness=0.4", "float\njitter contrast=0.4",
		"float\njitter saturation=0.4", "float\njitter hue=0.1",
		"float\ngray", "sharpness factor=0.5", "equalize",
		"autocontrast", "solarize", "posterize bits=4",
		"shearx by=0.2", "rotate by=20", "translatex by=0.2" };

	if (argc > 1)
		budget_s = strtod(argv[1], NULL);
	for (uint64_t i = 0; i < PICTURES; i++) {
		draw(&small[i], 32, 32, i);
		draw(&large[i], 375, 500, i);
	}
	printf("what\tpicture\tfastest_per_s\tmedian_per_s\n");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		by_recipe(names[i]);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		by_step(steps[i]);
	aug_canvas_free(&canvas);
	return 0;
}
