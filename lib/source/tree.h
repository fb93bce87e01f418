/*
 * tree: the images below a folder, and which of its sub-folders are classes.
 */
#ifndef SELF_SOURCE_TREE_H
#define SELF_SOURCE_TREE_H

#include <sys/types.h>

#include "source/kind.h"

/* A folder below the root with the images that lie in it. */
struct folder {
	size_t parent;		/* folder; SIZE_MAX: the root has none */
	size_t start, n;	/* in `files` */
	size_t first;		/* sample */
	int64_t class;
	dev_t device;
	ino_t inode;
};

struct tree {
	int root;		/* descriptor */
	struct names paths;	/* of the folders, relative; "" the root */
	struct names files;	/* without their folder; sorted in each */
	struct folder *folders;	/* one for each path */
	size_t room;
	struct skips *skips;	/* of the part */
	size_t lost;		/* images that were skipped so far */
};

/*
 * Walks the folder open as t->root; the rest of *t is zeros.  Fills folders
 * and files, and of the part n, classes, max_label and skips.  FAIL_FORMAT
 * when there is no JPEG file, FAIL_IO for a folder that may not be read.
 */
int tree_walk(struct tree *, struct src_part *) FAIL_CHECKED;

#endif
