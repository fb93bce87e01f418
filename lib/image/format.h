/*
 * format: what kind of image file bytes are, by how they begin.
 */
#ifndef SELF_IMAGE_FORMAT_H
#define SELF_IMAGE_FORMAT_H

#include <stddef.h>

/* Bytes that image_format looks at. */
#define IMAGE_MAGIC 16

/* "JPEG", "PNG", "GIF", …, by the first `size` bytes of a file; NULL when
 * they are no image that we know of. */
const char *image_format(const void *bytes, size_t size);

#endif
