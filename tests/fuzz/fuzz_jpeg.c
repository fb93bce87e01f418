/* SPDX-License-Identifier: MIT */
/*
 * Anything as a JPEG file: its markers, its pixels, turned and resized.
 * Every failure has words, and what is read can be written and read again.
 */
#include <stddef.h>
#include <stdlib.h>

#include "image/jpeg.h"
#include "image/resize.h"
#include "replay.h"

#define MAX_PIXELS ((int64_t)1 << 20)

static void
use(struct jpeg_reader *r, const struct picture *p, int orientation)
{
	static struct picture turned, small;
	static struct resize_room room;
	struct buf jpg = { 0 };

	if (picture_orient(&turned, &p->image, orientation) < 0 ||
	    picture_resize(&small, 8, 8, 3) < 0 ||
	    resize_and_crop(&small.image, &turned.image, 8, RESIZE_BILINEAR,
	    &room) < 0 || jpeg_write(&jpg, &small.image, 80) < 0 ||
	    jpeg_read(r, &small, jpg.data, jpg.size, MAX_PIXELS) < 0)
		abort();
	buf_free(&jpg);
}

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	static struct jpeg_reader *reader;
	static struct picture p;
	struct jpeg_info info;
	int looked;

	if (reader == NULL && (reader = jpeg_reader_new()) == NULL)
		abort();
	looked = jpeg_look(bytes, size, &info);
	if (looked < 0 && *fail_text() == '\0')
		abort();
	if (jpeg_read(reader, &p, bytes, size, MAX_PIXELS) < 0) {
		if (*fail_text() == '\0')
			abort();
		return 0;
	}
	/* What libjpeg can read, a look at the markers finds alike. */
	if (looked < 0 || info.height != p.image.height ||
	    info.width != p.image.width)
		abort();
	use(reader, &p, info.orientation);
	return 0;
}
