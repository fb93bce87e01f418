/* SPDX-License-Identifier: MIT */
#include "image/image.h"

#include <assert.h>
#include <string.h>

#include "base/num.h"

int
picture_resize(struct picture *p, int height, int width, int channels)
{
	size_t stride, bytes;

	if (height < 1 || width < 1 || channels < 1)
		return fail(FAIL_LIMIT, "a picture of %dx%d px, %d channels",
		    width, height, channels);
	if (num_mul((size_t)width, (size_t)channels, &stride) < 0 ||
	    num_mul(stride, (size_t)height, &bytes) < 0)
		return fail_last();
	/* Not a growth: a copy of the old pixels would be of no use. */
	if (bytes > p->bytes.room)
		buf_free(&p->bytes);
	p->bytes.size = 0;
	if (buf_reserve(&p->bytes, bytes) < 0) {
		p->image = (struct image){ 0 };
		return fail_last();
	}
	p->bytes.size = bytes;
	p->image = (struct image){ .data = p->bytes.data, .height = height,
		.width = width, .channels = channels, .stride = stride };
	return 0;
}

void
picture_free(struct picture *p)
{
	buf_free(&p->bytes);
	p->image = (struct image){ 0 };
}

struct image
image_crop(const struct image *from, int x, int y, int width, int height)
{
	struct image part = *from;

	assert(x >= 0 && y >= 0 && width >= 0 && height >= 0);
	assert(x + width <= from->width && y + height <= from->height);
	part.data += (size_t)y * from->stride +
	    (size_t)x * (size_t)from->channels;
	part.height = height;
	part.width = width;
	return part;
}

void
image_copy(const struct image *to, const struct image *from)
{
	const size_t row = (size_t)from->width * (size_t)from->channels;

	assert(to->height == from->height && to->width == from->width);
	assert(to->channels == from->channels);
	for (int y = 0; y < from->height; y++)
		memcpy(to->data + (size_t)y * to->stride,
		    from->data + (size_t)y * from->stride, row);
}
