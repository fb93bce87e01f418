/* SPDX-License-Identifier: MIT */
#include "view/origin.h"

#include <inttypes.h>

#include "image/jpeg.h"

static int
find_image(struct origin *o, const struct rec *r, size_t i)
{
	const struct tensor *t;
	size_t bytes;

	if (rec_tensor(r, "image", DTYPE_U1, "nhwc", &t) < 0)
		return fail_last();
	if (t->shape[1] < 1 || t->shape[1] > 65535 || t->shape[2] < 1
	    || t->shape[2] > 65535
	    || (t->shape[3] != 1 && t->shape[3] != 3 && t->shape[3] != 4))
		return fail(FAIL_FORMAT, "pictures of %zux%zu px with %zu "
		    "channels; up to 65535 px and 1, 3 or 4 are possible",
		    t->shape[2], t->shape[1], t->shape[3]);
	bytes = t->bytes / t->shape[0];
	o->image = (struct image){ (unsigned char *)t->data + i * bytes,
		(int)t->shape[1], (int)t->shape[2], (int)t->shape[3],
		t->shape[2] * t->shape[3] };
	return 0;
}

static int
find_jpeg(struct origin *o, const struct rec *r, size_t i)
{
	const struct tensor *files, *sizes;
	struct jpeg_info info;
	int64_t size;

	if (rec_tensor(r, "jpeg", DTYPE_U1, "n*", &files) < 0
	    || rec_tensor(r, "jpeg_size", DTYPE_I8, "n", &sizes) < 0)
		return fail_last();
	size = ((const int64_t *)sizes->data)[i];
	if (size < 0 || (uint64_t)size > files->shape[1])
		return fail(FAIL_FORMAT, "jpeg_size %" PRId64 " in rows of "
		    "%zu bytes", size, files->shape[1]);
	o->jpeg = (const unsigned char *)files->data + i * files->shape[1];
	o->jpeg_bytes = (size_t)size;
	if (jpeg_look(o->jpeg, o->jpeg_bytes, &info) == 0)
		o->image = (struct image){ .height = info.height,
			.width = info.width, .channels = 3 };
	return 0;
}

const char *const *
origin_fields(const struct rec *r)
{
	static const char *const image[] = { "image", NULL };
	static const char *const jpeg[] = { "jpeg", "jpeg_size", NULL };

	if (rec_find(r, "image") != NULL)
		return image;
	return rec_find(r, "jpeg") != NULL ? jpeg : NULL;
}

int
origin_find(struct origin *o, const struct rec *r, size_t i)
{
	*o = (struct origin){ 0 };
	return rec_find(r, "image") != NULL ? find_image(o, r, i)
	    : find_jpeg(o, r, i);
}

/* The pixels of the smaller picture that it touches. */
static struct rect
shrunken(struct rect r, int times)
{
	const int right = (r.x + r.width + times - 1) / times;
	const int low = (r.y + r.height + times - 1) / times;
	struct rect s = { r.x / times, r.y / times, 0, 0 };

	s.width = right - s.x;
	s.height = low - s.y;
	return s;
}

int
origin_get(const struct origin *o, struct origin_room *room, struct rect part,
    int shrink, struct aug_source *to)
{
	struct jpeg_info info;

	if (o->image.data != NULL) {
		*to = aug_whole(&o->image);
		return 0;
	}
	if (jpeg_look(o->jpeg, o->jpeg_bytes, &info) < 0)
		return fail_last();
	if (room->reader == NULL
	    && (room->reader = jpeg_reader_new()) == NULL)
		return fail_last();
	part = shrunken(part, shrink);
	if (jpeg_read_part(room->reader, &room->picture, &part, shrink,
	    o->jpeg, o->jpeg_bytes, JPEG_MAX_PIXELS) < 0)
		return fail_last();
	*to = (struct aug_source){ room->picture.image, part, info.height,
		info.width, shrink };
	return 0;
}

void
origin_room_free(struct origin_room *room)
{
	jpeg_reader_free(room->reader);
	picture_free(&room->picture);
}
