/*
 * synth_set: which files in a folder ssl-synth wrote, and their removal.
 *
 * A set is a folder with a marker file, train/CLASS/NNNNN.jpg and
 * test/CLASS/NNNNN.jpg.  The marker says how many of each were to be written,
 * and whether the set is the finished one.  Only what the marker names is ever
 * removed, links are never followed, and a folder that holds anything else
 * stays untouched.
 */
#ifndef SELF_IMAGE_SYNTH_SET_H
#define SELF_IMAGE_SYNTH_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

enum synth_state {
	SYNTH_INCOMPLETE,	/* being written */
	SYNTH_COMPLETE,
	SYNTH_OBSOLETE		/* about to be removed */
};

struct synth_set {
	enum synth_state state;
	uint64_t n[2];		/* images under train and test */
	int classes;
};

extern const char *const synth_parts[2];	/* "train", "test" */

/* Writes the marker into the folder `path`, whole or not at all. */
int synth_set_mark(const char *path, const struct synth_set *) FAIL_CHECKED;

/* What the marker in `path` says.  FAIL_IO with a message that says what to
 * do when `path` is a link, no folder, or has no marker of ours. */
int synth_set_read(const char *path, struct synth_set *) FAIL_CHECKED;

/* Checks that the folder holds nothing that its marker does not name, and
 * then, if `away`, removes it. */
int synth_set_sweep(const char *path, bool away) FAIL_CHECKED;

#endif
