/* SPDX-License-Identifier: MIT */
/*
 * Anything as the marker of a folder that ssl-synth made.  Nothing is removed
 * whatever it says, as the folder holds a file of somebody else.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "image/synth_set.h"

static const char *const words[] = { "ssl-synth 1\n", "state ", "incomplete\n",
	"complete\n", "obsolete\n", "train ", "test ", "classes ", "0", "1",
	"30", "31", "-1", "99999999999999999999", "\n", NULL };
const struct fuzz_target fuzz_target = { .words = words };

static char folder[] = "/tmp/fuzz-marker-XXXXXX";
static int at = -1;

static void
leave(void)
{
	(void)unlinkat(at, ".ssl-synth", 0);
	(void)unlinkat(at, "mine.jpg", 0);
	(void)rmdir(folder);
}

static void
put(const char *name, const unsigned char *bytes, size_t size)
{
	const int fd = openat(at, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	close(fd);
}

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	struct synth_set set;

	if (at < 0) {
		if (mkdtemp(folder) == NULL ||
		    (at = open(folder, O_RDONLY | O_DIRECTORY)) < 0)
			abort();
		atexit(leave);
		put("mine.jpg", bytes, 0);
	}
	put(".ssl-synth", bytes, size);
	if (synth_set_read(folder, &set) < 0)
		fuzz_failed();
	if (synth_set_sweep(folder, true) == 0 ||
	    faccessat(at, "mine.jpg", F_OK, 0) < 0)
		abort();
	fuzz_failed();
	return 0;
}
