/* SPDX-License-Identifier: MIT */
/*
 * Frames through one thread and through several, damaged or not: the same
 * bytes and the same words come out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "stream/frame.h"

#define OUT_MOST ((size_t)8 << 20)
#define CHOICES 7

const struct fuzz_target fuzz_target = { .choices = CHOICES };

struct result {
	unsigned char *bytes;
	size_t size;
	struct fail_state failure;
};

static void
read_all(int fd, int threads, struct result *r)
{
	struct frame_in *f;
	size_t got = 1;

	frame_threads(threads);
	f = frame_in_new(dup(fd));
	if (f == NULL || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	r->size = 0;
	r->failure = (struct fail_state){ 0 };
	while (got > 0 && r->size < OUT_MOST) {
		if (frame_read(f, r->bytes + r->size, OUT_MOST - r->size <
		    70000 ? OUT_MOST - r->size : 70000, &got) < 0) {
			fail_save(&r->failure);
			break;
		}
		r->size += got;
	}
	frame_in_free(f);
}

static void
compare(int fd)
{
	static struct result one, many;
	size_t least;

	if (one.bytes == NULL && ((one.bytes = malloc(OUT_MOST)) == NULL ||
	    (many.bytes = malloc(OUT_MOST)) == NULL))
		abort();
	read_all(fd, 1, &one);
	read_all(fd, 4, &many);
	least = one.size < many.size ? one.size : many.size;
	/* Of a damaged frame, one thread hands out what was before. */
	if (one.failure.code != many.failure.code ||
	    (one.failure.code == 0 && one.size != many.size) ||
	    memcmp(one.bytes, many.bytes, least) != 0 ||
	    strcmp(one.failure.text, many.failure.text) != 0) {
		fprintf(stderr, "%zu bytes, %s; with threads %zu, %s\n",
		    one.size, one.failure.text, many.size, many.failure.text);
		abort();
	}
}

/* Threads are for files of 1 MiB and more: incompressible bytes that repeat
 * the input are in front. */
static unsigned char *
fill(const unsigned char *bytes, size_t size, size_t *all)
{
	const size_t front = (size_t)1 << 20;
	unsigned char *to = malloc(front + size);
	uint32_t noise = 1;

	if (to == NULL)
		abort();
	for (size_t i = 0; i < front; i++) {
		noise = noise * 1664525 + 1013904223;
		to[i] = (unsigned char)(noise >> 24);
	}
	memcpy(to + front, bytes, size);
	*all = front + size;
	return to;
}

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	const size_t cut = size < 3 ? 0 : (size_t)1024 << (bytes[1] & 11);
	char path[FUZZ_PATH];
	unsigned char *all, *packed;
	size_t n, at;
	int fd;

	if (size < CHOICES)
		return 0;
	all = fill(bytes + CHOICES, size - CHOICES, &n);
	packed = fuzz_pack(all, n, cut, &n);
	free(all);
	at = n * ((size_t)bytes[2] << 16 | (size_t)bytes[3] << 8 | bytes[4]) >>
	    24;
	if (bytes[0] & 1)
		packed[at] ^= bytes[5];
	if (bytes[0] & 2)
		n = at;
	if (bytes[0] & 4)
		memcpy(packed + at, bytes, n - at < size ? n - at : size);
	fd = fuzz_file(packed, n, path);
	compare(fd);
	close(fd);
	free(packed);
	return 0;
}
