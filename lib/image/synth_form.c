/* SPDX-License-Identifier: MIT */
#include "image/synth_form.h"

#include <math.h>

#define PERIOD 0.68f		/* of stripes; other textures follow it */

float
form_cover(float distance, float width)
{
	const float share = 0.5f - distance / width;

	return share < 0 ? 0 : share > 1 ? 1 : share;
}

static float
length(float x, float y)
{
	return sqrtf(x * x + y * y);
}

static float
disc(struct point p)
{
	return length(p.x, p.y) - 0.86f;
}

static float
ring(struct point p)
{
	return fabsf(length(p.x, p.y) - 0.68f) - 0.27f;
}

/* A rectangle of half-sides a, b about the origin. */
static float
box(struct point p, float a, float b)
{
	const float x = fabsf(p.x) - a, y = fabsf(p.y) - b;
	const float outside = length(x > 0 ? x : 0, y > 0 ? y : 0);
	const float inside = x > y ? x : y;

	return outside + (inside < 0 ? inside : 0);
}

static float
square(struct point p)
{
	return box(p, 0.76f, 0.76f);
}

static float
cross(struct point p)
{
	const float lying = box(p, 0.98f, 0.36f);
	const float standing = box(p, 0.36f, 0.98f);

	return lying < standing ? lying : standing;
}

/* The larger of the distances to its sides: exact but beyond the corners. */
static float
triangle(struct point p)
{
	const float side = 0.8660254f * fabsf(p.x) + 0.5f * p.y;

	return (side > -p.y ? side : -p.y) - 0.56f;
}

/* Five points: folded into one half of one point, the edge is a line from
 * the tip (0,1) to the notch at radius 0.45. */
static float
star(struct point p)
{
	const float fifth = 1.2566371f, notch = 0.45f;
	const float angle = atan2f(p.x, p.y);
	const float turn = angle - fifth * roundf(angle / fifth);
	const float r = length(p.x, p.y);
	const float x = r * fabsf(sinf(turn)), y = r * cosf(turn);
	const float edge_x = notch * sinf(fifth / 2);
	const float edge_y = notch * cosf(fifth / 2) - 1;

	return (-x * edge_y + (y - 1) * edge_x) / length(edge_x, edge_y);
}

static float
plain(struct point p, float width)
{
	(void)p;
	(void)width;
	return 0;
}

/* A wave of period `period`: 1 for half of it, 0 for the other. */
static float
wave(float x, float period, float width)
{
	const float phase = x / period - floorf(x / period);

	return form_cover((fabsf(phase - 0.5f) - 0.25f) * period, width);
}

static float
stripes(struct point p, float width)
{
	return wave(p.x, PERIOD, width);
}

static float
checks(struct point p, float width)
{
	const float a = wave(p.x, PERIOD * 1.25f, width);
	const float b = wave(p.y, PERIOD * 1.25f, width);

	return a + b - 2 * a * b;
}

static float
dots(struct point p, float width)
{
	const float step = PERIOD * 0.95f;
	const float row = floorf(p.y / step);
	const float x = p.x / step + (fmodf(row, 2) != 0 ? 0.5f : 0);
	const float from_x = (x - floorf(x) - 0.5f) * step;
	const float from_y = p.y - (row + 0.5f) * step;

	return form_cover(length(from_x, from_y) - step * 0.33f, width);
}

/* Zigzag lines. */
static float
waves(struct point p, float width)
{
	const float period = PERIOD * 1.5f;
	const float phase = p.x / period - floorf(p.x / period);

	return wave(p.y + 1.6f * period * fabsf(phase - 0.5f), PERIOD * 1.1f,
	    width * 1.8f);
}

const struct form_shape form_shapes[FORM_SHAPES] = {
	{ "disc", disc },
	{ "square", square },
	{ "triangle", triangle },
	{ "star", star },
	{ "ring", ring },
	{ "cross", cross },
};

const struct form_texture form_textures[FORM_TEXTURES] = {
	{ "plain", plain },
	{ "stripes", stripes },
	{ "checks", checks },
	{ "dots", dots },
	{ "waves", waves },
};
