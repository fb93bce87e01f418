/* SPDX-License-Identifier: MIT */
/* Anything as an archive: its index, its labels and every member. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "source/kind.h"
#include "source/spill.h"

static const char *const words[] = { "ustar", "ustar  ", "././@LongLink", "pax",
	"30 path=a.jpg\n", "25 GNU.sparse.major=1\n", "GNU.sparse.map=",
	"GNU.sparse.realsize=", "size=", ".cls", ".jpg", "00000001000", "0", "1",
	"2", "5", "L", "K", "S", "x", "g", NULL };
const struct fuzz_target fuzz_target = { .words = words };

static void
use(const struct src_part *p)
{
	struct source_sample s = { 0 };
	struct buf key = { 0 };

	for (size_t i = 0; i < p->n; i++) {
		key.size = 0;
		if (src_tar.label(p, i) < SOURCE_NO_LABEL ||
		    src_tar.label(p, i) > p->max_label ||
		    src_tar.key(p, i, &key) < 0)
			abort();
		if (src_tar.read(p, i, &s) < 0 && *fail_text() == '\0')
			abort();
	}
	buf_free(&s.bytes);
	buf_free(&key);
}

/* Damaged headers get their checksum again, or none would be read further. */
static void
repair(int fd, const unsigned char *bytes, size_t size)
{
	for (size_t at = 0; at + 512 <= size; at += 512) {
		char sum[8];
		unsigned total = 8 * ' ';

		if (memcmp(bytes + at + 257, "ustar", 5) != 0)
			continue;
		for (size_t i = 0; i < 512; i++)
			total += i < 148 || i >= 156 ? bytes[at + i] : 0;
		snprintf(sum, sizeof(sum), "%06o", total);
		if (pwrite(fd, sum, sizeof(sum), (off_t)at + 148) != 8)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	char path[] = "-";
	struct src_part part = { .path = path, .max_label = SOURCE_NO_LABEL };
	struct src_probe probe = { .path = path, .is_only = true };

	probe.fd = memfd_create("archive", MFD_CLOEXEC);
	if (probe.fd < 0 || spill_write(probe.fd, bytes, size) < 0)
		abort();
	repair(probe.fd, bytes, size);
	part.kind = &src_tar;
	if (src_tar.open(&part, &probe) == 0 &&
	    src_tar.settle(&part, &part, 1) == 0)
		use(&part);
	else if (*fail_text() == '\0')
		abort();
	src_tar.close(&part);
	names_free(&part.classes);
	skips_free(&part.skips);
	if (probe.fd >= 0)
		close(probe.fd);
	return 0;
}
