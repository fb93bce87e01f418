/* SPDX-License-Identifier: MIT */
/* pooling: the largest of a window, the mean of a picture. */
#include <math.h>

#include "kernel/cpu.h"

struct pooling {
	float *y;
	uint8_t *which;
	const float *x;
	const uint8_t *winner;
	const struct conv *s;
	size_t area, c;
};

/* One output pixel: y, which [c] over the window at (oh, ow) of x [h,w,c]. */
static void
largest(const struct pooling *p, size_t picture, int oh, int ow, float *y,
    uint8_t *which)
{
	const struct conv *s = p->s;

	for (size_t i = 0; i < p->c; i++) {
		y[i] = -INFINITY;
		which[i] = 0;
	}
	for (int place = 0; place < s->size * s->size; place++) {
		const int h = oh * s->stride - s->pad + place / s->size;
		const int w = ow * s->stride - s->pad + place % s->size;
		const float *x;

		if (h < 0 || h >= s->h || w < 0 || w >= s->w)
			continue;
		x = p->x + ((picture * (size_t)s->h + (size_t)h) * (size_t)s->w
		    + (size_t)w) * p->c;
		for (size_t i = 0; i < p->c; i++) {
			const bool more = x[i] > y[i] || isnan(x[i]);

			which[i] = more ? (uint8_t)place : which[i];
			y[i] = more ? x[i] : y[i];
		}
	}
}

static void
maxpool_picture(void *arg, size_t first, size_t end, int worker)
{
	const struct pooling *p = arg;
	const int rows = conv_extent(p->s, p->s->h);
	const int columns = conv_extent(p->s, p->s->w);
	size_t at = first * (size_t)rows * (size_t)columns * p->c;

	(void)worker;
	for (size_t n = first; n < end; n++)
		for (int h = 0; h < rows; h++)
			for (int w = 0; w < columns; w++, at += p->c)
				largest(p, n, h, w, p->y + at, p->which + at);
}

void
kernel_maxpool_forward(struct kernel *k, float *y, uint8_t *which,
    const float *x, const struct conv *s)
{
	struct pooling p = { .y = y, .which = which, .x = x, .s = s,
		.c = (size_t)s->c };

	cpu_pieces(k, (size_t)s->n, 1, maxpool_picture, &p);
}

static void
maxpool_back_picture(void *arg, size_t first, size_t end, int worker)
{
	const struct pooling *p = arg;
	const struct conv *s = p->s;
	const int rows = conv_extent(s, s->h), columns = conv_extent(s, s->w);
	const size_t picture = (size_t)s->h * (size_t)s->w * p->c;
	size_t at = first * (size_t)rows * (size_t)columns * p->c;

	(void)worker;
	for (size_t n = first; n < end; n++) {
		float *dx = p->y + n * picture;

		for (size_t i = 0; i < picture; i++)
			dx[i] = 0;
		for (int o = 0; o < rows * columns; o++)
			for (size_t i = 0; i < p->c; i++, at++) {
				const int place = p->winner[at];
				const int h = o / columns * s->stride - s->pad
				    + place / s->size;
				const int w = o % columns * s->stride - s->pad
				    + place % s->size;

				dx[((size_t)h * (size_t)s->w + (size_t)w)
				    * p->c + i] += p->x[at];
			}
	}
}

void
kernel_maxpool_backward(struct kernel *k, float *dx, const float *dy,
    const uint8_t *which, const struct conv *s)
{
	struct pooling p = { .y = dx, .x = dy, .winner = which, .s = s,
		.c = (size_t)s->c };

	cpu_pieces(k, (size_t)s->n, 1, maxpool_back_picture, &p);
}

static void
meanpool_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct pooling *p = arg;
	const float share = 1 / (float)p->area;

	(void)worker;
	for (size_t n = first; n < end; n++) {
		const float *x = p->x + n * p->area * p->c;
		float *y = p->y + n * p->c;

		for (size_t i = 0; i < p->c; i++)
			y[i] = 0;
		for (size_t a = 0; a < p->area; a++, x += p->c)
			for (size_t i = 0; i < p->c; i++)
				y[i] += x[i];
		for (size_t i = 0; i < p->c; i++)
			y[i] *= share;
	}
}

void
kernel_meanpool_forward(struct kernel *k, float *y, const float *x, size_t n,
    size_t area, int c)
{
	struct pooling p = { .y = y, .x = x, .area = area, .c = (size_t)c };

	cpu_pieces(k, n, 1, meanpool_piece, &p);
}

static void
meanpool_back_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct pooling *p = arg;
	const float share = 1 / (float)p->area;

	(void)worker;
	for (size_t n = first; n < end; n++) {
		const float *dy = p->x + n * p->c;
		float *dx = p->y + n * p->area * p->c;

		for (size_t a = 0; a < p->area; a++, dx += p->c)
			for (size_t i = 0; i < p->c; i++)
				dx[i] = share * dy[i];
	}
}

void
kernel_meanpool_backward(struct kernel *k, float *dx, const float *dy,
    size_t n, size_t area, int c)
{
	struct pooling p = { .y = dx, .x = dy, .area = area, .c = (size_t)c };

	cpu_pieces(k, n, 1, meanpool_back_piece, &p);
}
