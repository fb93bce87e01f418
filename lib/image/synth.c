/* SPDX-License-Identifier: MIT */
#include "image/synth.h"

#include <math.h>

#include "base/num.h"
#include "base/rng.h"
#include "image/synth_scene.h"

static struct color
mix(struct color a, struct color b, float share)
{
	return (struct color){ a.r + (b.r - a.r) * share,
		a.g + (b.g - a.g) * share, a.b + (b.b - a.b) * share };
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

/* A field's height at 0..SCENE_LATTICE-1 both ways, smooth between knots. */
static float
field_at(const float field[SCENE_LATTICE][SCENE_LATTICE], float x, float y)
{
	const int i = (int)x, j = (int)y;
	const float u = x - (float)i, v = y - (float)j;
	const float a = u * u * (3 - 2 * u), b = v * v * (3 - 2 * v);
	const float *row = field[j] + i, *next = field[j + 1] + i;
	const float above = row[0] + (row[1] - row[0]) * a;
	const float below = next[0] + (next[1] - next[0]) * a;

	return above + (below - above) * b;
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

/* Lets the light fall on row i, and adds up what comes back. */
static void
lighten_row(const struct canvas *c, const struct scene *s, int i,
    double sum[3])
{
	const float knots = 0.4999f * (SCENE_LATTICE - 1);
	const float y = place(c, i), v = (y + 1) * knots;
	struct color *row = c->at + (size_t)i * (size_t)c->size;

	for (int j = 0; j < c->size; j++) {
		const float x = place(c, j), u = (x + 1) * knots;
		const float light = 1 + x * s->fall.x + y * s->fall.y;

		row[j].r *= light * (1 + field_at(s->tint[0], u, v));
		row[j].g *= light * (1 + field_at(s->tint[1], u, v));
		row[j].b *= light * (1 + field_at(s->tint[2], u, v));
		sum[0] += (double)row[j].r;
		sum[1] += (double)row[j].g;
		sum[2] += (double)row[j].b;
	}
}

/* As a camera does, light and colour are balanced over the picture: every
 * channel has the same mean. */
static void
lighten(const struct canvas *c, const struct scene *s)
{
	const size_t n = (size_t)c->size * (size_t)c->size;
	double sum[3] = { 0 };
	struct color scale;

	for (int i = 0; i < c->size; i++)
		lighten_row(c, s, i, sum);
	scale.r = (float)(s->exposure * (double)n / sum[0]);
	scale.g = (float)(s->exposure * (double)n / sum[1]);
	scale.b = (float)(s->exposure * (double)n / sum[2]);
	for (size_t i = 0; i < n; i++) {
		c->at[i].r *= scale.r;
		c->at[i].g *= scale.g;
		c->at[i].b *= scale.b;
	}
}

static unsigned char
to_byte(float light)
{
	const float level = light * 255 + 0.5f;

	return level <= 0 ? 0 : level >= 255 ? 255 : (unsigned char)level;
}

/* Noise, and 8 bits. */
static void
develop(const struct image *to, const struct canvas *c,
    const struct scene *s, struct rng *r)
{
	for (int i = 0; i < c->size; i++) {
		unsigned char *p = to->data + (size_t)i * to->stride;
		const struct color *row = c->at + (size_t)i * (size_t)c->size;

		for (int j = 0; j < c->size; j++, p += 3) {
			const uint32_t bits = rng_u32(r);
			const float speck = s->noise * ((float)(bits & 255) +
			    (float)(bits >> 8 & 255) +
			    (float)(bits >> 16 & 255) +
			    (float)(bits >> 24) - 510) / 148;
			p[0] = to_byte(row[j].r + speck);
			p[1] = to_byte(row[j].g + speck);
			p[2] = to_byte(row[j].b + speck);
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
	scene_draw(&s, what);
	for (size_t i = 0; i < (size_t)size * (size_t)size; i++)
		c.at[i] = s.ground;
	for (int i = 0; i < s.behind; i++)
		paint_item(&c, &s.items[i], NULL);
	paint_item(&c, &s.object, &s);
	for (int i = s.behind; i < s.n_items; i++)
		paint_item(&c, &s.items[i], NULL);
	lighten(&c, &s);
	develop(&to->image, &c, &s, &noise);
	return 0;
}
