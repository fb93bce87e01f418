/* SPDX-License-Identifier: MIT */
#include "image/jpeg.h"

/*
 * Where the first upright pixel lies in the stored picture and which way the
 * next column and row go, for orientations 1 to 8 (TIFF 6.0, tag 274).
 */
static const struct turn {
	bool from_right, from_bottom, swapped;
} turns[] = {
	{ false, false, false }, { true, false, false }, { true, true, false },
	{ false, true, false }, { false, false, true }, { false, true, true },
	{ true, true, true }, { true, false, true },
};

static void
copy_row(unsigned char *to, const unsigned char *from, ptrdiff_t step, int n,
    int channels)
{
	for (int x = 0; x < n; x++, from += step)
		for (int c = 0; c < channels; c++)
			*to++ = from[c];
}

int
picture_orient(struct picture *to, const struct image *from, int orientation)
{
	const struct turn t = turns[orientation - 1];
	const int height = t.swapped ? from->width : from->height;
	const int width = t.swapped ? from->height : from->width;
	const ptrdiff_t pixel = t.from_right ? -from->channels :
	    from->channels;
	const ptrdiff_t row = t.from_bottom ? -(ptrdiff_t)from->stride :
	    (ptrdiff_t)from->stride;
	const unsigned char *at = from->data;

	if (picture_resize(to, height, width, from->channels) < 0)
		return fail_last();
	if (t.from_right)
		at += (size_t)(from->width - 1) * (size_t)from->channels;
	if (t.from_bottom)
		at += (size_t)(from->height - 1) * from->stride;
	for (int y = 0; y < height; y++)
		copy_row(to->image.data + (size_t)y * to->image.stride,
		    at + y * (t.swapped ? pixel : row),
		    t.swapped ? row : pixel, width, from->channels);
	return 0;
}
