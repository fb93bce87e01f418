/*
 * tar_index: the images of tar archives, each with its place and its label.
 *
 * A label finds its images by name, wherever it lies in its archive.  First
 * by the whole name without .cls: a.v2.cls labels a.v2.jpg.  Then by
 * WebDataset's key, the name up to the first dot of its last part: s.cls, or
 * an s.x.cls that found no image, labels every s.*.jpg that has no label.
 *
 * While an archive is read, its labels and links are kept, and tables for
 * finding names: at most 200 bytes a member and four times its name.  Then
 * 24 bytes an image and its name remain.
 */
#ifndef SELF_SOURCE_TAR_INDEX_H
#define SELF_SOURCE_TAR_INDEX_H

#include "source/kind.h"

struct tar_place {
	uint64_t offset : 56;
	uint64_t extension : 3;		/* bytes of the name not in the key */
	uint64_t is_spilled : 1;	/* in the source's spill, not the file */
	uint64_t has_label : 1;		/* from a .cls; -1 is one too */
	uint32_t size;
	int32_t label;
};

/* Members of one archive.  names: without "./" before them. */
struct tar_group {
	struct names images;
	struct tar_place *places;	/* of the images */
	size_t room;
	struct names labels, stems;	/* of .cls members; without .cls */
	int64_t *values;		/* of the labels */
	size_t values_room;
	struct names links;		/* name and target, in turn, of links
					 * to what has not come yet */
};

/* Images of one archive: up to the next span's first. */
struct tar_span {
	size_t first;
	size_t common;		/* in `commons` */
	bool has_labels;	/* it has .cls members */
	bool has_folders;	/* the folders in the common one are classes */
};

/* All zeros is empty. */
struct tar_index {
	struct tar_group group;		/* the archive that is read now */
	struct names images;		/* of all archives before it */
	struct tar_place *places;
	size_t room;
	bool has_labels;		/* any .cls came */
	struct tar_span *spans;
	size_t n_spans, spans_room;
	struct names commons;		/* "", or with a slash at the end */
};

/* The name without "./" before it. */
const char *tar_name(const char *name);

bool tar_is_label_name(const char *name);	/* .cls, any case */

/* One more image of the archive.  Where its name came before, it replaces
 * that image, which counts as lost. */
int tar_index_image(struct tar_index *, const char *name,
    struct tar_place, struct skips *) FAIL_CHECKED;

/* One more label; FAIL_FORMAT when it contradicts another. */
int tar_index_label(struct tar_index *, const char *name, int64_t value)
    FAIL_CHECKED;

/* A link: `target` is a member's name, for a symbolic link a path from the
 * link's folder.  A link to a folder with images is not followed, but lost. */
int tar_index_link(struct tar_index *, const char *name, const char *target,
    bool is_symbolic, struct skips *) FAIL_CHECKED;

/* The end of an archive: links and labels find their images.  What they do
 * not find counts as lost; so does an image without a label where the archive
 * has labels. */
int tar_index_join(struct tar_index *, struct skips *) FAIL_CHECKED;

/* Whether the first image of an archive is in no folder. */
bool tar_index_is_flat(const struct tar_index *, size_t span);

/* How many images are of flat archives without any label. */
size_t tar_index_unlabelled(const struct tar_index *);

/*
 * tar_folders.c: folders as classes, where no .cls came.
 *
 * The folders of an archive's images are their classes when there are two or
 * more below the folders that all its images have in common.  An archive with
 * one folder alone adopts what another one has in the place of it.
 */
int tar_folders_find(struct tar_index *) FAIL_CHECKED;
int tar_folders_adopt(struct tar_index *, const struct tar_index *from)
    FAIL_CHECKED;
bool tar_folders_any(const struct tar_index *);

/* Adds the classes to p->classes, or looks them up where it has names, and
 * gives images their labels.  Images beside the folders are removed.  They,
 * and images that have no label, count as lost. */
int tar_folders_apply(struct tar_index *, struct src_part *) FAIL_CHECKED;

/* Counts as without a label the images of archives that have folders and no
 * .cls, beside archives that have labels. */
int tar_folders_lost(const struct tar_index *, struct skips *) FAIL_CHECKED;

/* Removes the images that have the label TAR_DROPPED.  Spans no longer hold
 * their images then, but for has_folders and common. */
#define TAR_DROPPED (-2)
int tar_index_drop(struct tar_index *) FAIL_CHECKED;

void tar_index_free(struct tar_index *);

#endif
