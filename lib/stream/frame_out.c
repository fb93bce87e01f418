/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "stream/frame.h"

#define OUT_ROOM ((size_t)128 << 10)
#define STAGE_ROOM ((size_t)16 << 10)	/* small writes wait here */
#define STAGE_MOST ((size_t)4 << 10)	/* larger ones go straight */
#define UNTRIED 15		/* frames between tries, once given up */

struct frame_out {
	ZSTD_CCtx *zstd;
	unsigned char *room;		/* OUT_ROOM, then STAGE_ROOM bytes */
	size_t staged;
	size_t content, packed;		/* bytes in the frame under way */
	int level;
	bool give_up;
	int untried;			/* frames to come at FRAME_FASTEST */
	int fd;
};

static int
set(struct frame_out *f, ZSTD_cParameter parameter, int value)
{
	return ZSTD_isError(ZSTD_CCtx_setParameter(f->zstd, parameter, value))
	    ? fail(FAIL_MEMORY, "no memory for zstd") : 0;
}

struct frame_out *
frame_out_new(int fd, int level, bool give_up)
{
	struct frame_out *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		fail_memory(sizeof(*f));
		return NULL;
	}
	f->fd = fd;
	f->level = level;
	f->give_up = give_up;
	f->room = malloc(OUT_ROOM + STAGE_ROOM);
	f->zstd = ZSTD_createCCtx();
	if (f->room == NULL || f->zstd == NULL)
		fail(FAIL_MEMORY, "no memory for zstd");
	if (f->room == NULL || f->zstd == NULL
	    || set(f, ZSTD_c_compressionLevel, level) < 0
	    || set(f, ZSTD_c_checksumFlag, 1) < 0) {
		frame_out_free(f);
		return NULL;
	}
	return f;
}

void
frame_out_free(struct frame_out *f)
{
	if (f == NULL)
		return;
	ZSTD_freeCCtx(f->zstd);
	free(f->room);
	free(f);
}

static int
write_all(int fd, const unsigned char *p, size_t size)
{
	while (size > 0) {
		const ssize_t done = write(fd, p, size);

		if (done < 0 && frame_try_again(fd, POLLOUT))
			continue;
		if (done < 0)
			return fail_errno("cannot write");
		p += done;
		size -= (size_t)done;
	}
	return 0;
}

static int
compress(struct frame_out *f, const void *bytes, size_t size,
    ZSTD_EndDirective how)
{
	ZSTD_inBuffer in = { bytes, size, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { f->room, OUT_ROOM, 0 };

		left = ZSTD_compressStream2(f->zstd, &out, &in, how);
		if (ZSTD_isError(left))
			return fail(FAIL_MEMORY, "zstd: %s",
			    ZSTD_getErrorName(left));
		if (write_all(f->fd, f->room, out.pos) < 0)
			return fail_last();
		f->packed += out.pos;
	} while (how == ZSTD_e_continue ? in.pos < in.size : left > 0);
	return 0;
}

/* A whole frame is done. */
static int
end_frame(struct frame_out *f)
{
	const bool vain = f->packed > FRAME_CONTENT - FRAME_CONTENT / 8;

	f->content = f->packed = 0;
	if (!f->give_up)
		return 0;
	if (f->untried > 0)
		f->untried--;
	else if (vain)
		f->untried = UNTRIED;
	return set(f, ZSTD_c_compressionLevel, f->untried > 0 ? FRAME_FASTEST
	    : f->level);
}

/* Into frames, as much as each shall have. */
static int
put(struct frame_out *f, const unsigned char *bytes, size_t size)
{
	while (size > 0) {
		const size_t left = FRAME_CONTENT - f->content;
		const size_t n = size < left ? size : left;

		if (compress(f, bytes, n, n == left ? ZSTD_e_end
		    : ZSTD_e_continue) < 0)
			return fail_last();
		f->content += n;
		if (n == left && end_frame(f) < 0)
			return fail_last();
		bytes += n;
		size -= n;
	}
	return 0;
}

/* zstd is slow at taking bytes one by one. */
int
frame_write(struct frame_out *f, const void *bytes, size_t size)
{
	if (f->staged + size > STAGE_ROOM || size > STAGE_MOST) {
		if (put(f, f->room + OUT_ROOM, f->staged) < 0)
			return fail_last();
		f->staged = 0;
	}
	if (size > STAGE_MOST)
		return put(f, bytes, size);
	if (size > 0)
		memcpy(f->room + OUT_ROOM + f->staged, bytes, size);
	f->staged += size;
	return 0;
}

int
frame_flush(struct frame_out *f, bool end)
{
	const size_t staged = f->staged;
	int rc;

	f->staged = 0;
	if (put(f, f->room + OUT_ROOM, staged) < 0)
		return fail_last();
	if (f->content == 0)
		return 0;
	rc = compress(f, NULL, 0, end ? ZSTD_e_end : ZSTD_e_flush);
	if (end)
		f->content = f->packed = 0;
	return rc;
}
