/* SPDX-License-Identifier: MIT */
#include "image/sheet.h"

#include <stdlib.h>
#include <string.h>

#include "image/font.h"

#define GAP 4			/* px between cells and around them */
#define MOST_PIXELS 200000000
#define INK 32

struct sheet {
	struct picture picture;
	int rows, columns, cell;
	int scale;		/* of the letters */
	int used;		/* rows that have a picture */
};

/* Height of a line of words with a little air. */
static int
line_height(const struct sheet *s)
{
	return FONT_HEIGHT * s->scale + 2;
}

static int
row_height(const struct sheet *s)
{
	return s->cell + line_height(s) + GAP;
}

static int
left_of(const struct sheet *s, int column)
{
	return GAP + column * (s->cell + GAP);
}

static int
top_of(const struct sheet *s, int row)
{
	return 2 * GAP + line_height(s) + row * row_height(s);
}

struct sheet *
sheet_new(int rows, int columns, int cell)
{
	struct sheet *s = calloc(1, sizeof(*s));
	long long height, width;

	if (s == NULL) {
		fail_memory(sizeof(*s));
		return NULL;
	}
	s->rows = rows;
	s->columns = columns;
	s->cell = cell;
	s->scale = cell >= 256 ? 2 : 1;
	height = 2 * GAP + line_height(s) + (long long)rows * row_height(s);
	width = GAP + (long long)columns * (cell + GAP);
	if (height > SHEET_SIDE || width > SHEET_SIDE ||
	    height * width > MOST_PIXELS) {
		fail(FAIL_LIMIT, "a sheet of %lld x %lld px is too large; "
		    "take fewer rows, columns, or a smaller scale", width,
		    height);
	} else if (picture_resize(&s->picture, (int)height, (int)width,
	    3) == 0) {
		memset(s->picture.image.data, 255, (size_t)height *
		    s->picture.image.stride);
		return s;
	}
	sheet_free(s);
	return NULL;
}

void
sheet_words(struct sheet *s, int row, int column, int span,
    const char *words)
{
	const int y = row < 0 ? GAP : top_of(s, row) + s->cell + 2;

	font_draw(&s->picture.image, left_of(s, column), y,
	    left_of(s, column + span) - GAP, s->scale, INK, words);
}

/* The mean of channel c over rows y0..y1-1, columns x0..x1-1. */
static unsigned char
mean_of(const struct image *from, int c, const int y[2], const int x[2])
{
	const unsigned area = (unsigned)(y[1] - y[0]) *
	    (unsigned)(x[1] - x[0]);
	unsigned long long sum = 0;

	for (int i = y[0]; i < y[1]; i++) {
		const unsigned char *p = from->data + (size_t)i *
		    from->stride + c;

		for (int j = x[0]; j < x[1]; j++)
			sum += p[j * from->channels];
	}
	return (unsigned char)((sum + area / 2) / area);
}

/* Where pixel `at` of `to` pixels begins and ends among `from`; at least one
 * pixel. */
static void
cover(int at, int to, int from, int ends[2])
{
	ends[0] = (int)((long long)at * from / to);
	ends[1] = (int)((long long)(at + 1) * from / to);
	ends[1] += ends[1] == ends[0];
}

/* `to` becomes the whole of `from` at another size. */
static void
fit(const struct image *to, const struct image *from)
{
	for (int i = 0; i < to->height; i++) {
		unsigned char *p = to->data + (size_t)i * to->stride;
		int y[2], x[2];

		cover(i, to->height, from->height, y);
		for (int j = 0; j < to->width; j++, p += 3) {
			cover(j, to->width, from->width, x);
			for (int c = 0; c < 3; c++)
				p[c] = mean_of(from, from->channels == 3 ? c :
				    0, y, x);
		}
	}
}

/* A side of the picture within a cell, when the longer one has `longer`. */
static int
fitted(int cell, int side, int longer)
{
	const long long shrunk = (long long)side * cell / longer;

	if (longer <= cell)
		return side * (cell / longer);
	return shrunk > 0 ? (int)shrunk : 1;
}

void
sheet_put(struct sheet *s, int row, int column, const struct image *from)
{
	const int longer = from->height > from->width ? from->height :
	    from->width;
	const int height = fitted(s->cell, from->height, longer);
	const int width = fitted(s->cell, from->width, longer);
	const int x = left_of(s, column), y = top_of(s, row);
	const struct image to = image_crop(&s->picture.image,
	    x + (s->cell - width) / 2, y + (s->cell - height) / 2, width,
	    height);

	fit(&to, from);
	if (row >= s->used)
		s->used = row + 1;
}

struct image
sheet_image(const struct sheet *s)
{
	return image_crop(&s->picture.image, 0, 0, s->picture.image.width,
	    top_of(s, s->used));
}

void
sheet_free(struct sheet *s)
{
	if (s == NULL)
		return;
	picture_free(&s->picture);
	free(s);
}
