/*
 * synth_folder: a labelled set of procedural pictures as a folder.
 *
 * PATH/train/CLASS/00000.jpg … and PATH/test/CLASS/…, which is what sources
 * call an ImageFolder, and a marker (image/synth_set.h).  A class without an
 * image has no folder.  Everything is
 * written under "PATH.part" and renamed to PATH when complete; a set that is
 * replaced is "PATH.old" for a moment.  What a killed run left under these
 * names is removed first, if its marker says so.
 */
#ifndef SELF_IMAGE_SYNTH_FOLDER_H
#define SELF_IMAGE_SYNTH_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/pool.h"

struct synth_plan {
	const char *path;	/* borrowed */
	bool replace;		/* a folder of that name, if its marker names
				 * all that it holds */
	uint64_t n[2];		/* pictures for train and test, over all classes:
				 * each class has as many, or one less */
	int classes, size, quality;
	uint64_t seed;
};

struct synth_folder;

/* Makes the folders.  NULL and a failure, also when PATH is there and
 * may not be replaced.  The plan is borrowed. */
struct synth_folder *synth_folder_new(const struct synth_plan *,
    struct pool *);

/* Writes the next pictures, at most `most`; how many, 0 when all are there.
 * The same files for any number of threads. */
int synth_folder_write(struct synth_folder *, int most) FAIL_CHECKED;

/* Gives the finished folder its name, and frees; removes it if that fails. */
int synth_folder_finish(struct synth_folder *) FAIL_CHECKED;

/* Takes away what was written, and frees; NULL is fine. */
void synth_folder_discard(struct synth_folder *);

#endif
