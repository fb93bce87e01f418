/* SPDX-License-Identifier: MIT */
#include "image/blur.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/num.h"
#include "image/clones.h"

void
blur_room_free(struct blur_room *r)
{
	buf_free(&r->rows);
}

/* In float all along, as torchvision makes them. */
static void
gauss_taps(float *weights, double sigma, int taps)
{
	float sum = 0;

	for (int i = 0; i < taps; i++) {
		const float d = (float)((i - taps / 2) / sigma);

		weights[i] = expf(-0.5f * d * d);
		sum += weights[i];
	}
	for (int i = 0; i < taps; i++)
		weights[i] /= sum;
}

/* Where place i of n is read from, or -1 for nothing there. */
static int
border_place(int i, int n, enum blur_border border)
{
	if (i >= 0 && i < n)
		return i;
	if (border == BLUR_ZERO)
		return -1;
	return i < 0 ? -i : 2 * (n - 1) - i;
}

/* to [n] = sum over taps of w[t] from[t step .. + n]. */
CLONES static void
weigh(float *restrict to, const float *restrict from, size_t step,
    const float *restrict w, int taps, size_t n)
{
	enum { RUN = 64 };
	size_t i = 0;

	for (; i + RUN <= n; i += RUN) {
		float sum[RUN] = { 0 };

		for (int t = 0; t < taps; t++) {
			const float *p = from + (size_t)t * step + i;
			const float weight = w[t];

			for (int j = 0; j < RUN; j++)
				sum[j] += weight * p[j];
		}
		memcpy(to + i, sum, sizeof(sum));
	}
	for (; i < n; i++) {
		float sum = 0;

		for (int t = 0; t < taps; t++)
			sum += w[t] * from[(size_t)t * step + i];
		to[i] = sum;
	}
}

/* Room for a padded row and for height + taps - 1 blurred rows. */
struct plan {
	float *row;		/* [(width + taps - 1) channels] */
	float *rows;		/* [height + taps - 1][width channels] */
	size_t n;		/* width channels */
	int half;
};

static int
make_plan(struct plan *p, struct blur_room *room, int height, int width,
    int channels, int taps, enum blur_border border)
{
	size_t all, bytes;

	p->half = taps / 2;
	p->n = (size_t)width * (size_t)channels;
	if (border == BLUR_REFLECT && (p->half >= height || p->half >= width))
		return fail(FAIL_USAGE, "blur with %d taps needs more than "
		    "%d px, the picture is %d x %d", taps, p->half, width,
		    height);
	room->rows.size = 0;
	if (num_mul(p->n + (size_t)(2 * p->half * channels), 1, &all) < 0
	    || num_mul((size_t)(height + 2 * p->half), p->n, &bytes) < 0
	    || num_add(all, bytes, &all) < 0
	    || num_mul(all, sizeof(float), &bytes) < 0
	    || buf_reserve(&room->rows, bytes) < 0)
		return fail_last();
	p->row = (float *)(void *)room->rows.data;
	p->rows = p->row + p->n + (size_t)(2 * p->half * channels);
	return 0;
}

/* Fills what lies beside the picture's width in the padded row. */
static void
pad_row(const struct plan *p, int width, int channels,
    enum blur_border border)
{
	for (int i = 0; i < 2 * p->half; i++) {
		const int x = i < p->half ? i - p->half : width + i - p->half;
		const int from = border_place(x, width, border);
		float *to = p->row + (size_t)(x + p->half) * (size_t)channels;

		for (int c = 0; c < channels; c++)
			to[c] = from < 0 ? 0 : p->row[(size_t)(from + p->half)
			    * (size_t)channels + (size_t)c];
	}
}

/* Copies blurred rows to above and below the picture. */
static void
pad_rows(const struct plan *p, int height, enum blur_border border)
{
	for (int i = 0; i < 2 * p->half; i++) {
		const int y = i < p->half ? i - p->half : height + i - p->half;
		const int from = border_place(y, height, border);
		float *to = p->rows + (size_t)(y + p->half) * p->n;

		if (from < 0)
			memset(to, 0, p->n * sizeof(*to));
		else
			memcpy(to, p->rows + (size_t)(from + p->half) * p->n,
			    p->n * sizeof(*to));
	}
}

static void
blur_row(const struct plan *p, const float *weights, int y, int width,
    int channels, int taps, enum blur_border border)
{
	pad_row(p, width, channels, border);
	weigh(p->rows + (size_t)(y + p->half) * p->n, p->row,
	    (size_t)channels, weights, taps, p->n);
}

CLONES static void
to_floats(float *restrict to, const unsigned char *restrict from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = from[i];
}

/* Half to even, as torch rounds. */
CLONES static void
to_bytes(unsigned char *restrict to, const float *restrict from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const float v = from[i] < 0 ? 0 : from[i] > 255 ? 255
		    : from[i];
		/* Beyond 2^23 floats are whole: adding rounds. */
		const float whole = v + 8388608.0f - 8388608.0f;

		to[i] = (unsigned char)(int)whole;
	}
}

int
blur_gauss(const struct image *m, double sigma, int taps,
    enum blur_border border, struct blur_room *room)
{
	const int channels = m->channels;
	float weights[BLUR_TAPS];
	struct plan p;

	if (make_plan(&p, room, m->height, m->width, channels, taps,
	    border) < 0)
		return fail_last();
	gauss_taps(weights, sigma, taps);
	for (int y = 0; y < m->height; y++) {
		to_floats(p.row + p.half * channels, m->data + (size_t)y
		    * m->stride, p.n);
		blur_row(&p, weights, y, m->width, channels, taps, border);
	}
	pad_rows(&p, m->height, border);
	for (int y = 0; y < m->height; y++) {
		weigh(p.row, p.rows + (size_t)y * p.n, p.n, weights, taps,
		    p.n);
		to_bytes(m->data + (size_t)y * m->stride, p.row, p.n);
	}
	return 0;
}

int
blur_gauss_floats(float *x, int height, int width, int channels, double sigma,
    int taps, enum blur_border border, struct blur_room *room)
{
	float weights[BLUR_TAPS];
	struct plan p;

	if (make_plan(&p, room, height, width, channels, taps, border) < 0)
		return fail_last();
	gauss_taps(weights, sigma, taps);
	for (int y = 0; y < height; y++) {
		memcpy(p.row + p.half * channels, x + (size_t)y * p.n,
		    p.n * sizeof(*x));
		blur_row(&p, weights, y, width, channels, taps, border);
	}
	pad_rows(&p, height, border);
	for (int y = 0; y < height; y++)
		weigh(x + (size_t)y * p.n, p.rows + (size_t)y * p.n, p.n,
		    weights, taps, p.n);
	return 0;
}
