/* SPDX-License-Identifier: MIT */
#include "image/fit.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/num.h"

#define BITS 22		/* of a weight's fraction */

/* Which inputs make one output, and how much each weighs. */
struct taps {
	int n_out, first, most;		/* outputs; widest range of inputs */
	int *from, *count;		/* by output */
	int32_t *weights;		/* [n_out, most] */
};

/* A resize of `in` px to `out` px of which `n` from `first` on are wanted. */
struct span {
	int in, out, first, n;
};

static int
widest(const struct span *s)
{
	const double scale = (double)s->in / s->out;

	return (int)ceil(scale > 1 ? scale : 1) * 2 + 1;
}

/* Weights of the triangle filter, normalised, to 22 bits. */
static int
weigh(int32_t *to, double *raw, double centre, double stretch, int from,
    int count)
{
	double sum = 0;

	for (int i = 0; i < count; i++) {
		const double t = fabs((i + from - centre + 0.5) *
		    (1.0 / stretch));

		raw[i] = t < 1 ? 1 - t : 0;
		sum += raw[i];
	}
	for (int i = 0; i < count; i++) {
		if (sum != 0)
			raw[i] /= sum;
		to[i] = (int32_t)(0.5 + raw[i] * (1 << BITS));
	}
	return count;
}

static int
taps_make(struct taps *t, const struct span *s, struct buf *room)
{
	const double scale = (double)s->in / s->out;
	const double stretch = scale > 1 ? scale : 1;
	const size_t n = (size_t)s->n, most = (size_t)widest(s);
	size_t bytes;
	double *raw;

	if (num_mul(n, most * sizeof(*t->weights) + 2 * sizeof(int),
	    &bytes) < 0)
		return fail_last();
	room->size = 0;
	if (buf_reserve(room, bytes + most * sizeof(double)) < 0)
		return fail_last();
	raw = (double *)(void *)room->data;
	t->weights = (int32_t *)(void *)(raw + most);
	t->from = t->weights + n * most;
	t->count = t->from + n;
	t->n_out = s->n;
	t->most = (int)most;
	for (int i = 0; i < s->n; i++) {
		const double centre = (s->first + i + 0.5) * scale;
		int low = (int)(centre - stretch + 0.5);
		int high = (int)(centre + stretch + 0.5);

		low = low < 0 ? 0 : low;
		high = high > s->in ? s->in : high;
		t->from[i] = low;
		t->count[i] = weigh(t->weights + (size_t)i * most, raw, centre,
		    stretch, low, high - low);
	}
	return 0;
}

/* Weights are not negative and sum to 2^22 but for rounding. */
static unsigned char
rounded(int32_t sum)
{
	sum >>= BITS;
	return (unsigned char)(sum > 255 ? 255 : sum);
}

static void
row_across_rgb(unsigned char *to, const unsigned char *row,
    const struct taps *t)
{
	for (int x = 0; x < t->n_out; x++, to += 3) {
		const int32_t *w = t->weights + (size_t)x * (size_t)t->most;
		const unsigned char *in = row + 3 * (size_t)t->from[x];
		int32_t a = 1 << (BITS - 1), b = a, c = a;

		for (int k = 0; k < t->count[x]; k++, in += 3) {
			a += w[k] * in[0];
			b += w[k] * in[1];
			c += w[k] * in[2];
		}
		to[0] = rounded(a);
		to[1] = rounded(b);
		to[2] = rounded(c);
	}
}

static void
row_across(unsigned char *to, const unsigned char *row, const struct taps *t,
    int channels)
{
	for (int x = 0; x < t->n_out; x++) {
		const int32_t *w = t->weights + (size_t)x * (size_t)t->most;

		for (int c = 0; c < channels; c++) {
			const unsigned char *in = row + c +
			    (size_t)t->from[x] * (size_t)channels;
			int32_t sum = 1 << (BITS - 1);

			for (int k = 0; k < t->count[x]; k++)
				sum += w[k] * in[(size_t)k * (size_t)channels];
			*to++ = rounded(sum);
		}
	}
}

/* Rows first … first + between.height - 1 of `from`, resized across. */
static int
resize_across(struct fit *f, const struct image *from, const struct span *s,
    int first, int rows)
{
	struct taps t;
	struct image *to = &f->between.image;

	if (picture_resize(&f->between, rows, s->n, from->channels) < 0)
		return fail_last();
	if (s->in == s->out) {
		const struct image part = image_crop(from, s->first, first,
		    s->n, rows);

		image_copy(to, &part);
		return 0;
	}
	if (taps_make(&t, s, &f->taps) < 0)
		return fail_last();
	for (int y = 0; y < rows; y++) {
		const unsigned char *row = from->data +
		    (size_t)(first + y) * from->stride;
		unsigned char *out = to->data + (size_t)y * to->stride;

		if (from->channels == 3)
			row_across_rgb(out, row, &t);
		else
			row_across(out, row, &t, from->channels);
	}
	return 0;
}

#define STRIP 256	/* bytes summed at a time, in registers and cache */

/* One output row from the rows above each other. */
static void
row_down(unsigned char *to, const unsigned char *rows, size_t stride,
    size_t size, const int32_t *w, int count)
{
	for (size_t at = 0; at < size; at += STRIP) {
		const size_t n = size - at < STRIP ? size - at : STRIP;
		int32_t sums[STRIP];

		for (size_t x = 0; x < n; x++)
			sums[x] = 1 << (BITS - 1);
		for (int k = 0; k < count; k++) {
			const unsigned char *in = rows + (size_t)k * stride +
			    at;

			for (size_t x = 0; x < n; x++)
				sums[x] += w[k] * in[x];
		}
		for (size_t x = 0; x < n; x++)
			to[at + x] = rounded(sums[x]);
	}
}

/* Rows that the wanted outputs look at. */
static void
rows_needed(const struct span *s, int *first, int *n)
{
	const double scale = (double)s->in / s->out;
	const double stretch = scale > 1 ? scale : 1;
	int low = (int)((s->first + 0.5) * scale - stretch + 0.5);
	int high = (int)((s->first + s->n - 0.5) * scale + stretch + 0.5);

	if (s->in == s->out) {
		low = s->first;
		high = s->first + s->n;
	}
	*first = low < 0 ? 0 : low;
	*n = (high > s->in ? s->in : high) - *first;
}

static int
resize_down(struct fit *f, const struct image *to, const struct span *s,
    int first)
{
	const struct image *from = &f->between.image;
	struct taps t;

	if (s->in == s->out) {
		image_copy(to, from);
		return 0;
	}
	if (taps_make(&t, s, &f->taps) < 0)
		return fail_last();
	for (int y = 0; y < s->n; y++)
		row_down(to->data + (size_t)y * to->stride,
		    from->data + (size_t)(t.from[y] - first) * from->stride,
		    from->stride, from->stride,
		    t.weights + (size_t)y * (size_t)t.most, t.count[y]);
	return 0;
}

/* round(x / 2), half to even, as Python rounds. */
static int
half(int x)
{
	return x / 2 + (x % 4 == 3);
}

int
fit_square(struct fit *f, const struct image *to, const struct image *from)
{
	const int n = to->height;
	const int64_t h = from->height, w = from->width;
	const int64_t height = h <= w ? n : n * h / w;
	const int64_t width = h <= w ? n * w / h : n;
	struct span across = { .in = from->width, .n = n };
	struct span down = { .in = from->height, .n = n };
	int first, rows;

	assert(to->width == n && to->channels == from->channels);
	if (height > INT32_MAX || width > INT32_MAX)
		return fail(FAIL_LIMIT, "%dx%d px is too long and thin",
		    from->width, from->height);
	across.out = (int)width;
	across.first = half((int)width - n);
	down.out = (int)height;
	down.first = half((int)height - n);
	rows_needed(&down, &first, &rows);
	if (resize_across(f, from, &across, first, rows) < 0)
		return fail_last();
	return resize_down(f, to, &down, first);
}

void
fit_free(struct fit *f)
{
	picture_free(&f->between);
	buf_free(&f->taps);
}
