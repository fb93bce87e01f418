/* SPDX-License-Identifier: MIT */
#include "image/resize.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/num.h"
#include "base/clones.h"
#include "image/lanes.h"

#define WEIGHT_BITS 22

/* The source pixels that one result pixel is made of. */
struct window {
	int first, n;
};

/* Windows and weights of one axis: weights [out][most]. */
struct axis {
	const struct window *windows;
	const int32_t *weights;
	size_t most;
};

void
resize_room_free(struct resize_room *r)
{
	buf_free(&r->weights);
	buf_free(&r->columns);
	buf_free(&r->between);
}

static double
bilinear(double t)
{
	t = fabs(t);
	return t < 1 ? 1 - t : 0;
}

/* Keys' cubic with a = -1/2. */
static double
bicubic(double t)
{
	const double a = -0.5;

	t = fabs(t);
	if (t < 1)
		return ((a + 2) * t - (a + 3)) * t * t + 1;
	if (t < 2)
		return (((t - 5) * t + 8) * t - 4) * a;
	return 0;
}

static int32_t
fixed(double weight)
{
	const double scaled = weight * (1 << WEIGHT_BITS);

	return (int32_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

/* A resize of `length` px from `start` on to `out` px; `n` results are wanted,
 * from `first` on. */
struct span {
	double start, length;
	int out, first, n;
};

static struct span
whole_span(int in, int out, int first, int n)
{
	return (struct span){ 0, in, out, first, n };
}

/* Nothing but a shift: pixels stay as they are. */
static bool
is_same(const struct span *s)
{
	return s->length == s->out && s->start == (int)s->start;
}

/* How far the filter reaches to either side, in source pixels. */
static double
reach(const struct span *s, enum resize_filter filter)
{
	const double scale = s->length / s->out;

	return (filter == RESIZE_BICUBIC ? 2 : 1) * (scale > 1 ? scale : 1);
}

/* The source pixels under result pixel `at`. */
static struct window
window_at(const struct span *s, int at, enum resize_filter filter)
{
	const double support = reach(s, filter);
	const double centre = s->start + (at + 0.5) * (s->length / s->out);
	const double low = centre - support + 0.5;
	const double high = centre + support + 0.5;
	const int least = (int)s->start;
	const int end = (int)ceil(s->start + s->length);
	const int first = low < least ? least : (int)low;

	return (struct window){ first, (high > end ? end : (int)high) - first };
}

/* The weights of window w for result pixel `at`, normalised to sum 1; raw
 * [w.n] is room. */
static void
weigh(int32_t *weights, double *raw, const struct span *s, int at,
    struct window w, double (*filter)(double))
{
	const double scale = s->length / s->out;
	const double narrow = 1 / (scale > 1 ? scale : 1);
	const double centre = s->start + (at + 0.5) * scale;
	double sum = 0;

	for (int i = 0; i < w.n; i++) {
		raw[i] = filter((i + w.first - centre + 0.5) * narrow);
		sum += raw[i];
	}
	for (int i = 0; i < w.n; i++)
		weights[i] = fixed(sum != 0 ? raw[i] / sum : raw[i]);
}

/* One block of memory: a pixel's weights before rounding, windows, weights. */
static int
make_axis(struct axis *a, struct resize_room *room, const struct span *s,
    enum resize_filter filter)
{
	const size_t n = (size_t)s->n;
	const size_t most = 2 * (size_t)ceil(reach(s, filter)) + 1;
	struct window *windows;
	int32_t *weights;
	double *raw;
	size_t bytes;

	room->weights.size = 0;
	if (num_mul(most * sizeof(*weights) + sizeof(*windows), n, &bytes) < 0
	    || num_add(bytes, most * sizeof(*raw), &bytes) < 0
	    || buf_reserve(&room->weights, bytes) < 0)
		return fail_last();
	raw = (double *)(void *)room->weights.data;
	windows = (struct window *)(void *)(raw + most);
	weights = (int32_t *)(void *)(windows + n);
	for (size_t i = 0; i < n; i++) {
		const int at = s->first + (int)i;

		windows[i] = window_at(s, at, filter);
		weigh(weights + i * most, raw, s, at, windows[i],
		    filter == RESIZE_BICUBIC ? bicubic : bilinear);
	}
	*a = (struct axis){ windows, weights, most };
	return 0;
}

/* Sixteen sums over n numbers each, `step` bytes apart. */
LANES_PART void
blend(uint8_t *to, const uint8_t *from, size_t step, const int32_t *weights,
    int n)
{
	lanes_i32 sum = { 0 }, x;

	sum += 1 << (WEIGHT_BITS - 1);
	for (int i = 0; i < n; i++) {
		lanes_load(&x, from + (size_t)i * step);
		sum += x * weights[i];
	}
	sum >>= WEIGHT_BITS;
	lanes_store(to, &sum);
}

/* Sixteen rows across at once: from [.][channels][16], which begins at source
 * pixel `left`, to [width][channels][16]. */
CLONES static void
across(uint8_t *restrict to, const uint8_t *restrict from, int left,
    const struct axis *a, int width, size_t channels)
{
	const size_t pixel = channels * LANES;

	for (int x = 0; x < width; x++) {
		const struct window w = a->windows[x];
		const int32_t *weights = a->weights + (size_t)x * a->most;
		const uint8_t *p = from + (size_t)(w.first - left) * pixel;

		for (size_t c = 0; c < channels; c++, to += LANES)
			blend(to, p + c * LANES, pixel, weights, w.n);
	}
}

/* One row down: n bytes, each the weighted sum of a column's.  The last
 * sixteen overlap those before where n is no multiple. */
CLONES static void
down(uint8_t *restrict to, const uint8_t *restrict from, size_t stride,
    const int32_t *restrict weights, int n_rows, size_t n)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		blend(to + i, from + i, stride, weights, n_rows);
	if (i < n && n >= LANES) {
		i = n - LANES;
		blend(to + i, from + i, stride, weights, n_rows);
		return;
	}
	for (; i < n; i++) {
		int32_t sum = 1 << (WEIGHT_BITS - 1);

		for (int row = 0; row < n_rows; row++)
			sum += weights[row] * from[(size_t)row * stride + i];
		sum >>= WEIGHT_BITS;
		to[i] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
	}
}

/* The rows of `from`, sixteen at a time, by axis a; `to` is as high. */
static int
blend_across(const struct image *to, const struct image *from,
    const struct axis *a, struct resize_room *room)
{
	const struct window last = a->windows[to->width - 1];
	const int left = a->windows[0].first;
	const size_t channels = (size_t)from->channels;
	const size_t n = (size_t)(last.first + last.n - left) * channels;
	const size_t n_to = (size_t)to->width * channels;
	uint8_t *before, *after;

	room->columns.size = 0;
	if (buf_reserve(&room->columns, lanes_columns_bytes(n)
	    + lanes_columns_bytes(n_to)) < 0)
		return fail_last();
	before = room->columns.data;
	after = before + lanes_columns_bytes(n);
	for (int y = 0; y < from->height; y += LANES) {
		const int n_rows = from->height - y < LANES
		    ? from->height - y : LANES;

		lanes_turn_rows(before, from->data + (size_t)y * from->stride
		    + (size_t)left * channels, from->stride, n, n_rows);
		across(after, before, left, a, to->width, channels);
		lanes_turn_columns(to->data + (size_t)y * to->stride, to->stride,
		    after, n_to, n_rows);
	}
	return 0;
}

/* `to` becomes the wanted columns of `from`, in the room. */
static int
resize_across(struct image *to, const struct image *from,
    const struct span *s, enum resize_filter filter, struct resize_room *room)
{
	const size_t stride = (size_t)s->n * (size_t)from->channels;
	struct axis a;
	size_t bytes;

	room->between.size = 0;
	if (make_axis(&a, room, s, filter) < 0
	    || num_mul(stride, (size_t)from->height, &bytes) < 0
	    || buf_reserve(&room->between, bytes) < 0)
		return fail_last();
	*to = (struct image){ room->between.data, from->height, s->n,
		from->channels, stride };
	return blend_across(to, from, &a, room);
}

/* The wanted rows of a picture of which `from` holds row `top` and on. */
static int
resize_down(const struct image *to, const struct image *from, int top,
    const struct span *s, enum resize_filter filter, struct resize_room *room)
{
	const size_t n = (size_t)to->width * (size_t)to->channels;
	struct axis a;

	if (make_axis(&a, room, s, filter) < 0)
		return fail_last();
	for (int y = 0; y < to->height; y++) {
		const struct window w = a.windows[y];

		down(to->data + (size_t)y * to->stride, from->data
		    + (size_t)(w.first - top) * from->stride, from->stride,
		    a.weights + (size_t)y * a.most, w.n, n);
	}
	return 0;
}

/* The source rows that the wanted rows are made of. */
static struct window
rows_under(const struct span *s, enum resize_filter filter)
{
	struct window first, last;

	if (is_same(s))
		return (struct window){ (int)s->start + s->first, s->n };
	first = window_at(s, s->first, filter);
	last = window_at(s, s->first + s->n - 1, filter);
	return (struct window){ first.first,
		last.first + last.n - first.first };
}

static int
resize_spans(const struct image *to, const struct image *from,
    const struct span *wide, const struct span *high,
    enum resize_filter filter, struct resize_room *room)
{
	const struct window rows = rows_under(high, filter);
	struct image part = image_crop(from, 0, rows.first, from->width,
	    rows.n);

	assert(to->channels == from->channels);
	if (is_same(wide)) {
		part = image_crop(&part, (int)wide->start + wide->first, 0,
		    to->width, rows.n);
	} else {
		const struct image whole = part;

		if (resize_across(&part, &whole, wide, filter, room) < 0)
			return fail_last();
	}
	if (!is_same(high))
		return resize_down(to, &part, rows.first, high, filter, room);
	image_copy(to, &part);
	return 0;
}

int
resize_part(const struct image *to, const struct image *from, int height,
    int width, int x, int y, enum resize_filter filter,
    struct resize_room *room)
{
	const struct span wide = whole_span(from->width, width, x, to->width);
	const struct span high = whole_span(from->height, height, y,
	    to->height);

	assert(x >= 0 && y >= 0);
	assert(x + to->width <= width && y + to->height <= height);
	return resize_spans(to, from, &wide, &high, filter, room);
}

int
resize_box(struct picture *to, const struct image *from,
    const struct resize_box *b, int height, int width,
    enum resize_filter filter, struct resize_room *room)
{
	const struct span wide = { b->x, b->width, width, 0, width };
	const struct span high = { b->y, b->height, height, 0, height };

	assert(b->x >= 0 && b->y >= 0 && b->width > 0 && b->height > 0);
	assert(ceil(b->x + b->width) <= from->width
	    && ceil(b->y + b->height) <= from->height);
	if (picture_resize(to, height, width, from->channels) < 0)
		return fail_last();
	return resize_spans(&to->image, from, &wide, &high, filter, room);
}

int
resize_picture(struct picture *to, const struct image *from, int height,
    int width, enum resize_filter filter, struct resize_room *room)
{
	if (picture_resize(to, height, width, from->channels) < 0)
		return fail_last();
	return resize_part(&to->image, from, height, width, 0, 0, filter,
	    room);
}

/* Half to even, as Python rounds. */
static int
half(int extent)
{
	return extent / 2 + (extent % 2 != 0 && extent / 2 % 2 != 0);
}

int
resize_and_crop(const struct image *to, const struct image *from, int side,
    enum resize_filter filter, struct resize_room *room)
{
	const bool upright = from->width <= from->height;
	const int64_t low = upright ? from->width : from->height;
	const int64_t high = upright ? from->height : from->width;
	const int64_t other = side * high / low;
	int height, width;

	if (other > INT32_MAX / 4)
		return fail(FAIL_LIMIT, "a picture of %d x %d would become "
		    "%lld px long", from->width, from->height,
		    (long long)other);
	height = upright ? (int)other : side;
	width = upright ? side : (int)other;
	return resize_part(to, from, height, width, half(width - to->width),
	    half(height - to->height), filter, room);
}
