/* SPDX-License-Identifier: MIT */
/*
 * A main for fuzz targets without libFuzzer.
 *
 *	TARGET FILE...		tries each file
 *	TARGET -n COUNT FILE...	and COUNT damaged copies of each
 *
 * The same damage in the same order, however far it gets; how many inputs were
 * tried is said at the end, also when SIGTERM asks for it.
 */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "fuzz.h"

static volatile sig_atomic_t stopped;
static struct rng rng;

static void
stop(int number)
{
	(void)number;
	stopped = 1;
}

/* A few bytes changed, put in, left out, or the end cut off. */
size_t
LLVMFuzzerMutate(unsigned char *p, size_t size, size_t most)
{
	for (uint64_t n = 1 + rng_below(&rng, 6); n > 0 && size > 1; n--) {
		const size_t at = (size_t)rng_below(&rng, size);

		switch (rng_below(&rng, 6)) {
		case 0:
			p[at] ^= (unsigned char)(1 << rng_below(&rng, 8));
			break;
		case 1:
			p[at] = (unsigned char)rng_u32(&rng);
			break;
		case 2:
			memmove(p + at, p + at + 1, --size - at);
			break;
		case 3:
			if (size < most) {
				memmove(p + at + 1, p + at, size - at);
				size++;
			}
			break;
		case 4:
			memset(p + at, rng_coin(&rng, 0.5) ? 0xff : 0,
			    size - at < 4 ? size - at : 4);
			break;
		default:
			size = rng_coin(&rng, 0.1) ? at + 1 : size;
		}
	}
	return size;
}

/* Each input in memory of its own size, so that a sanitizer sees the end. */
static void
try(const unsigned char *bytes, size_t size)
{
	unsigned char *exact = malloc(size + (size == 0));

	if (exact == NULL)
		exit(1);
	memcpy(exact, bytes, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

/* A file's bytes. */
struct input {
	unsigned char *bytes;
	size_t size;
};

static struct input
load(const char *path)
{
	struct input in = { malloc(FUZZ_MOST), 0 };
	FILE *f = fopen(path, "rb");

	if (f == NULL || in.bytes == NULL) {
		perror(path);
		exit(1);
	}
	in.size = fread(in.bytes, 1, FUZZ_MOST, f);
	fclose(f);
	return in;
}

/* The nth damaged copy of an input, changed one to eight times. */
static void
try_damaged(const struct input *in, uint32_t number, unsigned long n)
{
	static unsigned char copy[FUZZ_MOST];
	size_t size = in->size;

	memcpy(copy, in->bytes, size);
	for (unsigned i = 0; i <= n % 8; i++) {
		rng = rng_at(i, 1, n, number, 1);
		size = LLVMFuzzerCustomMutator(copy, size, sizeof(copy),
		    rng_u32(&rng));
	}
	try(copy, size);
}

int
main(int argc, char **argv)
{
	const int many = argc > 2 && strcmp(argv[1], "-n") == 0;
	const unsigned long count = many ? strtoul(argv[2], NULL, 10) : 0;
	const struct sigaction act = { .sa_handler = stop };
	const int first = many ? 3 : 1, files = argc - first;
	struct input *in = calloc((size_t)argc, sizeof(*in));
	unsigned long tried = 0;

	if (in == NULL)
		return 1;
	sigaction(SIGTERM, &act, NULL);
	for (int i = 0; i < files && stopped == 0; i++, tried++) {
		in[i] = load(argv[first + i]);
		try(in[i].bytes, in[i].size);
	}
	for (unsigned long n = 0; n < count && stopped == 0; n++)
		for (int i = 0; i < files && stopped == 0; i++, tried++)
			try_damaged(&in[i], (uint32_t)i, n);
	printf("%lu inputs tried\n", tried);
	for (int i = 0; i < files; i++)
		free(in[i].bytes);
	free(in);
	return 0;
}
