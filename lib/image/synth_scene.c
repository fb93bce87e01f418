/* SPDX-License-Identifier: MIT */
#include "image/synth_scene.h"

#include <math.h>
#include <stdio.h>

#include "base/rng.h"

#define TAU 6.2831853f

/*
 * Crops of one picture share whatever varies from picture to picture, and an
 * encoder learns the easiest of that.  So light and colour vary within a
 * picture, and are alike between pictures: what crops have in common is the
 * object.
 */

static int
texture_of(int class)
{
	return class % FORM_TEXTURES;
}

static int
shape_of(int class)
{
	return (class % FORM_TEXTURES + class / FORM_TEXTURES) % FORM_SHAPES;
}

void
synth_name(int class, char name[SYNTH_NAME])
{
	snprintf(name, SYNTH_NAME, "%s-%s", form_shapes[shape_of(class)].name,
	    form_textures[texture_of(class)].name);
}

static float
between(struct rng *r, double low, double high)
{
	return (float)rng_between(r, low, high);
}

/* Any hue, gray to `strength`, the brightest channel from low to high. */
static struct color
draw_color(struct rng *r, double low, double high, double most)
{
	const float hue = between(r, 0, 6), value = between(r, low, high);
	const float strength = between(r, 0, most);
	float part[3];

	for (int i = 0; i < 3; i++) {
		const float away = fabsf(fmodf(hue + 2 * (float)i, 6) - 3) - 1;
		const float full = away < 0 ? 0 : away > 1 ? 1 : away;

		part[i] = value * (1 - strength * (1 - full));
	}
	return (struct color){ part[0], part[1], part[2] };
}

static struct point
draw_point(struct rng *r, double low, double high)
{
	const float x = between(r, low, high);

	return (struct point){ x, between(r, low, high) };
}

/* Light on dark, or the other way round. */
static void
draw_object(struct scene *s, struct rng *r, int class)
{
	const struct color light = draw_color(r, 0.8, 0.95, 0.25);
	const struct color dark = draw_color(r, 0.14, 0.26, 0.25);
	const int light_first = rng_coin(r, 0.5);

	s->object = (struct item){
		.shape = &form_shapes[shape_of(class)],
		.at = draw_point(r, -0.3, 0.3),
		.reach = between(r, 0.65, 0.95),
		.turn = between(r, 0, TAU),
		.stretch = between(r, 0.85, 1.15),
		.color = light_first ? light : dark,
	};
	s->second = light_first ? dark : light;
	s->texture = &form_textures[texture_of(class)];
	s->texture_turn = between(r, 0, TAU);
	s->texture_scale = between(r, 0.9, 1.15);
	s->texture_shift = draw_point(r, 0, 4);
	s->shading = between(r, 0, 0.2);
}

static void
draw_clutter(struct scene *s, struct rng *r)
{
	const int before = (int)rng_below(r, 3);

	s->ground = draw_color(r, 0.45, 0.6, 0.25);
	s->behind = 3 + (int)rng_below(r, 5);
	s->n_items = s->behind + before;
	for (int i = 0; i < s->n_items; i++) {
		const int front = i >= s->behind;

		s->items[i] = (struct item){
			.shape = &form_shapes[rng_below(r, FORM_SHAPES)],
			.at = draw_point(r, -1, 1),
			.reach = front ? between(r, 0.06, 0.13) :
			    between(r, 0.1, 0.28),
			.turn = between(r, 0, TAU),
			.stretch = between(r, 0.5, 2),
			.color = draw_color(r, 0.2, 0.9, 0.9),
		};
	}
}

static void
draw_light(struct scene *s, struct rng *r)
{
	const float turn = between(r, 0, TAU), fall = between(r, 0, 0.25);

	for (int c = 0; c < 3; c++)
		for (int y = 0; y < SCENE_LATTICE; y++)
			for (int x = 0; x < SCENE_LATTICE; x++)
				s->tint[c][y][x] = between(r, -0.4, 0.4);
	s->fall = (struct point){ fall * cosf(turn), fall * sinf(turn) };
	s->exposure = between(r, 0.4, 0.5);
	s->noise = between(r, 0.005, 0.02);
}

void
scene_draw(struct scene *s, const struct synth *what)
{
	struct rng r = rng_at(what->seed, what->part,
	    what->index * 256 + (uint64_t)what->class, 0, RNG_SYNTH);

	draw_object(s, &r, what->class);
	draw_clutter(s, &r);
	draw_light(s, &r);
}
