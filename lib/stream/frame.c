/* SPDX-License-Identifier: MIT */
#include "stream/frame.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#define IN_ROOM ((size_t)128 << 10)
#define OUT_ROOM ((size_t)128 << 10)
#define STAGE_ROOM ((size_t)16 << 10)	/* small writes wait here */
#define STAGE_MOST ((size_t)4 << 10)	/* larger ones go straight */

struct frame_in {
	ZSTD_DCtx *zstd;
	ZSTD_inBuffer in;		/* what was read and not yet used */
	unsigned char *room;		/* IN_ROOM bytes; NULL: from memory */
	int fd;
	bool inside;			/* a frame has begun */
	unsigned long long frames, before;	/* begun; bytes before `in` */
};

struct frame_in *
frame_in_bytes(const void *borrowed, size_t size)
{
	struct frame_in *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		fail_memory(sizeof(*f));
		return NULL;
	}
	f->fd = -1;
	f->in = (ZSTD_inBuffer){ borrowed, size, 0 };
	f->zstd = ZSTD_createDCtx();
	if (f->zstd == NULL || ZSTD_isError(ZSTD_DCtx_setParameter(f->zstd,
	    ZSTD_d_windowLogMax, FRAME_WINDOW_LOG))) {
		fail(FAIL_MEMORY, "no memory for zstd");
		frame_in_free(f);
		return NULL;
	}
	return f;
}

struct frame_in *
frame_in_new(int fd)
{
	struct frame_in *f = frame_in_bytes(NULL, 0);

	if (f == NULL)
		return NULL;
	f->room = malloc(IN_ROOM);
	if (f->room == NULL) {
		fail_memory(IN_ROOM);
		frame_in_free(f);
		return NULL;
	}
	f->fd = fd;
	f->in.src = f->room;
	return f;
}

void
frame_in_free(struct frame_in *f)
{
	if (f == NULL)
		return;
	ZSTD_freeDCtx(f->zstd);
	if (f->fd > STDERR_FILENO)
		close(f->fd);
	free(f->room);
	free(f);
}

/* Interrupted calls go on; a descriptor somebody made non-blocking waits. */
static bool
try_again(int fd, short events)
{
	struct pollfd wait = { .fd = fd, .events = events };

	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return poll(&wait, 1, -1) >= 0 || errno == EINTR;
	return errno == EINTR;
}

/* More input behind what is left: 1, or 0 at its end, or a failure. */
static int
fill(struct frame_in *f)
{
	const size_t left = f->in.size - f->in.pos;
	ssize_t got;

	if (f->room == NULL)
		return 0;
	memmove(f->room, f->room + f->in.pos, left);
	f->before += f->in.pos;
	f->in.pos = 0;
	f->in.size = left;
	do
		got = read(f->fd, f->room + left, IN_ROOM - left);
	while (got < 0 && try_again(f->fd, POLLIN));
	if (got < 0)
		return fail_errno("cannot read");
	f->in.size += (size_t)got;
	return got > 0;
}

/* At least n bytes of input to look at: 1, or 0 when it ends before. */
static int
peek(struct frame_in *f, size_t n)
{
	while (f->in.size - f->in.pos < n) {
		const int rc = fill(f);

		if (rc <= 0)
			return rc;
	}
	return 1;
}

static const unsigned char *
here(const struct frame_in *f)
{
	return (const unsigned char *)f->in.src + f->in.pos;
}

static int
truncated(void)
{
	return fail(FAIL_FORMAT, FRAME_TRUNCATED);
}

static uint64_t
little_endian(const unsigned char *p, size_t n)
{
	uint64_t value = 0;

	while (n-- > 0)
		value = value << 8 | p[n];
	return value;
}

/*
 * Sees to it that the frame whose header (RFC 8878, 3.1.1.1) lies in p obeys
 * our rules, which are narrower than zstd's.
 */
static int
check_header(struct frame_in *f, const unsigned char *p)
{
	static const size_t id_sizes[] = { 0, 1, 2, 4 };
	const unsigned char flags = p[4];
	const bool single = flags & 0x20;
	const size_t id_size = id_sizes[flags & 3];
	const unsigned char *id = p + (single ? 5 : 6);
	uint64_t window;

	if (single) {
		const size_t log = flags >> 6;

		window = little_endian(id + id_size, (size_t)1 << log) +
		    (log == 1 ? 256 : 0);
	} else {
		const uint64_t base = (uint64_t)1 << (10 + (p[5] >> 3));

		window = base + base / 8 * (p[5] & 7);
	}
	if (!(flags & 0x04))
		return fail(FAIL_FORMAT, "frame %llu has no checksum",
		    f->frames);
	if (little_endian(id, id_size) != 0)
		return fail(FAIL_FORMAT, "frame %llu needs a dictionary",
		    f->frames);
	if (window > (uint64_t)1 << FRAME_WINDOW_LOG)
		return fail(FAIL_LIMIT, "frame %llu needs a window of %llu "
		    "bytes, limit 8 MiB; compress it again with zstd -19 "
		    "or less", f->frames, (unsigned long long)window);
	return 0;
}

/* Bytes of the frame header that begins with these flags. */
static size_t
header_size(unsigned char flags)
{
	static const size_t id_sizes[] = { 0, 1, 2, 4 };
	const bool single = flags & 0x20;
	const size_t log = flags >> 6;

	return (single ? 5u : 6u) + id_sizes[flags & 3] +
	    (log > 0 || single ? (size_t)1 << log : 0);
}

/* 1 when a frame begins here, 0 at the end of the input. */
static int
begin_frame(struct frame_in *f)
{
	static const unsigned char magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };
	int rc = peek(f, 1);

	if (rc <= 0)
		return rc;
	rc = peek(f, 5);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < 4 && i < f->in.size - f->in.pos; i++)
		if (here(f)[i] != magic[i])
			return fail(FAIL_FORMAT, "no zstd frame at byte %llu: "
			    "not a tensor stream, or damaged",
			    f->before + f->in.pos);
	if (rc == 0)
		return truncated();
	rc = peek(f, header_size(here(f)[4]));
	if (rc <= 0)
		return rc == 0 ? truncated() : rc;
	f->frames++;
	if (check_header(f, here(f)) < 0)
		return fail_last();
	f->inside = true;
	return 1;
}

int
frame_read(struct frame_in *f, void *to, size_t size, size_t *got)
{
	ZSTD_outBuffer out = { to, size, 0 };

	*got = 0;
	while (out.pos == 0) {
		int rc = f->inside ? 1 : begin_frame(f);
		size_t left;

		if (rc <= 0)
			return rc;
		left = ZSTD_decompressStream(f->zstd, &out, &f->in);
		if (ZSTD_isError(left))
			return fail(FAIL_FORMAT, "frame %llu is damaged: %s",
			    f->frames, ZSTD_getErrorName(left));
		f->inside = left != 0;
		if (out.pos > 0 || !f->inside || f->in.pos < f->in.size)
			continue;
		rc = fill(f);
		if (rc <= 0)
			return rc == 0 ? truncated() : rc;
	}
	*got = out.pos;
	return 0;
}

/* What zstd holds back is not seen; its writers flush behind a record. */
bool
frame_ready(const struct frame_in *f)
{
	struct pollfd wait = { .fd = f->fd, .events = POLLIN };

	return f->room == NULL || f->in.pos < f->in.size ||
	    poll(&wait, 1, 0) != 0;
}

struct frame_out {
	ZSTD_CCtx *zstd;
	unsigned char *room;		/* OUT_ROOM, then STAGE_ROOM bytes */
	size_t staged;
	int fd;
};

struct frame_out *
frame_out_new(int fd, int level)
{
	struct frame_out *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		fail_memory(sizeof(*f));
		return NULL;
	}
	f->fd = fd;
	f->room = malloc(OUT_ROOM + STAGE_ROOM);
	f->zstd = ZSTD_createCCtx();
	if (f->room == NULL || f->zstd == NULL ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(f->zstd,
	    ZSTD_c_compressionLevel, level)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(f->zstd,
	    ZSTD_c_checksumFlag, 1))) {
		fail(FAIL_MEMORY, "no memory for zstd");
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

		if (done < 0 && try_again(fd, POLLOUT))
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
	} while (how == ZSTD_e_continue ? in.pos < in.size : left > 0);
	return 0;
}

/* zstd is slow at taking bytes one by one. */
int
frame_write(struct frame_out *f, const void *bytes, size_t size)
{
	if (f->staged + size > STAGE_ROOM || size > STAGE_MOST) {
		if (compress(f, f->room + OUT_ROOM, f->staged,
		    ZSTD_e_continue) < 0)
			return fail_last();
		f->staged = 0;
	}
	if (size > STAGE_MOST)
		return compress(f, bytes, size, ZSTD_e_continue);
	if (size > 0)
		memcpy(f->room + OUT_ROOM + f->staged, bytes, size);
	f->staged += size;
	return 0;
}

int
frame_flush(struct frame_out *f, bool end)
{
	const size_t staged = f->staged;

	f->staged = 0;
	return compress(f, f->room + OUT_ROOM, staged,
	    end ? ZSTD_e_end : ZSTD_e_flush);
}
