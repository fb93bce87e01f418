/* SPDX-License-Identifier: MIT */
/* Anything as an archive: its index, its labels and every member. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "replay.h"
#include "source/kind.h"
#include "source/spill.h"

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

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	char path[] = "-";
	int spill = -1;
	struct src_part part = { .path = path, .max_label = SOURCE_NO_LABEL };
	struct src_probe probe = { .path = path, .is_only = true };

	part.spill = &spill;
	probe.fd = memfd_create("archive", MFD_CLOEXEC);
	if (probe.fd < 0 || spill_write(probe.fd, bytes, size) < 0)
		abort();
	part.kind = &src_tar;
	if (src_tar.open(&part, &probe) == 0 &&
	    src_tar.settle(&part, &part, 1) == 0)
		use(&part);
	else if (*fail_text() == '\0')
		abort();
	src_tar.close(&part);
	names_free(&part.classes);
	skips_free(&part.skips);
	if (spill >= 0)
		close(spill);
	if (probe.fd >= 0)
		close(probe.fd);
	return 0;
}
