/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "source/tar_index.h"

static size_t
end_of(const struct tar_index *ix, size_t span)
{
	return span + 1 < ix->n_spans ? ix->spans[span + 1].first :
	    ix->images.n;
}

static const char *
common_of(const struct tar_index *ix, size_t span)
{
	return names_get(&ix->commons, ix->spans[span].common);
}

/* Bytes of the folders that the span's images have in common, with the
 * slash. */
static size_t
common_folders(const struct tar_index *ix, size_t span)
{
	const size_t start = ix->spans[span].first;
	const char *first = names_get(&ix->images, start);
	const char *slash = strrchr(first, '/');
	size_t size = slash == NULL ? 0 : (size_t)(slash - first) + 1;

	for (size_t i = start; i < end_of(ix, span) && size > 0; i++) {
		const char *name = names_get(&ix->images, i);
		size_t same = 0;

		while (same < size && name[same] == first[same])
			same++;
		while (same > 0 && first[same - 1] != '/')
			same--;
		size = same;
	}
	return size;
}

/* The folder after the first `skip` bytes; size 0 when there is none. */
static const char *
folder_of(const char *name, size_t skip, size_t *size)
{
	const char *slash = strchr(name + skip, '/');

	*size = slash == NULL ? 0 : (size_t)(slash - name) - skip;
	return name + skip;
}

/* Whether there are two different folders after `skip` bytes. */
static bool
has_two(const struct tar_index *ix, size_t span, size_t skip)
{
	const char *first = NULL;
	size_t n = 0;

	for (size_t i = ix->spans[span].first; i < end_of(ix, span); i++) {
		size_t size;
		const char *folder = folder_of(names_get(&ix->images, i), skip,
		    &size);

		if (size == 0)
			continue;
		if (first != NULL && (n != size ||
		    memcmp(first, folder, n) != 0))
			return true;
		first = folder;
		n = size;
	}
	return false;
}

int
tar_folders_find(struct tar_index *ix)
{
	for (size_t s = 0; !ix->has_labels && s < ix->n_spans; s++) {
		const size_t skip = common_folders(ix, s);

		ix->spans[s].has_folders = has_two(ix, s, skip);
		ix->spans[s].common = ix->commons.n;
		if (names_add(&ix->commons, names_get(&ix->images,
		    ix->spans[s].first), skip) < 0)
			return fail_last();
	}
	return 0;
}

/* What class folders have in common, in `to`; nothing if `ix` has none. */
static int
gather_commons(const struct tar_index *ix, struct names *to)
{
	for (size_t s = 0; s < ix->n_spans; s++) {
		const char *common = common_of(ix, s);
		size_t at;

		if (!ix->spans[s].has_folders)
			continue;
		if (names_find(to, common, &at) < 0 || (at == NAMES_NONE &&
		    names_add(to, common, strlen(common)) < 0))
			return fail_last();
	}
	return 0;
}

/* "train/dog/" adopts the nearest of "train/" and "". */
static int
adopt(struct tar_index *ix, struct tar_span *span, struct names *commons)
{
	struct buf text = { 0 };
	size_t at = NAMES_NONE;
	int rc = buf_printf(&text, "%s", names_get(&ix->commons,
	    span->common));

	while (rc == 0 && text.size > 0 && at == NAMES_NONE) {
		do
			text.size--;
		while (text.size > 0 && text.data[text.size - 1] != '/');
		text.data[text.size] = '\0';
		rc = names_find(commons, (const char *)text.data, &at);
	}
	if (rc == 0 && at != NAMES_NONE) {
		span->has_folders = true;
		span->common = ix->commons.n;
		rc = names_add(&ix->commons, (const char *)text.data,
		    text.size);
	}
	buf_free(&text);
	return rc;
}

int
tar_folders_adopt(struct tar_index *ix, const struct tar_index *from)
{
	struct names commons = { 0 };
	int rc = 0;

	if (ix->has_labels || from->has_labels || !tar_folders_any(from))
		return 0;
	for (size_t s = 0; rc == 0 && s < ix->n_spans; s++) {
		if (ix->spans[s].has_folders)
			continue;
		if (commons.n == 0)
			rc = gather_commons(from, &commons);
		if (rc == 0)
			rc = adopt(ix, &ix->spans[s], &commons);
	}
	names_free(&commons);
	return rc;
}

bool
tar_folders_any(const struct tar_index *ix)
{
	for (size_t s = 0; s < ix->n_spans; s++)
		if (ix->spans[s].has_folders)
			return true;
	return false;
}

/* Position of the image's folder in `all`; NAMES_NONE too when it has none,
 * which leaves *text empty. */
static int
find_folder(struct names *all, const char *name, size_t skip,
    struct buf *text, size_t *at)
{
	size_t size;
	const char *folder = folder_of(name, skip, &size);

	*at = NAMES_NONE;
	text->size = 0;
	if (size == 0)
		return 0;
	if (buf_append(text, folder, size) < 0 || buf_append(text, "", 1) < 0)
		return fail_last();
	return names_find(all, (const char *)text->data, at);
}

/* Different folders, sorted. */
static int
gather(const struct tar_index *ix, struct names *all)
{
	struct buf text = { 0 };
	int rc = 0;

	for (size_t s = 0; s < ix->n_spans; s++) {
		const size_t skip = strlen(common_of(ix, s));
		size_t i = ix->spans[s].first;

		for (; rc == 0 && ix->spans[s].has_folders &&
		    i < end_of(ix, s); i++) {
			size_t at;

			rc = find_folder(all, names_get(&ix->images, i), skip,
			    &text, &at);
			if (rc == 0 && at == NAMES_NONE && text.size > 0)
				rc = names_add(all, (const char *)text.data,
				    text.size - 1);
		}
	}
	buf_free(&text);
	return rc < 0 ? rc : names_sort(all, 0);
}

/* An image's label is its folder's place in p->classes. */
static int
label_image(struct tar_index *ix, struct src_part *p, size_t i, size_t skip,
    struct buf *text)
{
	const char *name = names_get(&ix->images, i);
	struct tar_place *place = &ix->places[i];
	size_t at;

	if (find_folder(&p->classes, name, skip, text, &at) < 0)
		return fail_last();
	if (text->size == 0) {
		place->label = TAR_DROPPED;
		return skips_add(&p->skips, true, "image{|s} beside the class "
		    "folders", name);
	}
	if (at == NAMES_NONE)
		return skips_add_kept(&p->skips, "image{|s} without a label, as "
		    "classes.txt does not name their folder", name);
	place->label = (int32_t)at;
	return 0;
}

static int
lose(const struct tar_index *ix, size_t span, struct skips *skips)
{
	for (size_t i = ix->spans[span].first; i < end_of(ix, span); i++)
		if (skips_add_kept(skips, "image{|s} without a label",
		    names_get(&ix->images, i)) < 0)
			return fail_last();
	return 0;
}

int
tar_folders_apply(struct tar_index *ix, struct src_part *p)
{
	struct buf text = { 0 };
	int rc = 0;

	if (p->classes.n == 0)
		rc = gather(ix, &p->classes);
	for (size_t s = 0; rc == 0 && s < ix->n_spans; s++) {
		const size_t skip = strlen(common_of(ix, s));
		size_t i = ix->spans[s].first;

		if (!ix->spans[s].has_folders)
			rc = lose(ix, s, &p->skips);
		for (; rc == 0 && ix->spans[s].has_folders &&
		    i < end_of(ix, s); i++)
			rc = label_image(ix, p, i, skip, &text);
	}
	buf_free(&text);
	return rc < 0 ? rc : tar_index_drop(ix);
}

int
tar_folders_lost(const struct tar_index *ix, struct skips *skips)
{
	for (size_t s = 0; s < ix->n_spans; s++)
		if (!ix->spans[s].has_labels && !tar_index_is_flat(ix, s) &&
		    lose(ix, s, skips) < 0)
			return fail_last();
	return 0;
}
