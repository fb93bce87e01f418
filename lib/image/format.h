/*
 * format: which format a file is in, from its first bytes.
 */
#ifndef SELF_IMAGE_FORMAT_H
#define SELF_IMAGE_FORMAT_H

#include <stddef.h>

struct format {
	const char *name;	/* "PNG"; static, one text for each format */
	const char *what;	/* "a PNG image", for messages */
};

/* The format of a file that begins with these bytes (512 are enough); NULL
 * for an empty file or an unknown format. */
const struct format *format_find(const void *bytes, size_t size);

#endif
