/* SPDX-License-Identifier: MIT */
/* Recipes: the text, and what the built-in ones draw. */
#include <stdint.h>
#include <stdlib.h>

#include "augment/recipe.h"

#include "tap.h"

static struct recipe recipe;

static void
refuses(const char *text, const char *words)
{
	const int rc = recipe_find(&recipe, text, NULL);

	if (!ok(rc == -5 && strstr(fail_text(), words) != NULL, "refuses: %s",
	    words))
		printf("# %d: %s\n", rc, fail_text());
}

static void
grammar(void)
{
	static const char text[] =
	    "# mine\nrecipe first of two\nsize 20\nmean 0.1 0.2 0.3\n"
	    "std 1 0.5 0.25\nview strong\n\tcrop area=0.5..0.75 tries=0\n"
	    "\tflip p=0.25  # now and then\nview weak size=10\n"
	    "recipe second\nview\n gray\n";

	refuses(text, "line 10: a second recipe");
	is_int(recipe_find(&recipe, text, "first"), 0, "the first recipe");
	is_text(recipe.name, "first", "its name");
	is_text(recipe.about, "of two", "what it says of itself");
	is_int(recipe.n_views, 2, "views");
	is_near(recipe.mean[1], 0.2, 0, "mean");
	is_near(recipe.std[2], 0.25, 0, "deviation");
	ok(recipe.views[0].strong && !recipe.views[1].strong, "roles");
	ok(recipe.views[0].size == 20 && recipe.views[1].size == 10, "sizes");
	is_int(recipe.views[1].n_steps, 2, "an empty view repeats the steps");
	is_near(recipe.views[1].steps[1].p, 0.25, 0, "probability");
	is_near(recipe.views[0].steps[0].numbers[0].high, 0.75, 0, "range");
	is_int(recipe_change(&recipe, "1.crop.area=1,flip.p=0"), 0, "change");
	ok(recipe.views[0].steps[0].numbers[0].high == 0.75
	    && recipe.views[1].steps[0].numbers[0].low == 1
	    && recipe.views[0].steps[1].p == 0, "one view, or all");
	ok(recipe_change(&recipe, "blur.p=1") < 0
	    && recipe_change(&recipe, "2.crop.area=1") < 0
	    && recipe_change(&recipe, "crop.area=2") < 0
	    && recipe_change(&recipe, "crop") < 0, "refuses wrong changes");
	/* Numbers that a narrower type would wrap or cut. */
	ok(recipe_change(&recipe, "4294967295.crop.area=1") == -5
	    && recipe_change(&recipe, "4294967296.flip.p=0") == -5
	    && recipe_change(&recipe, "18446744073709551617.flip.p=0") == -5
	    && recipe_change(&recipe, "4294967297.size=9") == -5
	    && recipe_change(&recipe, "1flip.p=0") == -5
	    && recipe_change(&recipe, "1.mean.r=0") == -5
	    && recipe_change(&recipe, "crop.tries=2.5") == -5
	    && recipe_change(&recipe, "crop.area=0x1p-2") == -5
	    && recipe_change(&recipe, "crop.area=1e400") == -5
	    && recipe_change(&recipe, "crop.area=nan") == -5
	    && recipe_change(&recipe, "crop.area=0.5z") == -5,
	    "refuses numbers that are none, or of no view");
	ok(recipe.views[1].size == 10 && recipe.views[0].steps[1].p == 0,
	    "… and changes nothing");
	is_int(recipe_find(&recipe, text, "second"), 0, "by name");
	is_int(recipe_find(&recipe, text, "third"), -5, "unknown");
	ok(strstr(fail_text(), "first, second") != NULL, "tells the names");
	refuses("", "no line begins");
	refuses("recipe a\nsize 3\n", "no view");
	refuses("recipe a\nview\n blurr\n", "blurr");
	refuses("recipe a\nview\n blur sigma=2..1\n", "backwards");
	refuses("recipe a\nview\n blur kind=round\n", "boxes|zero|reflect");
	refuses("recipe a\nview\n flip p=1.5\n", "line 3");
	refuses("view\nrecipe a\nview\n flip\n", "recipe line 1");
	refuses("recipe a234567890123456789012345678901234567890123456789012"
	    "3456789012345\nview\n flip\n", "a name of 65 bytes");
	ok(recipe_check_bytes("recipe a\nvi\0ew", 14) == -5
	    && strstr(fail_text(), "line 2") != NULL
	    && recipe_check_bytes("recipe a\n", 9) == 0,
	    "a NUL is refused with its line");
	refuses("recipe a\nflip\n", "a view must come before");
	refuses("recipe a\nmean 1 2\n", "three numbers");
	refuses("recipe a\nview odd\n", "weak, strong");
	refuses("recipe a\nview\n| flip\n", "a pick must come before");
	refuses("recipe a\nview\npick\nflip\n| gray\n", "a pick must");
	refuses("recipe a\nview\npick\n| pick\n", "no op 'pick'");
	refuses("recipe a\nview\npick\n|\n", "and an op behind");
	refuses("recipe a\nview\npick times=1..2\n", "one number");
	refuses("recipe a\nview\nsolarize threshold=1..2/1\n", "outside");
	refuses("recipe a\nview\nsolarize threshold=1..2/x\n", "x");
}

/* The next name in the built-in text, or NULL. */
static const char *
next_name(const char **text)
{
	static char name[RECIPE_NAME];
	const char *at = strstr(*text, "recipe ");

	while (at != NULL && at != recipe_builtin && at[-1] != '\n')
		at = strstr(at + 1, "recipe ");
	if (at == NULL)
		return NULL;
	*text = at + 7;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(*text, " \n"),
	    *text);
	return name;
}

/* The contract's names, each there, read back from its own text as it was;
 * weak views come first where there are strong ones. */
static void
all_there(void)
{
	static const char *const wanted[] = { "byol", "byol-cifar", "simclr",
		"simclr-cifar", "mocov1", "mocov1-cifar", "mocov2",
		"mocov2-cifar", "clsa", "clsa-cifar", "clsa-code",
		"clsa-paper", "clsa-multi", "clsa-multi-cifar", "suncet",
		"suncet-cifar", "imix", "imix-cifar", "weak", "weak-cifar",
		"none", "linear", "linear-cifar" };
	static struct recipe again;
	const char *text = recipe_builtin, *name;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		is_int(recipe_find(&recipe, recipe_builtin, wanted[i]), 0,
		    "%s", wanted[i]);
	while ((name = next_name(&text)) != NULL) {
		struct buf words = { 0 }, same = { 0 };
		bool sorted = true;

		ok(recipe_find(&recipe, recipe_builtin, name) == 0
		    && recipe_text(&recipe, &words) == 0
		    && recipe_find(&again, (const char *)words.data, NULL) == 0
		    && recipe_text(&again, &same) == 0
		    && strcmp((const char *)words.data,
		    (const char *)same.data) == 0, "%s: as text and back",
		    name);
		for (int v = 1; v < recipe.n_views; v++)
			sorted = sorted && recipe.views[v].strong
			    >= recipe.views[v - 1].strong;
		ok(sorted && !recipe.views[0].strong, "%s: weak views first",
		    name);
		buf_free(&words);
		buf_free(&same);
	}
}

/* CLSA's sizes and areas, single and multi. */
static void
clsa(void)
{
	static const struct {
		int size;
		double low, high;
	} crops[] = { { 224, 0.2, 1 }, { 192, 0.172, 0.86 },
		{ 160, 0.143, 0.715 }, { 128, 0.114, 0.571 },
		{ 96, 0.086, 0.429 } };
	bool good = recipe_find(&recipe, recipe_builtin, "clsa-multi") == 0;

	is_int(recipe.n_views, 11, "clsa-multi: views");
	for (int v = 0; v < recipe.n_views; v++) {
		const int k = v == 0 ? 0 : v < 6 ? v - 1 : v - 6;
		const struct aug_view *view = &recipe.views[v];
		const struct aug_number *area = &view->steps[0].numbers[0];

		good = good && view->size == crops[k].size
		    && area->low == crops[k].low && area->high == crops[k].high
		    && view->strong == (v >= 6);
	}
	ok(good, "query, key, four weak, five strong; sizes and areas");
	good = recipe_find(&recipe, recipe_builtin, "clsa") == 0;
	ok(good && recipe.n_views == 3 && recipe.views[2].strong
	    && recipe.views[2].size == 96 && recipe.views[1].size == 224
	    && recipe.views[2].steps[5].n_choices == 14,
	    "clsa: query, key, a strong one of 96 px with 14 choices");
	is_int(recipe_change(&recipe, "2.size=64,pick.times=2,"
	    "rotate.by=-3..3,mean.g=0.25"), 0, "all of it can be changed");
	ok(recipe.views[2].size == 64 && recipe.views[1].size == 224
	    && recipe.views[2].steps[5].numbers[0].low == 2
	    && recipe.views[2].steps[10].numbers[0].low == -3
	    && recipe.mean[1] == 0.25, "... as asked");
	is_int(recipe_shorten(&recipe, 2), 0, "two views of three");
	ok(recipe_shorten(&recipe, 3) < 0, "not three of two");
}

/* Every recipe there is works on odd pictures, and gives the same twice. */
static void
odd_pictures(void)
{
	static const int sides[][2] = { { 1, 1 }, { 1, 50 }, { 50, 1 },
		{ 2, 3 }, { 33, 20 }, { 40, 64 } };
	static unsigned char pixels[64 * 64 * 3], first[64 * 64 * 3];
	struct aug_canvas c = { 0 };
	const char *text = recipe_builtin, *name;

	for (size_t i = 0; i < sizeof(pixels); i++)
		pixels[i] = (unsigned char)(i * 37 % 251);
	while ((name = next_name(&text)) != NULL) {
		bool good = recipe_find(&recipe, recipe_builtin, name) == 0;

		if (strcmp(name, "imix-tabular") == 0)
			continue;
		if (strcmp(name, "linear-cifar") == 0)
			recipe_resize(&recipe, 8);
		else if (strcmp(name, "none") != 0)
			recipe_resize(&recipe, 48);
		for (int i = 0; good && i < 60; i++) {
			const struct image m = { pixels, sides[i % 6][0],
				sides[i % 6][1], 3, 64 * 3 };
			const struct image *p = &c.picture.image;
			const int view = i % recipe.n_views;
			size_t bytes;

			good = aug_make(&c, &recipe.views[view], &m, 1, 2,
			    (uint64_t)i, (uint32_t)view) == 0;
			bytes = (size_t)p->height * p->stride;
			good = good && bytes <= sizeof(first);
			if (!good)
				break;
			memcpy(first, p->data, bytes);
			good = aug_make(&c, &recipe.views[view], &m, 1, 2,
			    (uint64_t)i, (uint32_t)view) == 0
			    && memcmp(first, p->data, bytes) == 0;
		}
		ok(good, "%s: pictures of 1x1 to 64x40 px, the same twice",
		    name);
	}
	aug_canvas_free(&c);
}

/* One step alone, on a picture of two colours (200,100,50 and 40,60,240). */
static void
one_step(struct aug_canvas *c, const char *step, uint64_t index)
{
	static unsigned char pixels[6] = { 200, 100, 50, 40, 60, 240 };
	const struct image m = { pixels, 1, 2, 3, 6 };
	char text[256];

	snprintf(text, sizeof(text), "recipe a\nview\n%s\n", step);
	if (recipe_find(&recipe, text, NULL) < 0
	    || aug_make(c, &recipe.views[0], &m, 0, 0, index, 0) < 0)
		ok(false, "%s: %s", step, fail_text());
}

/*
 * What the papers' codes mean by brightness, contrast and saturation: adding
 * moves all numbers alike, multiplying keeps ratios; contrast about the gray
 * mean moves channels that are equal, contrast about their own does not.
 */
static void
meanings(void)
{
	struct aug_canvas c = { 0 };
	const unsigned char *p;
	int alike = 0, scaled = 0, moved = 0, gray_moved = 0, hues = 0;

	for (uint64_t i = 0; i < 50; i++) {
		one_step(&c, "float\njitter brightness=0.1 way=add", i);
		p = c.picture.image.data;
		alike += abs((p[0] - p[1]) - 100) <= 1
		    && abs((p[1] - p[2]) - 50) <= 1;
		one_step(&c, "float\njitter brightness=0.2", i);
		p = c.picture.image.data;
		scaled += abs(p[0] - 2 * p[1]) <= 2
		    && abs(p[1] - 2 * p[2]) <= 2;
		/* Red's mean is 120, green's 80: they stay between. */
		one_step(&c, "float\njitter contrast=0.2", i);
		p = c.picture.image.data;
		moved += abs(p[0] + p[3] - 240) <= 1
		    && abs(p[1] + p[4] - 160) <= 1;
		one_step(&c, "jitter contrast=0.2", i);
		p = c.picture.image.data;
		gray_moved += abs(p[0] + p[3] - 240) > 1
		    || abs(p[1] + p[4] - 160) > 1;
		/* In HSV the largest channel stays; by blending it moves. */
		one_step(&c, "float\njitter saturation=0.2", i);
		p = c.picture.image.data;
		hues += p[0] == 200 && p[5] == 240;
	}
	is_int(alike, 50, "pitfall 28: way=add adds the same to all");
	is_int(scaled, 50, "pitfall 28: way=multiply keeps ratios");
	is_int(moved, 50, "pitfall 28: floats: contrast about each channel's "
	    "mean");
	ok(gray_moved > 40, "pitfall 28: bytes: contrast about the gray mean");
	is_int(hues, 50, "pitfall 28: floats: saturation in HSV keeps the "
	    "value");
	one_step(&c, "solarize threshold=128", 0);
	p = c.picture.image.data;
	ok(p[0] == 55 && p[1] == 100 && p[5] == 15, "solarize on bytes");
	one_step(&c, "float\nsolarize threshold=128", 0);
	p = c.picture.image.data;
	ok(p[0] == 55 && p[1] == 100 && p[5] == 15, "solarize on floats");
	aug_canvas_free(&c);
}

int
main(void)
{
	grammar();
	all_there();
	clsa();
	odd_pictures();
	meanings();
	return tap_done();
}
