/*
 * replay: a main for fuzz targets without libFuzzer.
 *
 *	TARGET FILE...		tries each file
 *	TARGET -n COUNT FILE...	and COUNT damaged copies of each
 *
 * Built with -DSELF_LIBFUZZER nothing is here, and libFuzzer brings its own.
 */
#ifndef SELF_FUZZ_REPLAY_H
#define SELF_FUZZ_REPLAY_H

int LLVMFuzzerTestOneInput(const unsigned char *, size_t);

#ifndef SELF_LIBFUZZER
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

#define REPLAY_MOST ((size_t)1 << 20)	/* bytes of an input */

/* A few bytes changed, put in, left out, or the end cut off. */
static size_t
replay_damage(unsigned char *p, size_t size, struct rng *r)
{
	const uint64_t changes = 1 + rng_below(r, 6);

	for (uint64_t i = 0; i < changes && size > 1; i++) {
		const size_t at = (size_t)rng_below(r, size);

		switch (rng_below(r, 6)) {
		case 0:
			p[at] ^= (unsigned char)(1 << rng_below(r, 8));
			break;
		case 1:
			p[at] = (unsigned char)rng_u32(r);
			break;
		case 2:
			memmove(p + at, p + at + 1, --size - at);
			break;
		case 3:
			memmove(p + at + 1, p + at, size++ - at);
			break;
		case 4:
			memset(p + at, rng_coin(r, 0.5) ? 0xff : 0,
			    size - at < 4 ? size - at : 4);
			break;
		default:
			size = rng_coin(r, 0.1) ? at + 1 : size;
		}
	}
	return size;
}

/* Each input in memory of its own size, so that a sanitizer sees the end. */
static void
replay_one(const unsigned char *bytes, size_t size)
{
	unsigned char *exact = malloc(size + (size == 0));

	if (exact == NULL)
		exit(1);
	memcpy(exact, bytes, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static int
replay_file(const char *path, uint32_t number, unsigned long count)
{
	static unsigned char bytes[REPLAY_MOST], copy[REPLAY_MOST + 8];
	FILE *f = fopen(path, "rb");
	size_t size;

	if (f == NULL) {
		perror(path);
		return 1;
	}
	size = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	replay_one(bytes, size);
	for (unsigned long n = 0; n < count; n++) {
		struct rng r = rng_at(0, 0, n, number, 1);

		memcpy(copy, bytes, size);
		replay_one(copy, replay_damage(copy, size, &r));
	}
	return 0;
}

int
main(int argc, char **argv)
{
	const int many = argc > 2 && strcmp(argv[1], "-n") == 0;
	const unsigned long count = many ? strtoul(argv[2], NULL, 10) : 0;
	int rc = 0;

	for (int i = many ? 3 : 1; i < argc; i++)
		rc |= replay_file(argv[i], (uint32_t)i, count);
	return rc;
}
#endif
#endif
