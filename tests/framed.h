/*
 * framed: files and frames as bytes, for tests of the stream.
 */
#ifndef SELF_FRAMED_H
#define SELF_FRAMED_H

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "stream/frame.h"

/* The whole of a file; the caller frees. */
__attribute__((unused)) static struct buf
slurp(const char *path)
{
	struct buf b = { 0 };
	unsigned char piece[4096];
	FILE *f = fopen(path, "rb");
	size_t n;

	while (f != NULL && (n = fread(piece, 1, sizeof(piece), f)) > 0)
		if (buf_append(&b, piece, n) < 0)
			break;
	if (f != NULL)
		fclose(f);
	return b;
}

/* `size` bytes of MessagePack in frames of `step` bytes; empty ones too. */
__attribute__((unused)) static struct buf
framed(const void *bytes, size_t size, size_t step)
{
	const int fd = open("framed.tz", O_RDWR | O_CREAT | O_TRUNC, 0666);
	struct frame_out *f = frame_out_new(fd, 1, false);
	struct buf b;

	for (size_t at = 0; at < size; at += step) {
		const size_t n = size - at < step ? size - at : step;

		if (frame_write(f, (const char *)bytes + at, n) < 0 ||
		    frame_flush(f, true) < 0 ||
		    (step % 2 == 1 && frame_flush(f, true) < 0))
			printf("# %s\n", fail_text());
	}
	if (size == 0 && frame_flush(f, true) < 0)
		printf("# %s\n", fail_text());
	frame_out_free(f);
	close(fd);
	b = slurp("framed.tz");
	unlink("framed.tz");
	return b;
}

#endif
