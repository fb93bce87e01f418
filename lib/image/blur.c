/* SPDX-License-Identifier: MIT */
#include "image/blur.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/num.h"
#include "base/clones.h"

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

/* How many of the taps count: those beyond weigh less than half a float's
 * last bit.  The middle one is weights[taps / 2] before and after. */
static int
useful(float *weights, int taps)
{
	int cut = 0;

	while (cut < taps / 2 && weights[cut] < 0x1p-26f)
		cut++;
	memmove(weights, weights + cut, (size_t)(taps - 2 * cut)
	    * sizeof(*weights));
	return taps - 2 * cut;
}

/* to [n] = sum over taps of w[t] from[t step .. + n], n numbers; taps are odd
 * and w the same from either end. */
#define WEIGH(name, n) \
	static inline __attribute__((always_inline)) void \
	name(float *restrict to, const float *restrict from, size_t step, \
	    const float *restrict w, int taps) \
	{ \
		const size_t last = (size_t)(taps - 1); \
		const float *middle = from + last / 2 * step; \
		float sum[n]; \
		for (int j = 0; j < n; j++) \
			sum[j] = w[taps / 2] * middle[j]; \
		for (size_t t = 0; t < last / 2; t++) { \
			const float *a = from + t * step; \
			const float *b = from + (last - t) * step; \
			for (int j = 0; j < n; j++) \
				sum[j] += w[t] * (a[j] + b[j]); \
		} \
		memcpy(to, sum, sizeof(sum)); \
	}

WEIGH(weigh_64, 64)
WEIGH(weigh_16, 16)
WEIGH(weigh_1, 1)

/* The last sixteen overlap those before where n is no multiple. */
CLONES static void
weigh(float *restrict to, const float *restrict from, size_t step,
    const float *restrict w, int taps, size_t n)
{
	size_t i = 0;

	for (; i + 64 <= n; i += 64)
		weigh_64(to + i, from + i, step, w, taps);
	for (; i + 16 <= n; i += 16)
		weigh_16(to + i, from + i, step, w, taps);
	if (i < n && n >= 16)
		weigh_16(to + n - 16, from + n - 16, step, w, taps);
	for (; i < n && n < 16; i++)
		weigh_1(to + i, from + i, step, w, taps);
}

/* Room for a padded row and for height + taps - 1 blurred rows. */
struct plan {
	float *row;		/* [(width + taps - 1) channels] */
	float *rows;		/* [height + taps - 1][width channels] */
	size_t n;		/* width channels */
	int half;
};

static int
check(int height, int width, int taps, enum blur_border border)
{
	const int half = taps / 2;

	return border != BLUR_REFLECT || (half < height && half < width) ? 0
	    : fail(FAIL_USAGE, "blur with %d taps needs more than %d px, the "
	    "picture is %d x %d", taps, half, width, height);
}

static int
make_plan(struct plan *p, struct blur_room *room, int height, int width,
    int channels, int taps)
{
	size_t all, bytes;

	p->half = taps / 2;
	p->n = (size_t)width * (size_t)channels;
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

	if (check(m->height, m->width, taps, border) < 0)
		return fail_last();
	gauss_taps(weights, sigma, taps);
	taps = useful(weights, taps);
	if (make_plan(&p, room, m->height, m->width, channels, taps) < 0)
		return fail_last();
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

	if (check(height, width, taps, border) < 0)
		return fail_last();
	gauss_taps(weights, sigma, taps);
	taps = useful(weights, taps);
	if (make_plan(&p, room, height, width, channels, taps) < 0)
		return fail_last();
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
