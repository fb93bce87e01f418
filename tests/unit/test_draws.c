/* SPDX-License-Identifier: MIT */
/* What random steps draw: boxes, orders and coins, against the formulas of
 * torchvision written out here with random numbers of their own. */
#include <stdint.h>
#include <stdlib.h>

#include "augment/recipe.h"
#include "image/tone.h"

#include "tap.h"

#define DRAWS 20000

static struct recipe recipe;
static struct aug_canvas canvas;

/* A view without a size, made of one step. */
static void
prepare(const char *step)
{
	char text[256];

	snprintf(text, sizeof(text), "recipe a\nview\n%s\n", step);
	if (recipe_find(&recipe, text, NULL) < 0)
		ok(false, "%s: %s", step, fail_text());
}

static const struct image *
make(const struct image *m, uint64_t index)
{
	if (aug_make(&canvas, &recipe.views[0], m, 3, 1, index, 0) < 0)
		ok(false, "sample: %s", fail_text());
	return &canvas.picture.image;
}

/* Red is the column, green the row, so that a crop tells where it was: its
 * corners are the source's, even after it was resized. */
static void
paint_places(unsigned char *pixels, int height, int width)
{
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			pixels[3 * (y * width + x)] = (unsigned char)x;
			pixels[3 * (y * width + x) + 1] = (unsigned char)y;
		}
}

struct box {
	double x, y, width, height;
};

static struct box
seen(const struct image *p)
{
	const unsigned char *a = p->data;
	const unsigned char *b = p->data + (size_t)(p->height - 1) * p->stride
	    + 3 * (size_t)(p->width - 1);

	return (struct box){ a[0], a[1], b[0] - a[0] + 1, b[1] - a[1] + 1 };
}

/* torchvision's get_params; one try with clipped sides for BYOL. */
static struct box
formula(struct rng *r, int height, int width, double low, bool byol)
{
	for (int i = 0; i < 10; i++) {
		const double area = height * width * rng_between(r, low, 1);
		const double ratio = exp(rng_between(r, log(3. / 4),
		    log(4. / 3)));
		struct box b = { 0, 0, rint(sqrt(area * ratio)),
			rint(sqrt(area / ratio)) };

		if (byol) {
			b.width = fmin(b.width, width);
			b.height = fmin(b.height, height);
		}
		if (b.width < 1 || b.width > width || b.height < 1
		    || b.height > height)
			continue;
		b.x = floor(rng_unit(r) * (width - b.width + 1));
		b.y = floor(rng_unit(r) * (height - b.height + 1));
		return b;
	}
	return (struct box){ 0, 0, width, height };
}

static int
by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The largest distance of two empirical distributions. */
static double
kolmogorov_smirnov(double *a, double *b)
{
	double most = 0;

	qsort(a, DRAWS, sizeof(*a), by_value);
	qsort(b, DRAWS, sizeof(*b), by_value);
	for (size_t i = 0, k = 0; i < DRAWS && k < DRAWS;) {
		const double at = a[i] < b[k] ? a[i] : b[k];

		while (i < DRAWS && a[i] == at)
			i++;
		while (k < DRAWS && b[k] == at)
			k++;
		most = worse(most, fabs((double)i - (double)k) / DRAWS);
	}
	return most;
}

/* 0.0163 is passed once in a hundred where both are drawn alike. */
static void
boxes(const char *step, double low, bool byol)
{
	enum { HEIGHT = 60, WIDTH = 90, KINDS = 4 };
	static const char *const what[KINDS] = { "areas", "log ratios",
		"columns", "rows" };
	static unsigned char pixels[HEIGHT * WIDTH * 3];
	static double got[KINDS][DRAWS], want[KINDS][DRAWS];
	const struct image m = { pixels, HEIGHT, WIDTH, 3, WIDTH * 3 };
	struct rng r = rng_at(99, 0, 0, 0, 1);

	paint_places(pixels, HEIGHT, WIDTH);
	prepare(step);
	for (int i = 0; i < DRAWS; i++) {
		const struct box a = seen(make(&m, (uint64_t)i));
		const struct box b = formula(&r, HEIGHT, WIDTH, low, byol);

		got[0][i] = a.width * a.height;
		want[0][i] = b.width * b.height;
		got[1][i] = log(a.width / a.height);
		want[1][i] = log(b.width / b.height);
		got[2][i] = a.x;
		want[2][i] = b.x;
		got[3][i] = a.y;
		want[3][i] = b.y;
	}
	for (int k = 0; k < KINDS; k++) {
		const double d = kolmogorov_smirnov(got[k], want[k]);

		ok(d < 0.0163, "%s: %s, distance %.4f", step, what[k], d);
	}
}

/* Far from the bounds nothing is rejected: the logarithm is flat. */
static void
flat_ratios(void)
{
	enum { SIDE = 250, BINS = 10 };
	static unsigned char pixels[SIDE * SIDE * 3];
	const struct image m = { pixels, SIDE, SIDE, 3, SIDE * 3 };
	int bins[BINS] = { 0 }, least = DRAWS, most = 0;
	enum { FEW = 4000 };

	paint_places(pixels, SIDE, SIDE);
	prepare("crop area=0.3..0.5 ratio=0.5..2");
	for (int i = 0; i < FEW; i++) {
		const struct box b = seen(make(&m, (uint64_t)i));
		const double share = log(b.width / b.height) / log(2) / 2
		    + 0.5;
		const int bin = (int)(share * BINS);

		bins[bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin]++;
	}
	for (int i = 0; i < BINS; i++) {
		least = bins[i] < least ? bins[i] : least;
		most = bins[i] > most ? bins[i] : most;
	}
	ok(least > 320 && most < 480, "pitfall 32: log ratios are flat: 400 in "
	    "each tenth, about: %d to %d", least, most);
}

static void
extremes(void)
{
	static unsigned char pixels[64 * 64 * 3], line[200 * 3];
	const struct image square = { pixels, 64, 64, 3, 64 * 3 };
	const struct image tall = { line, 200, 1, 3, 3 };
	const struct image one = { line, 1, 1, 3, 3 };
	struct box b;

	paint_places(pixels, 64, 64);
	prepare("crop area=1 ratio=1");
	b = seen(make(&square, 0));
	ok(b.x == 0 && b.y == 0 && b.width == 64 && b.height == 64,
	    "pitfall 32: all of the area, ratio 1: the whole square");
	paint_places(line, 200, 1);
	prepare("crop area=0.9..1");
	b = seen(make(&tall, 0));
	ok(b.width == 1 && b.height == 1 && b.y == 99,
	    "pitfall 32: 1x200 px: the middle with the ratio pulled in");
	prepare("crop area=0.9..1 tries=0");
	b = seen(make(&tall, 0));
	ok(b.width == 1 && b.height >= 12 && b.height <= 16,
	    "... and with one draw, cut off");
	b = seen(make(&one, 0));
	ok(b.width == 1 && b.height == 1, "one pixel");
}

static void
change(const struct image *m, size_t what, const double by[4])
{
	if (what == 0)
		tone_brightness(m, (float)by[0]);
	else if (what == 1)
		tone_contrast(m, (float)by[1]);
	else if (what == 2)
		tone_saturation(m, (float)by[2]);
	else
		tone_hue(m, by[3]);
}

/* Which of the 24 orders makes `got` of `from`, or -1. */
static int
find_order(const unsigned char *got, const unsigned char *from, size_t bytes,
    const double by[4])
{
	int found = -1, number = 0;

	for (size_t code = 0; code < 256; code++) {
		const size_t order[4] = { code & 3, code >> 2 & 3,
			code >> 4 & 3, code >> 6 };
		unsigned char pixels[64 * 3];
		const struct image m = { pixels, 1, (int)bytes / 3, 3, bytes };
		unsigned used = 0;

		for (int k = 0; k < 4; k++)
			used |= 1u << order[k];
		if (used != 15)
			continue;
		memcpy(pixels, from, bytes);
		for (int k = 0; k < 4; k++)
			change(&m, order[k], by);
		if (memcmp(pixels, got, bytes) == 0)
			found = found < 0 ? number : 24;
		number++;
	}
	return found;
}

/* The factors come first, one for each change, then the order; orders that
 * give the same bytes are not counted. */
static void
orders(void)
{
	enum { TIMES = 10000 };
	unsigned char pixels[64 * 3];
	const struct image m = { pixels, 1, 64, 3, sizeof(pixels) };
	int times[25] = { 0 }, unknown = 0, least = TIMES, most = 0;
	struct rng colours = rng_at(5, 0, 0, 0, 1);

	for (size_t i = 0; i < sizeof(pixels); i++)
		pixels[i] = (unsigned char)rng_below(&colours, 256);
	prepare("jitter brightness=0.4 contrast=0.4 saturation=0.4 hue=0.1");
	for (uint64_t i = 0; i < TIMES; i++) {
		struct rng r = rng_at(3, 1, i, 0, RNG_AUGMENT);
		double by[4];
		int which;

		(void)rng_unit(&r);	/* whether it is done at all */
		for (int k = 0; k < 3; k++)
			by[k] = rng_between(&r, 0.6, 1.4);
		by[3] = rng_between(&r, -0.1, 0.1);
		which = find_order(make(&m, i)->data, pixels, sizeof(pixels),
		    by);
		if (which < 0)
			unknown++;
		else
			times[which]++;
	}
	for (int i = 0; i < 24; i++) {
		least = times[i] < least ? times[i] : least;
		most = times[i] > most ? times[i] : most;
	}
	is_int(unknown, 0, "factors first, then one order of four");
	ok(times[24] < 100, "orders that give the same: %d", times[24]);
	ok(least > 337 && most < 497, "pitfall 29: each order 417 times, about: "
	    "%d to %d", least, most);
}

static void
coins(void)
{
	unsigned char pair[6] = { 1, 1, 1, 2, 2, 2 };
	const struct image m = { pair, 1, 2, 3, 6 };
	int flipped = 0, together = 0;

	prepare("flip p=0.3");
	for (int i = 0; i < DRAWS; i++)
		flipped += make(&m, (uint64_t)i)->data[0] == 2;
	ok(abs(flipped - 6000) < 260, "p=0.3: %d of 20000", flipped);
	prepare("flip p=0.5\nflip p=0.5");
	for (int i = 0; i < DRAWS; i++)
		together += make(&m, (uint64_t)i)->data[0] == 1;
	ok(abs(together - 10000) < 290, "two coins are two: %d of 20000",
	    together);
}

/* How often each of 256 values comes out of one pixel of 255. */
static void
tally(const char *step, int times[256])
{
	unsigned char pixel[3] = { 255, 255, 255 };
	const struct image m = { pixel, 1, 1, 3, 3 };

	memset(times, 0, 256 * sizeof(*times));
	prepare(step);
	for (int i = 0; i < DRAWS; i++)
		times[make(&m, (uint64_t)i)->data[0]]++;
}

/* Whether n of DRAWS is within four deviations of its share. */
static bool
is_share(int n, double share)
{
	return fabs(n - DRAWS * share) < 4 * sqrt(DRAWS * share
	    * (1 - share));
}

/* CLSA's: one of the choices each time, done or not, a magnitude of nine,
 * either sign. */
static void
picks(void)
{
	static const int binomial[] = { 1, 5, 10, 10, 5, 1 };
	unsigned char line[30];
	const struct image row = { line, 1, 10, 3, 30 };
	int times[256], left = 0;
	bool good;

	tally("pick\n| brightness factor=0.2\n| brightness factor=0.4\n"
	    "| brightness factor=0.6\n| identity", times);
	ok(is_share(times[51], 0.25) && is_share(times[102], 0.25)
	    && is_share(times[153], 0.25) && is_share(times[255], 0.25),
	    "each choice alike: %d %d %d %d", times[51], times[102],
	    times[153], times[255]);
	tally("pick times=5 each=0.5\n| brightness factor=0.5", times);
	good = true;
	for (int k = 0; k < 6; k++)
		good = good && is_share(times[255 >> k], binomial[k] / 32.);
	ok(good, "five times, each with one half");
	tally("brightness factor=0.14..0.86/9", times);
	good = true;
	for (int k = 1; k <= 9; k++)
		good = good && is_share(times[(int)(255 * (float)(0.09 * k
		    + 0.05))], 1 / 9.);
	ok(good, "nine factors alike");
	tally("solarize threshold=0..256", times);
	ok(is_share(times[255], 1 / 256.), "a threshold above 255 changes "
	    "nothing: %d", times[255]);
	for (int i = 0; i < 30; i++)
		line[i] = (unsigned char)(i / 3 + 1);
	prepare("translatex by=0.3 sign=random");
	for (int i = 0; i < DRAWS; i++) {
		const unsigned char at = make(&row, (uint64_t)i)->data[0];

		left += at == 4;
		good = good && (at == 4 || at == 0);
	}
	ok(good && is_share(left, 0.5), "half of them to the left: %d", left);
}

/* The hole of cutout, and where pad's part lies. */
static void
places(void)
{
	static unsigned char pixels[20 * 30 * 3], line[32 * 32 * 3];
	const struct image m = { pixels, 20, 30, 3, 90 };
	const struct image square = { line, 32, 32, 3, 96 };
	int most = 0, least = 600, at[9][9] = { { 0 } };
	bool good = true;

	prepare("cutout side=0.5 red=9 green=9 blue=9");
	for (uint64_t i = 0; i < 2000; i++) {
		const unsigned char *p = make(&m, i)->data;
		int n = 0;

		for (int k = 0; k < 600; k++)
			n += p[3 * k] == 9;
		most = n > most ? n : most;
		least = n < least ? n : least;
	}
	ok(most == 100 && least == 25, "a hole of 10x10, a quarter of it in a "
	    "corner: %d, %d", most, least);
	paint_places(line, 32, 32);
	for (int i = 0; i < 32 * 32; i++)
		line[3 * i + 2] = 1;
	prepare("pad px=4");
	for (int i = 0; i < DRAWS; i++) {
		const struct image *p = make(&square, (uint64_t)i);
		const unsigned char *mid = p->data + (16 * 32 + 16) * 3;
		const int x = mid[0] - 12, y = mid[1] - 12;

		good = good && x >= 0 && x < 9 && y >= 0 && y < 9
		    && (p->data[2] == 0) == (x < 4 || y < 4);
		if (good)
			at[y][x]++;
	}
	for (int i = 0; i < 81; i++)
		good = good && is_share(at[i / 9][i % 9], 1 / 81.);
	ok(good, "81 places alike, black beside");
}

/* Each number alone, in each view and epoch anew. */
static void
dropouts(void)
{
	int gone = 0, both = 0;

	prepare("dropout rate=0.2");
	for (uint64_t i = 0; i < DRAWS; i++) {
		float x[2] = { 1, 1 };

		if (aug_make_numbers(x, 2, 2, &recipe.views[0], 3, 0, i, 1) < 0)
			ok(false, "dropout: %s", fail_text());
		gone += x[0] == 0;
		both += x[0] == 0 && x[1] == 0;
	}
	ok(is_share(gone, 0.2) && is_share(both, 0.04),
	    "a fifth of the numbers are gone, each for itself: %d, %d", gone,
	    both);
}

int
main(void)
{
	boxes("crop area=0.08..1", 0.08, false);
	boxes("crop area=0.2..1", 0.2, false);
	boxes("crop area=0.08..1 tries=0", 0.08, true);
	flat_ratios();
	extremes();
	orders();
	coins();
	picks();
	places();
	dropouts();
	aug_canvas_free(&canvas);
	return tap_done();
}
