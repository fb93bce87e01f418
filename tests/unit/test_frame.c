/* SPDX-License-Identifier: MIT */
/*
 * Frames of a file unpacked side by side: the same bytes, and of whatever is
 * wrong the same word at the same place, as by one thread.
 */
#include "base/buf.h"
#include "stream/frame.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "tap.h"

#define ROOM ((size_t)24 << 20)

static unsigned char *content, *packed;
static size_t n_content, n_packed;

/* Bytes that shrink a little, as those of floats do. */
static void
add_content(size_t size)
{
	static uint64_t state = 1;

	for (size_t i = 0; i < size; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		content[n_content++] = (unsigned char)(state >> 60
		    | (i % 4 == 3 ? 0x40 : state >> 52));
	}
}

/* So many bytes more as one frame; in a plain one they are equal. */
static void
add_frame(size_t size, bool plain)
{
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	size_t got;

	if (!plain)
		add_content(size);
	else {
		memset(content + n_content, 'x', size);
		n_content += size;
	}
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
	got = ZSTD_compress2(zstd, packed + n_packed, ROOM - n_packed,
	    content + n_content - size, size);
	if (ZSTD_isError(got))
		abort();
	n_packed += got;
	ZSTD_freeCCtx(zstd);
}

static const char *
write_file(const unsigned char *bytes, size_t size)
{
	static const char path[] = "frames.tmp";
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(bytes, 1, size, f) != size || fclose(f) != 0)
		abort();
	return path;
}

struct outcome {
	size_t size;
	int rc;
	char text[256];
};

static unsigned char *by_one, *by_some;
static struct outcome last;		/* of several threads */

/* The file by so many threads, `most` bytes at a time; bytes are written. */
static struct outcome
read_all(unsigned char *bytes, const char *path, int threads, size_t most)
{
	struct outcome o = { 0 };
	struct frame_in *f;
	size_t got = 1;

	frame_threads(threads);
	f = frame_in_new(open(path, O_RDONLY));
	while (o.rc == 0 && got > 0 && o.size + most <= ROOM) {
		o.rc = frame_read(f, bytes + o.size, most, &got);
		o.size += got;
	}
	if (o.rc < 0)
		snprintf(o.text, sizeof(o.text), "%s", fail_text());
	frame_in_free(f);
	return o;
}

/* A checksum is read with the frame's last bytes or behind them, so that a
 * wrong one may cost a read of them. */
static bool
same(const unsigned char *bytes, size_t size, size_t most)
{
	const char *path = write_file(bytes, size);
	const struct outcome a = read_all(by_one, path, 1, most);
	const struct outcome b = last = read_all(by_some, path, 3, most);

	if ((a.size == b.size || (a.rc < 0 && b.size < a.size
	    && a.size - b.size <= most && strstr(a.text, "checksum") != NULL))
	    && a.rc == b.rc && strcmp(a.text, b.text) == 0
	    && memcmp(by_one, by_some, b.size) == 0)
		return true;
	printf("# one: %zu bytes, %d %s\n# three: %zu bytes, %d %s\n", a.size,
	    a.rc, a.text, b.size, b.rc, b.text);
	return false;
}

static void
check_whole(void)
{
	const char *path = write_file(packed, n_packed);
	const size_t most[] = { 1, 1000, 70000, 3 << 20 };

	for (int threads = 1; threads < 6; threads++)
		for (size_t i = threads == 2 ? 0 : 1; i < 4; i++) {
			const struct outcome o = read_all(by_some,
			    path, threads, most[i]);

			ok(o.rc == 0 && o.size == n_content
			    && memcmp(by_some, content, n_content) == 0,
			    "%d threads, %zu bytes at a time", threads,
			    most[i]);
		}
}

/* The file with a skippable frame of `size` bytes before each of its frames
 * and behind the last, cut short by `cut`. */
static void
check_skippable(size_t size, size_t cut)
{
	const unsigned char head[8] = { 0x50, 0x2a, 0x4d, 0x18,
		size & 255, size >> 8 & 255, size >> 16 & 255, 0 };
	struct buf b = { 0 };
	bool held;

	for (size_t at = 0, one = 0; at <= n_packed; at += one) {
		if (buf_append(&b, head, 8) < 0 || buf_reserve(&b, size) < 0)
			abort();
		memset(b.data + b.size, 0x28, size);
		b.size += size;
		if (at == n_packed)
			break;
		one = ZSTD_findFrameCompressedSize(packed + at, n_packed - at);
		if (buf_append(&b, packed + at, one) < 0)
			abort();
	}
	held = same(b.data, b.size - cut, 70000);
	ok(held && last.size == n_content && memcmp(by_some, content,
	    n_content) == 0 && (cut == 0 ? last.rc == 0
	    : strcmp(last.text, FRAME_TRUNCATED) == 0),
	    "skippable frames of %zu bytes, %zu too few", size, cut);
	buf_free(&b);
}

/* How far the file is read when no more than the second frame was begun: one
 * thread reads what it needs, others read on by themselves. */
static size_t
place_behind(int threads, size_t enough)
{
	const int fd = open("frames.tmp", O_RDONLY), twin = dup(fd);
	struct frame_in *f;
	unsigned char byte[1000];
	size_t got, place = 0;

	frame_threads(threads);
	f = frame_in_new(fd);
	for (size_t at = 0; at <= 300; at += got)
		if (frame_read(f, byte, sizeof(byte), &got) < 0 || got == 0)
			abort();
	for (int ms = 0; ms < 10000; ms++) {
		const struct timespec moment = { 0, 1000000 };

		place = (size_t)lseek(twin, 0, SEEK_CUR);
		if (place >= enough)
			break;
		nanosleep(&moment, NULL);
	}
	frame_in_free(f);
	close(twin);
	return place;
}

static void
check_side_by_side(void)
{
	write_file(packed, n_packed);
	ok(place_behind(1, 1) < 300000, "one thread reads what it needs");
	ok(place_behind(3, 2000000) >= 2000000, "three unpack what follows");
}

#define FRAMES 64

/* Frames of a file of ours, by what zstd says of it, and their sizes. */
static size_t
count_frames(const char *path, size_t sizes[FRAMES])
{
	FILE *f = fopen(path, "rb");
	const size_t size = f == NULL ? 0 : fread(packed, 1, ROOM, f);
	size_t n = 0;

	for (size_t at = 0; at < size; n++) {
		const size_t one = ZSTD_findFrameCompressedSize(packed + at,
		    size - at);

		if (ZSTD_isError(one) || n == FRAMES)
			abort();
		sizes[n] = one;
		at += one;
	}
	if (f != NULL)
		fclose(f);
	return n;
}

/* `size` bytes in writes of `most`, the end asked for: how many frames. */
static size_t
frames_of(size_t size, size_t most)
{
	const int fd = open("frames.tmp", O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct frame_out *f = frame_out_new(fd, 1, false);
	size_t sizes[FRAMES];
	struct outcome o;

	n_content = 0;
	add_content(size);
	for (size_t at = 0, n; at < size; at += n) {
		n = size - at < most ? size - at : most;
		if (frame_write(f, content + at, n) < 0)
			abort();
	}
	if (frame_flush(f, true) < 0)
		abort();
	frame_out_free(f);
	close(fd);
	o = read_all(by_some, "frames.tmp", 3, 70000);
	ok(o.rc == 0 && o.size == size
	    && memcmp(by_some, content, size) == 0, "%zu bytes, %zu at a "
	    "time, come back", size, most);
	return count_frames("frames.tmp", sizes);
}

/* 20 frames of noise whose fourth bytes are below 4, which shrinks by
 * less than a tenth, then 16 of one byte: the sizes of their frames. */
static void
pack_noise(bool give_up, size_t sizes[FRAMES])
{
	const int fd = open("frames.tmp", O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct frame_out *f = frame_out_new(fd, 3, give_up);
	const size_t noise = 20 * FRAME_CONTENT, size = 36 * FRAME_CONTENT;
	uint64_t state = 1;

	for (size_t i = 0; i < noise; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		content[i] = (unsigned char)((state >> 33) %
		    (i % 4 == 3 ? 4 : 256));
	}
	memset(content + noise, 'x', size - noise);
	if (frame_write(f, "end", 3) < 0 || frame_flush(f, true) < 0
	    || frame_write(f, content, size) < 0
	    || frame_flush(f, true) < 0)
		abort();
	frame_out_free(f);
	close(fd);
	is_int((int64_t)count_frames("frames.tmp", sizes), 37,
	    "a frame before the noise, then whole ones");
}

static void
check_giving_up(void)
{
	const size_t full = FRAME_CONTENT - FRAME_CONTENT / 50;
	size_t sizes[FRAMES], tried = 0, noise = 0, plain = 0;

	pack_noise(true, sizes);
	ok(sizes[1] < full && sizes[17] < full, "a try, and another");
	for (size_t i = 1; i <= 20; i++) {
		tried += sizes[i] < full;
		noise += sizes[i] > full;
	}
	ok(tried == 2 && noise == 18, "no more while it is in vain");
	for (size_t i = 21; i <= 36; i++)
		plain += sizes[i];
	ok(plain < 16 * FRAME_CONTENT / 100, "what shrinks at any level does");
	ok(sizes[33] < sizes[32] && sizes[36] == sizes[33],
	    "and is tried when it is time, then kept up");
	pack_noise(false, sizes);
	ok(sizes[2] < full && sizes[20] < full, "a level that was asked for "
	    "stays");
}

static void
check_ours(void)
{
	is_int((int64_t)frames_of(100, 7), 1, "a little is one frame");
	is_int((int64_t)frames_of(FRAME_CONTENT, 1000), 1,
	    "as much as a frame has");
	is_int((int64_t)frames_of(FRAME_CONTENT + 1, 1000), 2, "one byte more");
	is_int((int64_t)frames_of(3 * FRAME_CONTENT, 3 * FRAME_CONTENT), 3,
	    "three frames in one write");
	is_int((int64_t)frames_of(5 * FRAME_CONTENT / 2, 5000), 3,
	    "writes that do not fit");
}

static void
check_cut(void)
{
	bool all = true;

	for (size_t i = 0; i < 60; i++)
		all = same(packed, n_packed * i / 60 + i % 7, 50000) && all;
	for (size_t i = 1; i < 12; i++)
		all = same(packed, n_packed - i, 50000) && all;
	ok(all, "cut short anywhere: the same bytes and words");
}

static void
check_damaged(void)
{
	unsigned char *bad = malloc(n_packed);
	bool all = true;

	for (size_t i = 0; i < 150; i++) {
		const size_t at = i < 50 ? i : n_packed / 100 * (i - 50)
		    + i % 11;

		memcpy(bad, packed, n_packed);
		bad[at] ^= (unsigned char)(1 << i % 8);
		all = same(bad, n_packed, 50000) && all;
	}
	ok(all, "one bit turned anywhere: the same bytes and words");
	free(bad);
}

/* What each makes of many frames that lie behind the first. */
static void
check_shape(const char *name, const size_t *sizes, size_t n, bool plain)
{
	n_content = n_packed = 0;
	for (size_t i = 0; i < n; i++)
		add_frame(sizes[i], plain && i > 0);
	ok(same(packed, n_packed, 65536)
	    && memcmp(by_one, content, n_content) == 0, "%s", name);
}

/* Behind good frames, what begin_frame refuses: its words name the place. */
static void
check_refused(const char *name, const unsigned char *bytes, size_t size,
    const char *words)
{
	const size_t before = n_packed;

	memcpy(packed + n_packed, bytes, size);
	n_packed += size;
	ok(same(packed, n_packed, 65536), "%s", name);
	ok(last.rc < 0 && strstr(last.text, words) != NULL, "%s: %s", name,
	    last.text);
	n_packed = before;
}

int
main(void)
{
	/* Empty frames: magic, flags, (window), last raw block of no bytes. */
	static const unsigned char unchecked[] = { 0x28, 0xb5, 0x2f, 0xfd,
		0x20, 0, 1, 0, 0 };
	static const unsigned char wide[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x04,
		0x70, 1, 0, 0, 0x99, 0xe9, 0xd8, 0x51 };
	char place[64], folder[] = "/tmp/self-test-XXXXXX";
	const size_t tiny[] = { 1, 1 << 20, 1 << 20, 0, 0, 1, 2, 0, 3, 4, 5, 0 };
	const size_t large[] = { 10, 300000, 5 << 20, 400000, 1 << 20 };
	const size_t plain[] = { 1 << 21, 300000, 5 << 20, 400000, 5 };
	const size_t mixed[] = { 300, 1 << 20, 1 << 20, 0, 1 << 20, 77,
		1 << 20, 500000 };

	if (mkdtemp(folder) == NULL || chdir(folder) < 0) {
		ok(false, "a folder");
		return tap_done();
	}
	content = malloc(ROOM);
	packed = malloc(ROOM);
	by_one = malloc(ROOM);
	by_some = malloc(ROOM);
	check_shape("nothing at all", NULL, 0, false);
	check_shape("tiny and empty frames", tiny, 12, false);
	check_shape("a frame too large for one thread, others behind it",
	    large, 5, false);
	check_shape("the same where they take little room", plain, 5, true);
	check_cut();
	check_shape("ours", mixed, 8, false);
	check_whole();
	check_skippable(0, 0);
	check_skippable(1, 0);
	check_skippable(300000, 0);
	check_skippable(300000, 1);
	check_skippable(0, 1);
	check_side_by_side();
	check_cut();
	check_damaged();
	snprintf(place, sizeof(place), "no zstd frame at byte %zu:", n_packed);
	check_refused("text", (const unsigned char *)"text, no frame", 14,
	    place);
	check_refused("no checksum", unchecked, sizeof(unchecked),
	    "frame 9 has no checksum");
	check_refused("a window too wide", wide, sizeof(wide),
	    "frame 9 needs a window of 16777216 bytes");
	check_ours();
	check_giving_up();
	free(content);
	free(packed);
	free(by_one);
	free(by_some);
	unlink("frames.tmp");
	ok(chdir("/") == 0 && rmdir(folder) == 0, "cleaned up");
	return tap_done();
}
