/* SPDX-License-Identifier: MIT */
#include "stream/frame.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/ahead.h"
#include "stream/frame_head.h"

#define IN_ROOM ((size_t)128 << 10)
#define THREADS_MOST 4		/* that unpack one input */
#define FILE_LEAST ((off_t)1 << 20)	/* bytes of a file for several */
#define UNIT_MOST ((size_t)4 << 20)	/* bytes of a frame for one thread */
#define UNIT_ENOUGH ((size_t)128 << 10)	/* packed, for it to begin */
#define BLOCK_MOST ((size_t)128 << 10)	/* of content, RFC 8878, 3.1.1.2.3 */

/* Frames that one thread unpacks: one, or small ones together. */
struct unit {
	ZSTD_DCtx *zstd;
	unsigned char *in, *out;
	size_t in_size, in_room, out_size, out_room;
	size_t whole;			/* bytes of `in` that are whole frames */
	unsigned long long first, frames;	/* their numbers */
	unsigned long long place;	/* of the first one's first byte */
	bool damaged;
};

struct frame_in {
	ZSTD_DCtx *zstd;
	ZSTD_inBuffer in;		/* what was read and not yet used */
	unsigned char *room;		/* IN_ROOM bytes; NULL: from memory */
	int fd;
	bool inside;			/* a frame has begun */
	unsigned long long frames, before;	/* begun; bytes before `in` */
	unsigned long long given;	/* bytes handed out */

	/* While frames are unpacked side by side. */
	int threads;			/* to be had for it; 1: it is over */
	struct ahead *ahead;		/* NULL: not yet, or over */
	struct unit *units;
	int n_units;
	struct unit *unit;		/* ours, and how much of it is used */
	size_t at;
	struct unit *rest;		/* behind its whole frames is what is not
					 * for one thread */
	unsigned long long lost;	/* what follows this frame, if not 0 */
};

static int threads_wanted = 1;
static bool believe_all;

void
frame_believe(void)
{
	believe_all = true;
}

void
frame_threads(int n)
{
	threads_wanted = n < THREADS_MOST ? n : THREADS_MOST;
}

struct frame_in *
frame_in_bytes(const void *borrowed, size_t size)
{
	struct frame_in *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		fail_memory(sizeof(*f));
		return NULL;
	}
	f->fd = -1;
	f->threads = 1;
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
	struct stat st;

	if (f == NULL)
		return NULL;
	/* Who waits for a pipe's writer cannot take whole frames, and threads
	 * for a small file take longer to come than it does. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
	    && st.st_size >= FILE_LEAST)
		f->threads = threads_wanted;
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
	ahead_free(f->ahead);
	for (int i = 0; f->units != NULL && i < f->n_units; i++) {
		ZSTD_freeDCtx(f->units[i].zstd);
		free(f->units[i].in);
		free(f->units[i].out);
	}
	free(f->units);
	ZSTD_freeDCtx(f->zstd);
	if (f->fd > STDERR_FILENO)
		close(f->fd);
	free(f->room);
	free(f);
}

bool
frame_in_began(const struct frame_in *f)
{
	return f->frames > 0;
}

bool
frame_try_again(int fd, short events)
{
	struct pollfd wait = { .fd = fd, .events = events };

	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return poll(&wait, 1, -1) >= 0 || errno == EINTR;
	return errno == EINTR;
}

/* Some bytes of the file, none at its end. */
static int
read_file(struct frame_in *f, unsigned char *to, size_t size, size_t *got)
{
	ssize_t n;

	do
		n = read(f->fd, to, size);
	while (n < 0 && frame_try_again(f->fd, POLLIN));
	if (n < 0)
		return fail_errno("cannot read");
	*got = (size_t)n;
	return 0;
}

static const unsigned char *
here(const struct frame_in *f)
{
	return (const unsigned char *)f->in.src + f->in.pos;
}

/* More input behind what is left: 1, or 0 at its end, or a failure. */
static int
fill(struct frame_in *f)
{
	const size_t left = f->in.size - f->in.pos;
	size_t got = 0;

	if (f->room == NULL || f->lost != 0)
		return 0;
	if (left > 0)
		memmove(f->room, here(f), left);
	f->before += f->in.pos;
	f->in = (ZSTD_inBuffer){ f->room, left, 0 };
	if (read_file(f, f->room + left, IN_ROOM - left, &got) < 0)
		return fail_last();
	f->in.size += got;
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

static int
truncated(void)
{
	return fail(FAIL_FORMAT, FRAME_TRUNCATED);
}

/* Whether a skippable frame (RFC 8878, 3.1.2) begins here: pzstd and other
 * programs that compress in parallel write them between frames. */
static bool
is_skippable(const struct frame_in *f)
{
	const unsigned char *p = here(f);

	return f->in.size - f->in.pos >= 4 && (p[0] & 0xf0) == 0x50
	    && p[1] == 0x2a && p[2] == 0x4d && p[3] == 0x18;
}

/* Passes over it: 1, or a failure. */
static int
skip_frame(struct frame_in *f)
{
	int rc = peek(f, 8);
	uint64_t left;

	if (rc <= 0)
		return rc == 0 ? truncated() : rc;
	left = frame_number(here(f) + 4, 4);
	f->in.pos += 8;
	while (left > 0) {
		const size_t there = f->in.size - f->in.pos;
		const size_t part = there < left ? there : (size_t)left;

		f->in.pos += part;
		left -= part;
		rc = left > 0 ? fill(f) : 1;
		if (rc <= 0)
			return rc == 0 ? truncated() : rc;
	}
	return 1;
}

/* Something else than a frame: another kind of file, or a damaged one. */
static int
no_frame(const struct frame_in *f)
{
	const char *what = f->before + f->in.pos > 0 ? NULL :
	    frame_foreign(here(f), f->in.size - f->in.pos);

	return what != NULL ? fail(FAIL_FORMAT, "%s, not a tensor stream; "
	    "ssl-decode reads folders, archives, lists and JPEG files", what) :
	    fail(FAIL_FORMAT, "no zstd frame at byte %llu: not a tensor "
	    "stream, or damaged", f->before + f->in.pos);
}

/* 1 when a frame begins here, 0 at the end of the input. */
static int
begin_frame(struct frame_in *f)
{
	int rc;

	if (f->lost != 0 && f->frames == f->lost)
		return fail(FAIL_FORMAT, "frame %llu is damaged", f->frames);
	while ((rc = peek(f, 4)) > 0 && is_skippable(f))
		if (skip_frame(f) < 0)
			return fail_last();
	if (rc < 0 || (rc == 0 && f->in.pos == f->in.size))
		return rc;
	rc = peek(f, 5);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < 4 && i < f->in.size - f->in.pos; i++)
		if (here(f)[i] != frame_magic[i])
			return no_frame(f);
	if (rc == 0)
		return truncated();
	rc = peek(f, frame_head_size(here(f)[4]));
	if (rc <= 0)
		return rc == 0 ? truncated() : rc;
	f->frames++;
	if (frame_head_check(here(f), f->frames) < 0)
		return fail_last();
	f->inside = true;
	return 1;
}

/* n bytes more for the unit: 1, or 0 when the input ends before; what there
 * was is with the others. */
static int
extend(struct frame_in *f, struct unit *u, size_t n)
{
	const size_t end = u->in_size + n;

	if (end > u->in_room) {
		const size_t room = end < 2 * u->in_room ? 2 * u->in_room
		    : end;
		unsigned char *in = realloc(u->in, room);

		if (in == NULL)
			return fail_memory(room);
		u->in = in;
		u->in_room = room;
	}
	while (u->in_size < end) {
		const size_t left = f->in.size - f->in.pos;
		size_t got = end - u->in_size < left ? end - u->in_size : left;

		if (left > 0) {
			memcpy(u->in + u->in_size, here(f), got);
			f->in.pos += got;
		} else {
			if (read_file(f, u->in + u->in_size, end - u->in_size,
			    &got) < 0)
				return fail_last();
			f->before += got;
		}
		if (got == 0)
			return 0;
		u->in_size += got;
	}
	return 1;
}

/* The header of the frame that comes next: 1, or 0 when begin_frame has
 * something to say of it. */
static int
take_header(struct frame_in *f, struct unit *u)
{
	int rc = extend(f, u, 5);

	if (rc <= 0 || memcmp(u->in + u->whole, frame_magic,
	    sizeof(frame_magic)) != 0)
		return rc < 0 ? rc : 0;
	rc = extend(f, u, frame_head_size(u->in[u->whole + 4]) - 5);
	return rc > 0 && frame_head_check(u->in + u->whole,
	    f->frames) < 0 ? 0 : rc;
}

/* Its blocks (RFC 8878, 3.1.1.2) and checksum, and the most that they can be
 * unpacked: 1, or 0 when that is too much or the input ends before. */
static int
take_blocks(struct frame_in *f, struct unit *u, size_t *content)
{
	bool last = false;

	for (*content = 0; !last;) {
		int rc = extend(f, u, 3);
		uint64_t head, type, size;

		if (rc <= 0)
			return rc;
		head = frame_number(u->in + u->in_size - 3, 3);
		last = head & 1;
		type = head >> 1 & 3;
		size = head >> 3;
		if (type == 3 || size > BLOCK_MOST)
			return 0;
		*content += type == 2 ? BLOCK_MOST : size;
		if (*content > UNIT_MOST || u->in_size - u->whole > UNIT_MOST)
			return 0;
		/* One byte stands for a block of equal ones. */
		rc = extend(f, u, (type == 1 ? 1 : size) + (last ? 4 : 0));
		if (rc <= 0)
			return rc;
	}
	return 1;
}

/* Whole frames, and the most that they can be unpacked: 1 as long as there may
 * be more of them.  What stops us, a failure too, read_frame meets again. */
static int
take_frames(struct frame_in *f, struct unit *u, size_t *content)
{
	int rc = 1;

	for (*content = 0; rc > 0 && u->whole < UNIT_ENOUGH
	    && *content < UNIT_MOST;) {
		size_t more = 0;

		rc = take_header(f, u);
		if (rc > 0)
			rc = take_blocks(f, u, &more);
		if (rc > 0) {
			*content += more;
			u->whole = u->in_size;
			u->frames++;
			f->frames++;
		}
	}
	return rc;
}

static int
take_unit(void *arg, int slot)
{
	struct frame_in *f = arg;
	struct unit *u = &f->units[slot];
	size_t content;

	if (f->rest != NULL)
		return 0;
	u->in_size = u->whole = 0;
	u->first = f->frames + 1;
	u->frames = 0;
	u->place = f->before + f->in.pos;
	u->damaged = false;
	if (take_frames(f, u, &content) <= 0)
		f->rest = u;
	if (u->frames == 0)
		return 0;
	if (content > u->out_room) {
		free(u->out);
		u->out_room = 0;
		u->out = malloc(content);
		if (u->out == NULL)
			return fail_memory(content);
		u->out_room = content;
	}
	return 1;
}

static void
unpack_unit(void *arg, int slot)
{
	struct frame_in *f = arg;
	struct unit *u = &f->units[slot];
	const size_t size = ZSTD_decompressDCtx(u->zstd, u->out, u->out_room,
	    u->in, u->whole);

	u->damaged = ZSTD_isError(size);
	u->out_size = u->damaged ? 0 : size;
}

static int
begin_units(struct frame_in *f)
{
	/* One is used, another may wait for it. */
	const int n = f->threads + 2;

	f->units = calloc((size_t)n, sizeof(*f->units));
	if (f->units == NULL)
		return fail_memory((size_t)n * sizeof(*f->units));
	f->n_units = n;
	for (int i = 0; i < n; i++)
		if ((f->units[i].zstd = ZSTD_createDCtx()) == NULL)
			return fail(FAIL_MEMORY, "no memory for zstd");
	f->ahead = ahead_new(&(struct ahead_plan){ .take = take_unit,
	    .work = unpack_unit, .arg = f, .slots = n,
	    .threads = f->threads });
	return f->ahead == NULL ? fail_last() : 0;
}

/* From here on it is as if there had been no units. */
static void
end_units(struct frame_in *f)
{
	ahead_free(f->ahead);
	f->ahead = NULL;
	f->threads = 1;
}

/* The rest is read, which begins behind a unit's whole frames. */
static int
read_rest(struct frame_in *f)
{
	struct unit *u = f->rest;

	end_units(f);
	if (extend(f, u, f->in.size - f->in.pos) < 0)
		return fail_last();
	f->in = (ZSTD_inBuffer){ u->in, u->in_size, u->whole };
	f->before = u->place;
	return 0;
}

/* Its frames are read again, up to where one is damaged. */
static void
read_damaged(struct frame_in *f, const struct unit *u)
{
	end_units(f);
	f->lost = u->first + u->frames - 1;
	f->in = (ZSTD_inBuffer){ u->in, u->whole, 0 };
	f->before = u->place;
	f->frames = u->first - 1;
}

/* Bytes of the next units: 1, or 0 when the rest is not for them. */
static int
read_units(struct frame_in *f, void *to, size_t size, size_t *got)
{
	while (f->unit == NULL || f->at == f->unit->out_size) {
		int slot;
		const int rc = ahead_next(f->ahead, &slot);

		if (rc <= 0)
			return rc < 0 ? rc : read_rest(f);
		f->unit = &f->units[slot];
		f->at = 0;
		if (f->unit->damaged) {
			read_damaged(f, f->unit);
			return 0;
		}
	}
	*got = f->unit->out_size - f->at < size ? f->unit->out_size - f->at
	    : size;
	memcpy(to, f->unit->out + f->at, *got);
	f->at += *got;
	return 1;
}

/* As frame_read, from the frame that is under way or comes next. */
static int
read_frame(struct frame_in *f, void *to, size_t size, size_t *got)
{
	ZSTD_outBuffer out = { to, size, 0 };

	*got = 0;
	while (out.pos == 0) {
		int rc = f->inside ? 1 : begin_frame(f);
		size_t left;

		if (rc <= 0)
			return rc;
		left = ZSTD_decompressStream(f->zstd, &out, &f->in);
		if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation)
			return fail(FAIL_MEMORY, "no memory for zstd");
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

/* The first frame is not for units: often no more than it is wanted. */
static int
read_any(struct frame_in *f, void *to, size_t size, size_t *got)
{
	if (f->ahead != NULL || (f->threads > 1 && f->frames > 0
	    && !f->inside)) {
		int rc = f->ahead == NULL ? begin_units(f) : 0;

		if (rc == 0)
			rc = read_units(f, to, size, got);
		if (rc != 0)
			return rc < 0 ? rc : 0;
	}
	return read_frame(f, to, size, got);
}

/* Compressed bytes that what was handed out came from, at least. */
static unsigned long long
used(const struct frame_in *f)
{
	return f->ahead != NULL && f->unit != NULL
	    ? f->unit->place + f->unit->whole : f->before + f->in.pos;
}

int
frame_read(struct frame_in *f, void *to, size_t size, size_t *got)
{
	if (read_any(f, to, size, got) < 0)
		return fail_last();
	f->given += *got;
	if (f->given > FRAME_BELIEVED && !believe_all &&
	    f->given / FRAME_EXPANSION > used(f))
		return fail(FAIL_LIMIT, "%llu bytes from %llu compressed "
		    "bytes, a ratio over %d: refused; if the stream is right, "
		    "give --max-record with the size of its largest record",
		    f->given, used(f), FRAME_EXPANSION);
	return 0;
}

/* What zstd holds back is not seen; its writers flush behind a record. */
bool
frame_ready(const struct frame_in *f)
{
	struct pollfd wait = { .fd = f->fd, .events = POLLIN };

	return f->ahead != NULL || f->room == NULL || f->in.pos < f->in.size ||
	    poll(&wait, 1, 0) != 0;
}
