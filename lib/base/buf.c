/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

int
buf_reserve(struct buf *b, size_t more)
{
	const size_t max = b->max != 0 ? b->max : SIZE_MAX / 2;
	size_t need, room;
	unsigned char *data;

	if (num_add(b->size, more, &need) < 0)
		return fail_last();
	if (need > max)
		return fail(FAIL_LIMIT, "%zu bytes, limit %zu", need, max);
	if (need <= b->room)
		return 0;
	room = b->room < max / 2 ? 2 * b->room : max;
	room = room < need ? need : room;
	room = room < 256 && max >= 256 ? 256 : room;
	data = realloc(b->data, room);
	if (data == NULL)
		return fail_memory(room);
	b->data = data;
	b->room = room;
	return 0;
}

int
buf_append(struct buf *b, const void *bytes, size_t size)
{
	if (size == 0)
		return 0;
	if (buf_reserve(b, size) < 0)
		return fail_last();
	memcpy(b->data + b->size, bytes, size);
	b->size += size;
	return 0;
}

int
buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (size < 0)
		return fail(FAIL_FORMAT, "text cannot be formatted");
	if (buf_reserve(b, (size_t)size + 1) < 0)
		return fail_last();
	va_start(args, format);
	vsnprintf((char *)b->data + b->size, (size_t)size + 1, format, args);
	va_end(args);
	b->size += (size_t)size;
	return 0;
}

void
buf_free(struct buf *b)
{
	free(b->data);
	b->data = NULL;
	b->size = b->room = 0;
}
