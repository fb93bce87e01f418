/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "source/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COPY_STEP 65536

static const char *
folder(void)
{
	const char *dir = getenv("TMPDIR");

	return dir == NULL || *dir == '\0' ? "/tmp" : dir;
}

int
spill_new(void)
{
	char path[4096];
	int fd = open(folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	if ((size_t)snprintf(path, sizeof(path), "%s/self-XXXXXX",
	    folder()) >= sizeof(path))
		return fail(FAIL_USAGE, "TMPDIR is too long a path");
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return fail_errno("temporary file %s", path);
	unlink(path);
	return fd;
}

static int
fail_full(void)
{
	return fail_errno("temporary file in %s (TMPDIR chooses another "
	    "folder)", folder());
}

int
spill_write(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size > 0) {
		const ssize_t put = write(fd, at, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return fail_full();
		at += put;
		size -= (size_t)put;
	}
	return 0;
}

int
spill_end(int fd, uint64_t *end)
{
	const off_t at = lseek(fd, 0, SEEK_CUR);

	if (at < 0)
		return fail_errno("seek");
	*end = (uint64_t)at;
	return 0;
}

int
spill_hole(int fd, uint64_t size)
{
	uint64_t end = 0;

	if (spill_end(fd, &end) < 0)
		return fail_last();
	if (ftruncate(fd, (off_t)(end + size)) < 0)
		return fail_full();
	return lseek(fd, (off_t)(end + size), SEEK_SET) < 0 ?
	    fail_errno("seek") : 0;
}

static int
copy_all(int to, int from)
{
	char step[COPY_STEP];

	for (;;) {
		const ssize_t got = read(from, step, sizeof(step));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno("read");
		if (got == 0)
			return 0;
		if (spill_write(to, step, (size_t)got) < 0)
			return fail_last();
	}
}

int
spill_copy(int from)
{
	const int fd = spill_new();

	if (fd >= 0 && copy_all(fd, from) < 0) {
		close(fd);
		return fail_last();
	}
	return fd;
}

int
spill_read(int fd, void *to, size_t size, uint64_t offset)
{
	char *at = to;

	while (size > 0) {
		const ssize_t got = pread(fd, at, size, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno("read");
		if (got == 0)
			return fail(FAIL_FORMAT, "ends %zu bytes early", size);
		at += got;
		size -= (size_t)got;
		offset += (uint64_t)got;
	}
	return 0;
}
