/* SPDX-License-Identifier: MIT */
/*
 * Feeds anything to the stream reader and to all that shows what it read.
 *
 * With clang: -fsanitize=fuzzer,address -DSELF_LIBFUZZER.  With any compiler:
 * fuzz_stream FILE... replays files and what is inside their frames, and
 * -n COUNT before them also tries COUNT damaged copies of each.  An input is tried as it is and as the
 * contents of one good frame, since nothing damaged gets past a checksum.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "stream/frame.h"
#include "stream/show.h"

#define MOST ((size_t)1 << 17)	/* bytes of input; zstd's largest block */

int LLVMFuzzerTestOneInput(const unsigned char *, size_t);

static int
swallow(void *arg, const void *text, size_t size)
{
	size_t *total = arg;

	(void)text;
	*total += size;
	return 0;
}

/* A stream that was read without failure can be written and shown. */
static void
try_stream(const void *bytes, size_t size)
{
	for (const struct show_view *v = show_views; v->option != NULL; v++) {
		size_t total = 0;
		struct show s = { .out = { .drain = swallow, .arg = &total },
			.key = "x", .record = -1 };
		struct stream_in *in = stream_open_bytes(bytes, size);

		if (in == NULL)
			return;
		if (show_all(&s, v, in) < 0 && *fail_text() == '\0')
			abort();	/* every failure has words */
		stream_close(in);
		show_free(&s);
	}
}

static uint64_t
load(const unsigned char *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static uint64_t
rotate(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

#define P1 0x9E3779B185EBCA87u
#define P2 0xC2B2AE3D27D4EB4Fu
#define P3 0x165667B19E3779F9u
#define P4 0x85EBCA77C2B2AE63u
#define P5 0x27D4EB2F165667C5u

static uint64_t
lane(uint64_t sum, uint64_t word)
{
	return rotate(sum + word * P2, 31) * P1;
}

/* XXH64 with seed 0, whose lower half is a frame's checksum. */
static uint64_t
checksum(const unsigned char *p, size_t size)
{
	uint64_t v[4] = { P1 + P2, P2, 0, -P1 }, h = P5;
	size_t left = size;

	for (; left >= 32; left -= 32)
		for (int i = 0; i < 4; i++, p += 8)
			v[i] = lane(v[i], load(p, 8));
	if (size >= 32) {
		h = rotate(v[0], 1) + rotate(v[1], 7) + rotate(v[2], 12) +
		    rotate(v[3], 18);
		for (int i = 0; i < 4; i++)
			h = (h ^ lane(0, v[i])) * P1 + P4;
	}
	h += size;
	for (; left >= 8; left -= 8, p += 8)
		h = rotate(h ^ lane(0, load(p, 8)), 27) * P1 + P4;
	for (; left >= 4; left -= 4, p += 4)
		h = rotate(h ^ load(p, 4) * P1, 23) * P2 + P3;
	for (; left > 0; left--, p++)
		h = rotate(h ^ *p * P5, 11) * P1;
	h = (h ^ h >> 33) * P2;
	h = (h ^ h >> 29) * P3;
	return h ^ h >> 32;
}

/* One frame with the bytes in one raw block; returns its size. */
static size_t
wrap(unsigned char *frame, const unsigned char *data, size_t size)
{
	static const unsigned char begin[6] = { 0x28, 0xb5, 0x2f, 0xfd, 0x04,
		0x58 };
	const uint64_t block = (uint64_t)size << 3 | 1;
	const uint64_t sum = checksum(data, size);

	memcpy(frame, begin, 6);
	for (int i = 0; i < 3; i++)
		frame[6 + i] = (unsigned char)(block >> 8 * i);
	memcpy(frame + 9, data, size);
	for (int i = 0; i < 4; i++)
		frame[9 + size + (size_t)i] = (unsigned char)(sum >> 8 * i);
	return size + 13;
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static unsigned char frame[MOST + 13];

	try_stream(data, size);
	if (size <= MOST)
		try_stream(frame, wrap(frame, data, size));
	return 0;
}

#ifndef SELF_LIBFUZZER
/* A few bytes changed, put in, or left out; room for `size` + 8. */
static size_t
damage(unsigned char *p, size_t size, struct rng *r)
{
	static const unsigned char favourites[] = { 0x00, 0x80, 0x81, 0x90,
		0x91, 0xa0, 0xc0, 0xc4, 0xc6, 0xc9, 0xdb, 0xdd, 0xdf, 0xff };
	const uint64_t changes = 1 + rng_below(r, 4);

	for (uint64_t i = 0; i < changes && size > 0; i++) {
		const size_t at = (size_t)rng_below(r, size);
		const uint64_t how = rng_below(r, 5);

		if (how == 0) {
			p[at] ^= (unsigned char)(1 << rng_below(r, 8));
		} else if (how == 1) {
			p[at] = favourites[rng_below(r, sizeof(favourites))];
		} else if (how == 2) {
			memmove(p + at, p + at + 1, size - at - 1);
			size--;
		} else if (how == 3) {
			memmove(p + at + 1, p + at, size - at);
			p[at] = favourites[rng_below(r, sizeof(favourites))];
			size++;
		} else {
			memset(p + at, 0xff, size - at < 4 ? size - at : 4);
		}
	}
	return size;
}

static void
try_all(const unsigned char *data, size_t size, uint32_t file,
    unsigned long count)
{
	static unsigned char copy[MOST + 8];

	LLVMFuzzerTestOneInput(data, size);
	for (unsigned long n = 0; n < count; n++) {
		struct rng r = rng_at(0, 0, n, file, 1);

		memcpy(copy, data, size);
		LLVMFuzzerTestOneInput(copy, damage(copy, size, &r));
	}
}

/* What is inside the frames, as far as it can be read. */
static size_t
unwrap(unsigned char *to, const unsigned char *data, size_t size)
{
	struct frame_in *f = frame_in_bytes(data, size);
	size_t all = 0, got = 1;

	while (f != NULL && all < MOST && got > 0 &&
	    frame_read(f, to + all, MOST - all, &got) == 0)
		all += got;
	frame_in_free(f);
	return all;
}

int
main(int argc, char **argv)
{
	static unsigned char data[MOST], inside[MOST];
	const bool many = argc > 2 && strcmp(argv[1], "-n") == 0;
	const unsigned long count = many ? strtoul(argv[2], NULL, 10) : 0;

	for (int i = many ? 3 : 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		const size_t size = f != NULL ? fread(data, 1, MOST, f) : 0;

		if (f == NULL || ferror(f)) {
			perror(argv[i]);
			return 1;
		}
		fclose(f);
		try_all(data, size, (uint32_t)i, count);
		try_all(inside, unwrap(inside, data, size), (uint32_t)i,
		    count);
	}
	return 0;
}
#endif
