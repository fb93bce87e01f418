/* SPDX-License-Identifier: MIT */
#include "image/synth.h"

#include <math.h>
#include <stdio.h>

#include "base/num.h"
#include "base/rng.h"
#include "image/synth_form.h"

#define LATTICE 6		/* knots of the background's clouds, a side */
#define MOST_ITEMS 12
#define TAU 6.2831853f

struct color {
	float r, g, b;		/* light, 0..1, before the light falls on it */
};

/* The scene's square is -1..1 both ways, y down. */
struct item {
	const struct form_shape *shape;
	struct point at;
	float reach, turn;	/* half its extent; radians */
	float stretch;		/* along its own x */
	struct color color;
};

struct scene {
	struct item object;
	const struct form_texture *texture;
	struct color second;	/* the texture's other colour */
	float texture_turn, texture_scale;
	struct point texture_shift;
	float shading;		/* how much the object's light falls off */

	struct color ground[2];	/* background, from one side to the other */
	struct point ground_way;
	float cloud[LATTICE][LATTICE], clouds;

	struct item items[MOST_ITEMS];
	int behind, n_items;	/* the first `behind` lie behind the object */

	struct point light;	/* direction and strength of the light's fall */
	float gain, noise;
};

void
synth_name(int class, char name[SYNTH_NAME])
{
	const int texture = class % FORM_TEXTURES;
	const int shape = (texture + class / FORM_TEXTURES) % FORM_SHAPES;

	snprintf(name, SYNTH_NAME, "%s-%s", form_shapes[shape].name,
	    form_textures[texture].name);
}

static float
between(struct rng *r, double low, double high)
{
	return (float)rng_between(r, low, high);
}

static float
brightness(struct color c)
{
	return 0.299f * c.r + 0.587f * c.g + 0.114f * c.b;
}

static struct color
mix(struct color a, struct color b, float share)
{
	return (struct color){ a.r + (b.r - a.r) * share,
		a.g + (b.g - a.g) * share, a.b + (b.b - a.b) * share };
}

/* Any hue, from nearly gray to strong. */
static struct color
draw_color(struct rng *r)
{
	const float hue = between(r, 0, 6), value = between(r, 0.12, 1);
	const float strength = between(r, 0, 0.9);
	float part[3];

	for (int i = 0; i < 3; i++) {
		const float away = fabsf(fmodf(hue + 2 * (float)i, 6) - 3) - 1;
		const float full = away < 0 ? 0 : away > 1 ? 1 : away;

		part[i] = value * (1 - strength * (1 - full));
	}
	return (struct color){ part[0], part[1], part[2] };
}

/* A colour whose brightness is at least `apart` from both others'. */
static struct color
draw_apart(struct rng *r, struct color a, struct color b, float apart)
{
	struct color c = draw_color(r);

	for (int i = 0; i < 64; i++) {
		if (fabsf(brightness(c) - brightness(a)) >= apart &&
		    fabsf(brightness(c) - brightness(b)) >= apart)
			break;
		c = draw_color(r);
	}
	return c;
}

static struct point
draw_way(struct rng *r, float size)
{
	const float angle = between(r, 0, TAU);

	return (struct point){ size * cosf(angle), size * sinf(angle) };
}

static void
draw_object(struct scene *s, struct rng *r, int class)
{
	const int texture = class % FORM_TEXTURES;
	const int shape = (texture + class / FORM_TEXTURES) % FORM_SHAPES;
	struct item *o = &s->object;

	s->texture = &form_textures[texture];
	o->shape = &form_shapes[shape];
	o->reach = between(r, 0.52, 0.82);
	o->at.x = between(r, -0.3, 0.3);
	o->at.y = between(r, -0.3, 0.3);
	o->turn = between(r, 0, TAU);
	o->stretch = between(r, 0.85, 1.18);
	o->color = draw_apart(r, s->ground[0], s->ground[1], 0.16f);
	s->second = draw_apart(r, o->color, o->color, 0.28f);
	s->texture_turn = between(r, 0, TAU);
	s->texture_scale = between(r, 0.85, 1.2);
	s->texture_shift = (struct point){ between(r, 0, 4),
		between(r, 0, 4) };
	s->shading = between(r, 0, 0.35);
}

static void
draw_ground(struct scene *s, struct rng *r)
{
	s->ground[0] = draw_color(r);
	s->ground[1] = mix(s->ground[0], draw_color(r), between(r, 0, 0.5));
	s->ground_way = draw_way(r, 0.5f);
	s->clouds = between(r, 0, 0.3);
	for (int y = 0; y < LATTICE; y++)
		for (int x = 0; x < LATTICE; x++)
			s->cloud[y][x] = between(r, -1, 1);
}

static void
draw_clutter(struct scene *s, struct rng *r)
{
	const int before = (int)rng_below(r, 3);

	s->behind = 3 + (int)rng_below(r, 6);
	s->n_items = s->behind + before;
	for (int i = 0; i < s->n_items; i++) {
		struct item *c = &s->items[i];
		const int front = i >= s->behind;

		c->shape = &form_shapes[rng_below(r, FORM_SHAPES)];
		c->reach = front ? between(r, 0.08, 0.17) :
		    between(r, 0.1, 0.38);
		c->at.x = between(r, -1, 1);
		c->at.y = between(r, -1, 1);
		c->turn = between(r, 0, TAU);
		c->stretch = between(r, 0.5, 2);
		c->color = draw_color(r);
	}
}

static void
draw_scene(struct scene *s, const struct synth *what)
{
	struct rng r = rng_at(what->seed, what->part,
	    what->index * 256 + (uint64_t)what->class, 0, RNG_SYNTH);

	draw_ground(s, &r);
	draw_object(s, &r, what->class);
	draw_clutter(s, &r);
	s->light = draw_way(&r, between(&r, 0, 0.35));
	s->gain = between(&r, 0.65, 1.2);
	s->noise = between(&r, 0, 0.03);
}

/* A canvas of light, [size,size]. */
struct canvas {
	struct color *at;
	int size;
	float pixel;		/* its breadth in the scene */
};

static float
place(const struct canvas *c, int i)
{
	return ((float)i + 0.5f) * c->pixel - 1;
}

/* The cloud's height at 0..LATTICE-1 both ways, smooth between the knots. */
static float
cloud_at(const struct scene *s, float x, float y)
{
	const int i = (int)x, j = (int)y;
	const float u = x - (float)i, v = y - (float)j;
	const float a = u * u * (3 - 2 * u), b = v * v * (3 - 2 * v);
	const float *row = s->cloud[j] + i, *next = s->cloud[j + 1] + i;
	const float above = row[0] + (row[1] - row[0]) * a;
	const float below = next[0] + (next[1] - next[0]) * a;

	return above + (below - above) * b;
}

static void
paint_ground(const struct canvas *c, const struct scene *s)
{
	const float knots = 0.4999f * (LATTICE - 1);

	for (int i = 0; i < c->size; i++) {
		const float y = place(c, i);
		struct color *row = c->at + (size_t)i * (size_t)c->size;

		for (int j = 0; j < c->size; j++) {
			const float x = place(c, j);
			const float way = 0.5f + 0.7f *
			    (x * s->ground_way.x + y * s->ground_way.y);
			const float dark = 1 + s->clouds *
			    cloud_at(s, (x + 1) * knots, (y + 1) * knots);
			const struct color g = mix(s->ground[0],
			    s->ground[1], way);

			row[j] = (struct color){ g.r * dark, g.g * dark,
				g.b * dark };
		}
	}
}

/* The part of an item's bounding square within the canvas, one axis. */
static int
extent(const struct canvas *c, float middle, float reach, int *end)
{
	const float low = (middle - reach + 1) / c->pixel - 1;
	const float high = (middle + reach + 1) / c->pixel + 2;

	*end = high > (float)c->size ? c->size : high < 0 ? 0 : (int)high;
	return low < 0 ? 0 : (int)low;
}

/* The object's colour at its own point p. */
static struct color
texture_at(const struct scene *s, struct point p, float width)
{
	const float fall = 1 - s->shading * (p.x * p.x + p.y * p.y);
	const float ca = cosf(s->texture_turn), sa = sinf(s->texture_turn);
	const struct point t = {
		(ca * p.x + sa * p.y) * s->texture_scale + s->texture_shift.x,
		(ca * p.y - sa * p.x) * s->texture_scale + s->texture_shift.y,
	};
	const struct color c = mix(s->object.color, s->second,
	    s->texture->share(t, width * s->texture_scale));

	return (struct color){ c.r * fall, c.g * fall, c.b * fall };
}

/* Paints an item over the canvas; `scene` gives its texture, or NULL. */
static void
paint_item(const struct canvas *c, const struct item *o,
    const struct scene *scene)
{
	const float ca = cosf(o->turn), sa = sinf(o->turn);
	const float width = c->pixel / o->reach;
	const float round = o->reach * 1.5f *
	    (o->stretch > 1 ? o->stretch : 1);
	int rows, columns;

	for (int i = extent(c, o->at.y, round, &rows); i < rows; i++) {
		const float y = place(c, i) - o->at.y;
		struct color *row = c->at + (size_t)i * (size_t)c->size;

		for (int j = extent(c, o->at.x, round, &columns); j < columns;
		    j++) {
			const float x = place(c, j) - o->at.x;
			const struct point p = {
				(ca * x + sa * y) / (o->reach * o->stretch),
				(ca * y - sa * x) / o->reach,
			};
			const float share =
			    form_cover(o->shape->distance(p), width);

			if (share > 0)
				row[j] = mix(row[j], scene != NULL ?
				    texture_at(scene, p, width) : o->color,
				    share);
		}
	}
}

static unsigned char
to_byte(float light)
{
	const float level = light * 255 + 0.5f;

	return level <= 0 ? 0 : level >= 255 ? 255 : (unsigned char)level;
}

/* Light and noise, and 8 bits. */
static void
develop(const struct image *to, const struct canvas *c,
    const struct scene *s, struct rng *r)
{
	for (int i = 0; i < c->size; i++) {
		const float y = place(c, i);
		unsigned char *p = to->data + (size_t)i * to->stride;
		const struct color *row = c->at + (size_t)i * (size_t)c->size;

		for (int j = 0; j < c->size; j++, p += 3) {
			const uint32_t bits = rng_u32(r);
			const float speck = s->noise * ((float)(bits & 255) +
			    (float)(bits >> 8 & 255) +
			    (float)(bits >> 16 & 255) +
			    (float)(bits >> 24) - 510) / 148;
			const float light = s->gain * (1 + place(c, j) *
			    s->light.x + y * s->light.y);

			p[0] = to_byte(row[j].r * light + speck);
			p[1] = to_byte(row[j].g * light + speck);
			p[2] = to_byte(row[j].b * light + speck);
		}
	}
}

int
synth_draw(struct picture *to, struct buf *canvas, const struct synth *what,
    int size)
{
	struct canvas c = { .size = size, .pixel = 2 / (float)size };
	struct rng noise = rng_at(what->seed, what->part,
	    what->index * 256 + (uint64_t)what->class, 1, RNG_SYNTH);
	struct scene s;
	size_t bytes;

	if (num_mul((size_t)size, (size_t)size * sizeof(*c.at), &bytes) < 0)
		return fail_last();
	canvas->size = 0;
	if (buf_reserve(canvas, bytes) < 0 ||
	    picture_resize(to, size, size, 3) < 0)
		return fail_last();
	c.at = (struct color *)(void *)canvas->data;
	draw_scene(&s, what);
	paint_ground(&c, &s);
	for (int i = 0; i < s.behind; i++)
		paint_item(&c, &s.items[i], NULL);
	paint_item(&c, &s.object, &s);
	for (int i = s.behind; i < s.n_items; i++)
		paint_item(&c, &s.items[i], NULL);
	develop(&to->image, &c, &s, &noise);
	return 0;
}
