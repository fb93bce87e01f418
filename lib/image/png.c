/* SPDX-License-Identifier: MIT */
#include "image/png.h"

#include <limits.h>
#include <png.h>

int
image_png(struct buf *to, const struct image *from)
{
	png_image png = { .version = PNG_IMAGE_VERSION,
		.width = (png_uint_32)from->width,
		.height = (png_uint_32)from->height,
		.format = from->channels == 1 ? PNG_FORMAT_GRAY
		    : PNG_FORMAT_RGB };
	png_alloc_size_t size = 0;

	if ((from->channels != 1 && from->channels != 3) ||
	    from->stride > INT_MAX)
		return fail(FAIL_LIMIT, "an image of %d channels, %zu bytes a "
		    "row; a PNG has 1 or 3", from->channels, from->stride);
	/* Once for the size, once for the bytes. */
	if (!png_image_write_to_memory(&png, NULL, &size, 0, from->data,
	    (png_int_32)from->stride, NULL))
		return fail(FAIL_LIMIT, "png: %s", png.message);
	if (buf_reserve(to, size) < 0)
		return fail_last();
	if (!png_image_write_to_memory(&png, to->data + to->size, &size, 0,
	    from->data, (png_int_32)from->stride, NULL))
		return fail(FAIL_LIMIT, "png: %s", png.message);
	to->size += size;
	return 0;
}
