/* SPDX-License-Identifier: MIT */
#include "image/synth.h"

#include <stdint.h>

#include "../tap.h"
#include "image/synth_form.h"

static uint64_t
digest(const struct picture *p)
{
	uint64_t h = 14695981039346656037u;

	for (int y = 0; y < p->image.height; y++)
		for (int i = 0; i < p->image.width * 3; i++)
			h = (h ^ p->image.data[(size_t)y * p->image.stride +
			    (size_t)i]) * 1099511628211u;
	return h;
}

static uint64_t
draw(struct synth what, int size)
{
	static struct picture p;
	static struct buf canvas;

	if (synth_draw(&p, &canvas, &what, size) < 0)
		return 0;
	return digest(&p);
}

static void
test_key(void)
{
	const struct synth what = { 7, 0, 3, 11 };
	struct synth other = what;
	const uint64_t first = draw(what, 32);

	ok(draw(what, 64) != first, "another size is another picture");
	ok(draw(what, 32) == first, "the same key draws the same bytes");
	other.seed++;
	ok(draw(other, 32) != first, "another seed, another picture");
	other = what;
	other.part = 1;
	ok(draw(other, 32) != first, "train and test differ");
	other = what;
	other.index++;
	ok(draw(other, 32) != first, "another index, another picture");
	other = what;
	other.class++;
	ok(draw(other, 32) != first, "another class, another picture");
}

static void
test_names(void)
{
	char names[SYNTH_CLASSES][SYNTH_NAME];
	int same = 0;

	for (int i = 0; i < SYNTH_CLASSES; i++) {
		synth_name(i, names[i]);
		for (int j = 0; j < i; j++)
			same += strcmp(names[i], names[j]) == 0;
	}
	is_int(same, 0, "all classes have names of their own");
	is_text(names[0], "disc-plain", "the first class");
	is_text(names[9], "cross-waves", "the tenth class");
}

/* Mean brightness, and how much of the picture is black or white. */
static void
look(struct synth what, int size, double *mean, double *clipped)
{
	static struct picture p;
	static struct buf canvas;
	const int n = size * size * 3;

	*mean = *clipped = 0;
	if (synth_draw(&p, &canvas, &what, size) < 0)
		return;
	for (int i = 0; i < n; i++) {
		*mean += p.image.data[i] / (double)n;
		*clipped += (p.image.data[i] == 0 ||
		    p.image.data[i] == 255) / (double)n;
	}
}

/* Nothing about a class shows in its brightness, and pictures are neither
 * empty nor burnt out. */
static void
test_brightness(void)
{
	double least = 255, most = 0, burnt = 0;

	for (int class = 0; class < 10; class++) {
		double sum = 0;

		for (uint64_t i = 0; i < 300; i++) {
			double mean, clipped;

			look((struct synth){ 0, 0, class, i }, 16, &mean,
			    &clipped);
			sum += mean / 300;
			burnt += clipped / 3000;
		}
		least = sum < least ? sum : least;
		most = sum > most ? sum : most;
	}
	ok(most - least < 20, "classes are equally bright (%.1f to %.1f)",
	    least, most);
	ok(least > 60 && most < 160, "pictures have a middle brightness");
	ok(burnt < 0.1, "%.3f of all values are clipped", burnt);
}

/* A larger picture, averaged over squares, is the smaller one but for noise:
 * both show the same scene, antialiased. */
static void
test_sizes(void)
{
	static struct picture small, large;
	static struct buf canvas;
	double error = 0;

	for (int class = 0; class < 10; class++) {
		const struct synth what = { 5, 1, class, 2 };

		if (synth_draw(&small, &canvas, &what, 24) < 0 ||
		    synth_draw(&large, &canvas, &what, 24 * 8) < 0)
			return;
		for (int i = 0; i < 24 * 24 * 3; i++) {
			const int y = i / 72, x = i / 3 % 24, c = i % 3;
			double sum = 0;

			for (int j = 0; j < 64; j++)
				sum += large.image.data[
				    ((y * 8 + j / 8) * 192 + x * 8 + j % 8) *
				    3 + c];
			error += fabs(sum / 64 - small.image.data[i]) /
			    (24 * 24 * 3 * 10);
		}
	}
	ok(error < 6, "sizes show the same scene (mean difference %.2f)",
	    error);
}

/* Areas as sums over a fine grid; covers and shares stay in 0..1. */
static void
test_forms(void)
{
	const double disc = 3.14159265 * 0.86 * 0.86, square = 1.52 * 1.52;
	double area[FORM_SHAPES] = { 0 }, share[FORM_TEXTURES] = { 0 };
	int outside = 0;

	for (int i = 0; i < 400 * 400; i++) {
		const struct point p = { (float)(i % 400) / 160 - 1.247f,
			(float)(i / 400) / 160 - 1.247f };

		for (int s = 0; s < FORM_SHAPES; s++)
			area[s] += (double)form_cover(
			    form_shapes[s].distance(p), 1 / 160.0f) /
			    (160 * 160);
		for (int t = 0; t < FORM_TEXTURES; t++) {
			const float x = form_textures[t].share(p, 0.01f);

			outside += !(x >= 0 && x <= 1);
			share[t] += (double)x / (400 * 400);
		}
	}
	is_near(area[0], disc, 0.01, "area of the disc");
	is_near(area[1], square, 0.01, "area of the square");
	for (int s = 2; s < FORM_SHAPES; s++)
		ok(area[s] > 0.7 && area[s] < 2.6, "area of the %s: %.2f",
		    form_shapes[s].name, area[s]);
	is_int(outside, 0, "textures are shares");
	ok(share[0] == 0, "plain has one colour");
	for (int t = 1; t < FORM_TEXTURES; t++)
		ok(share[t] > 0.25 && share[t] < 0.75,
		    "%s has two colours: %.2f", form_textures[t].name,
		    share[t]);
}

int
main(void)
{
	test_key();
	test_names();
	test_brightness();
	test_sizes();
	test_forms();
	return tap_done();
}
