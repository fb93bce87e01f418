/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "source/tar_index.h"

/* Bytes of the folders that all images have in common, with the slash. */
static size_t
common_folders(const struct names *images)
{
	const char *first = names_get(images, 0);
	const char *slash = strrchr(first, '/');
	size_t size = slash == NULL ? 0 : (size_t)(slash - first) + 1;

	for (size_t i = 1; i < images->n && size > 0; i++) {
		const char *name = names_get(images, i);
		size_t same = 0;

		while (same < size && name[same] == first[same])
			same++;
		while (same > 0 && first[same - 1] != '/')
			same--;
		size = same;
	}
	return size;
}

/* The folder after the first `skip` bytes; false when there is none. */
static bool
folder_of(const char *name, size_t skip, const char **folder, size_t *size)
{
	const char *slash = strchr(name + skip, '/');

	if (slash == NULL)
		return false;
	*folder = name + skip;
	*size = (size_t)(slash - *folder);
	return true;
}

/* Position of the image's folder in `all`; NAMES_NONE too when it has none. */
static int
find_folder(struct names *all, const char *name, size_t skip,
    struct buf *text, size_t *at)
{
	const char *folder;
	size_t size;

	*at = NAMES_NONE;
	text->size = 0;
	if (!folder_of(name, skip, &folder, &size))
		return 0;
	if (buf_append(text, folder, size) < 0 || buf_append(text, "", 1) < 0)
		return fail_last();
	return names_find(all, (const char *)text->data, at);
}

/* Different folders, sorted. */
static int
gather(const struct names *images, size_t skip, struct names *all)
{
	struct buf text = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < images->n; i++) {
		size_t at;

		rc = find_folder(all, names_get(images, i), skip, &text, &at);
		if (rc == 0 && at == NAMES_NONE && text.size > 0)
			rc = names_add(all, (const char *)text.data,
			    text.size - 1);
	}
	buf_free(&text);
	free(all->table);
	all->table = NULL;
	all->table_size = all->in_table = 0;
	return rc < 0 ? rc : names_sort(all, 0);
}

/* Each image's label is its folder's place in p->classes. */
static int
label_all(struct tar_index *ix, struct src_part *p, size_t skip)
{
	struct buf text = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ix->images.n; i++) {
		const char *name = names_get(&ix->images, i);
		struct tar_place *place = &ix->places[i];
		size_t at;

		rc = find_folder(&p->classes, name, skip, &text, &at);
		if (rc < 0)
			break;
		if (text.size == 0) {
			place->label = TAR_DROPPED;
			rc = skips_add(&p->skips, true, "images beside the "
			    "class folders", name);
		} else if (at == NAMES_NONE) {
			rc = skips_add_kept(&p->skips, "images without a "
			    "label, as classes.txt does not name their "
			    "folder", name);
		} else {
			place->label = (int32_t)at;
		}
	}
	buf_free(&text);
	return rc < 0 ? rc : tar_index_drop(ix);
}

int
tar_index_folders(struct tar_index *ix, struct src_part *p)
{
	struct names folders = { 0 };
	size_t skip;
	int rc;

	if (ix->images.n == 0 || ix->has_labels)
		return 0;
	skip = common_folders(&ix->images);
	rc = gather(&ix->images, skip, &folders);
	if (rc == 0 && folders.n < 2) {
		if (skip > 0 || folders.n > 0)
			log_line(LOG_INFO, "%s: no labels: no .cls, and not "
			    "two folders that could be classes (the first "
			    "image is %s)", p->path,
			    names_get(&ix->images, 0));
		names_free(&folders);
		return 0;
	}
	if (rc == 0 && p->classes.n == 0) {
		p->classes = folders;
		p->classes_sorted = true;
		folders = (struct names){ 0 };
	}
	names_free(&folders);
	return rc < 0 ? rc : label_all(ix, p, skip);
}
