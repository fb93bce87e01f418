/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "fuzz.h"
#include "source/spill.h"

unsigned char *
fuzz_pack(const unsigned char *bytes, size_t size, size_t cut, size_t *packed)
{
	static ZSTD_CCtx *zstd;
	const size_t part = cut == 0 || cut > size ? size : cut;
	const size_t frames = part == 0 ? 1 : (size + part - 1) / part;
	const size_t room = size + size / 128 + frames * 1024;
	unsigned char *to = malloc(room);
	size_t done = 0;

	if (zstd == NULL)
		zstd = ZSTD_createCCtx();
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, -5);
	*packed = 0;
	do {
		const size_t n = size - done < part ? size - done : part;
		const size_t got = to == NULL ? 0 : ZSTD_compress2(zstd,
		    to + *packed, room - *packed, bytes + done, n);

		if (to == NULL || ZSTD_isError(got))
			abort();
		*packed += got;
		done += n;
	} while (done < size);
	return to;
}

int
fuzz_file(const void *bytes, size_t size, char path[FUZZ_PATH])
{
	const int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || spill_write(fd, bytes, size) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0)
		abort();
	snprintf(path, FUZZ_PATH, "/dev/fd/%d", fd);
	return fd;
}

int
fuzz_stream(const unsigned char *bytes, size_t size, char path[FUZZ_PATH])
{
	size_t packed;
	unsigned char *frame = fuzz_pack(bytes, size, 0, &packed);
	const int fd = fuzz_file(frame, packed, path);

	free(frame);
	return fd;
}

void
fuzz_failed(void)
{
	if (*fail_text() == '\0') {
		fprintf(stderr, "a failure without words\n");
		abort();
	}
}

void
fuzz_must(int rc)
{
	if (rc < 0) {
		fprintf(stderr, "%s\n", fail_text());
		abort();
	}
}

struct pool *
fuzz_pool(void)
{
	static struct pool *pool;

	if (pool == NULL)
		pool = pool_new(1);
	if (pool == NULL)
		abort();
	return pool;
}
