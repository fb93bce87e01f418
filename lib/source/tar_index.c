/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "source/tar_index.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_LINKS 40		/* one after the other */

const char *
tar_name(const char *name)
{
	while (strncmp(name, "./", 2) == 0)
		for (name += 2; *name == '/'; name++)
			;
	return name;
}

/* Where the last part's ".ext" begins, the first or the last; or the end. */
static size_t
stem_size(const char *name, bool first)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash == NULL ? name : slash + 1;
	const char *dot = first ? strchr(base, '.') : strrchr(base, '.');

	return dot == NULL ? strlen(name) : (size_t)(dot - name);
}

/* Position of the last slash before `n`, or 0. */
static size_t
slash_before(const char *name, size_t n)
{
	while (n > 0 && name[--n] != '/')
		;
	return n;
}

bool
tar_is_label_name(const char *name)
{
	return strcasecmp(name + stem_size(name, false), ".cls") == 0;
}

static int
find_part(struct names *in, const char *name, size_t size, struct buf *text,
    size_t *at)
{
	text->size = 0;
	if (buf_append(text, name, size) < 0 || buf_append(text, "", 1) < 0)
		return fail_last();
	return names_find(in, (const char *)text->data, at);
}

/* Room for one more in an array of `n`. */
static int
reserve(void *array, size_t *room, size_t n, size_t size)
{
	const size_t more = *room == 0 ? 256 : 2 * *room;
	void *old, *new;

	if (n < *room)
		return 0;
	memcpy(&old, array, sizeof(old));
	new = reallocarray(old, more, size);
	if (new == NULL)
		return fail_memory(more * size);
	memcpy(array, &new, sizeof(new));
	*room = more;
	return 0;
}

int
tar_index_image(struct tar_index *ix, const char *name, struct tar_place p,
    struct skips *skips)
{
	struct tar_group *g = &ix->group;
	const size_t size = strlen(name);
	size_t at;

	p.extension = (size - stem_size(name, false)) & 7;
	p.label = SOURCE_NO_LABEL;
	p.has_label = false;
	if (names_find(&g->images, name, &at) < 0)
		return fail_last();
	if (at != NAMES_NONE) {
		g->places[at] = p;
		return skips_add(skips, true, "image{|s} that a later member of "
		    "the same name replaces", name);
	}
	if (reserve(&g->places, &g->room, g->images.n, sizeof(p)) < 0)
		return fail_last();
	g->places[g->images.n] = p;
	return names_add(&g->images, name, size);
}

int
tar_index_label(struct tar_index *ix, const char *name, int64_t value)
{
	struct tar_group *g = &ix->group;
	const size_t size = stem_size(name, false);
	struct buf stem = { 0 };
	size_t at;
	int rc = find_part(&g->stems, name, size, &stem, &at);

	buf_free(&stem);
	if (rc < 0)
		return rc;
	ix->has_labels = true;
	if (at != NAMES_NONE)
		return g->values[at] == value ? 0 : fail(FAIL_FORMAT, "another "
		    "label than %s, which came before, gives the same image",
		    names_get(&g->labels, at));
	if (reserve(&g->values, &g->values_room, g->stems.n,
	    sizeof(*g->values)) < 0)
		return fail_last();
	g->values[g->stems.n] = value;
	if (names_add(&g->stems, name, size) < 0)
		return fail_last();
	return names_add(&g->labels, name, strlen(name));
}

/* The path `target` from the folder of `name`, without "." and ".."; leaves
 * *to empty when that is outside the archive. */
static int
resolve(const char *name, const char *target, struct buf *to)
{
	const char *slash = strrchr(name, '/');

	to->size = 0;
	if (slash != NULL && buf_append(to, name, (size_t)(slash - name)) < 0)
		return fail_last();
	for (size_t n; *target != '\0'; target += n) {
		n = strcspn(target, "/");
		if (n == 0) {
			n = 1;
		} else if (n == 2 && memcmp(target, "..", 2) == 0) {
			if (to->size == 0)
				return 0;
			while (to->size > 0 &&
			    to->data[--to->size] != '/')
				;
		} else if (n != 1 || *target != '.') {
			if (buf_printf(to, "%s%.*s", to->size > 0 ? "/" : "",
			    (int)n, target) < 0)
				return fail_last();
		}
	}
	return 0;
}

/* 1 when the target is there and the link became its own member. */
static int
follow(struct tar_index *ix, const char *name, const char *target,
    struct skips *skips)
{
	struct tar_group *g = &ix->group;
	const bool label = tar_is_label_name(name);
	size_t at;
	int rc;

	if (!label && !src_is_picture_name(name))
		return 0;
	if (names_find(label ? &g->labels : &g->images, target, &at) < 0)
		return fail_last();
	if (at == NAMES_NONE)
		return 0;
	rc = label ? tar_index_label(ix, name, g->values[at]) :
	    tar_index_image(ix, name, g->places[at], skips);
	return rc < 0 ? rc : 1;
}

int
tar_index_link(struct tar_index *ix, const char *name, const char *target,
    bool is_symbolic, struct skips *skips)
{
	struct names *links = &ix->group.links;
	struct buf path = { 0 };
	int rc = 0;

	if (!is_symbolic)
		rc = buf_printf(&path, "%s", tar_name(target));
	else if (*target != '/')
		rc = resolve(name, target, &path);
	if (rc == 0)
		rc = buf_append(&path, "", 1);
	if (rc == 0)
		rc = follow(ix, name, (const char *)path.data, skips);
	if (rc == 0 && (names_add(links, name, strlen(name)) < 0 ||
	    names_add(links, (const char *)path.data, path.size - 1) < 0))
		rc = fail_last();
	buf_free(&path);
	return rc < 0 ? rc : 0;
}

/* All folders with an image in them or below. */
static int
gather_folders(const struct names *images, struct names *folders)
{
	struct buf text = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < images->n; i++) {
		const char *name = names_get(images, i);
		size_t n = strlen(name), at = NAMES_NONE;

		while (rc == 0 && at == NAMES_NONE &&
		    (n = slash_before(name, n)) > 0) {
			rc = find_part(folders, name, n, &text, &at);
			if (rc == 0 && at == NAMES_NONE)
				rc = names_add(folders, name, n);
		}
	}
	buf_free(&text);
	return rc;
}

/* A link that is no image may be a folder of images; others lose nothing. */
static int
lose_link(struct tar_group *g, size_t i, struct names *folders,
    struct skips *skips)
{
	const char *name = names_get(&g->links, 2 * i);
	size_t at;

	if (tar_is_label_name(name) || src_is_picture_name(name))
		return skips_add(skips, true, "link{|s} to no image or label of "
		    "this archive", name);
	if (names_find(folders, names_get(&g->links, 2 * i + 1), &at) < 0)
		return fail_last();
	return at == NAMES_NONE ? skips_add(skips, false, "other file{|s}",
	    name) : skips_add(skips, true, "link{|s} to folders with images",
	    name);
}

/* Links to what came later, or to other links. */
static int
follow_links(struct tar_index *ix, struct skips *skips)
{
	struct names *links = &ix->group.links;
	const size_t n = links->n / 2;
	struct names folders = { 0 };
	unsigned char *done;
	bool more = n > 0;
	int rc = 0;

	if (n == 0)
		return 0;
	done = calloc(n, 1);
	if (done == NULL)
		return fail_memory(n);
	for (int k = 0; rc >= 0 && more && k < MAX_LINKS; k++) {
		more = false;
		for (size_t i = 0; rc >= 0 && i < n; i++) {
			if (done[i])
				continue;
			rc = follow(ix, names_get(links, 2 * i),
			    names_get(links, 2 * i + 1), skips);
			done[i] = rc == 1;
			more = more || rc == 1;
		}
	}
	if (rc >= 0 && memchr(done, 0, n) != NULL)
		rc = gather_folders(&ix->group.images, &folders);
	for (size_t i = 0; rc >= 0 && i < n; i++)
		if (!done[i])
			rc = lose_link(&ix->group, i, &folders, skips);
	names_free(&folders);
	free(done);
	return rc < 0 ? rc : 0;
}

/* Labels on their way to images. */
struct joining {
	struct tar_group *g;
	unsigned char *used;		/* of each label */
	struct names keys;		/* WebDataset's, of some labels */
	size_t *label;			/* of each key */
	size_t *other;			/* that contradicts it, or NAMES_NONE */
	struct buf text;
};

static bool
is_whole_key(const struct tar_group *g, size_t label)
{
	const char *stem = names_get(&g->stems, label);

	return stem[stem_size(stem, true)] == '\0';
}

static void
give(struct joining *j, size_t image, size_t label)
{
	j->g->places[image].label = (int32_t)j->g->values[label];
	j->g->places[image].has_label = true;
	j->used[label] = true;
}

static int
join_stems(struct joining *j)
{
	struct tar_group *g = j->g;

	for (size_t i = 0; i < g->images.n; i++) {
		const char *name = names_get(&g->images, i);
		size_t at;

		if (find_part(&g->stems, name, stem_size(name, false),
		    &j->text, &at) < 0)
			return fail_last();
		if (at != NAMES_NONE)
			give(j, i, at);
	}
	return 0;
}

/* Labels that hold for all of a key; the key's own is preferred. */
static int
gather_keys(struct joining *j)
{
	struct tar_group *g = j->g;

	for (size_t i = 0; i < g->stems.n; i++) {
		const char *stem = names_get(&g->stems, i);
		const size_t size = stem_size(stem, true);
		size_t at;

		if (j->used[i] && !is_whole_key(g, i))
			continue;
		if (find_part(&j->keys, stem, size, &j->text, &at) < 0)
			return fail_last();
		if (at == NAMES_NONE) {
			j->label[j->keys.n] = i;
			j->other[j->keys.n] = NAMES_NONE;
			if (names_add(&j->keys, stem, size) < 0)
				return fail_last();
		} else if (is_whole_key(g, i)) {
			j->label[at] = i;
			j->other[at] = NAMES_NONE;
		} else if (!is_whole_key(g, j->label[at]) &&
		    g->values[j->label[at]] != g->values[i]) {
			j->other[at] = i;
		}
	}
	return 0;
}

static int
join_keys(struct joining *j)
{
	struct tar_group *g = j->g;

	for (size_t i = 0; i < g->images.n; i++) {
		const char *name = names_get(&g->images, i);
		size_t at;

		if (g->places[i].has_label)
			continue;
		if (find_part(&j->keys, name, stem_size(name, true),
		    &j->text, &at) < 0)
			return fail_last();
		if (at == NAMES_NONE)
			continue;
		if (j->other[at] != NAMES_NONE)
			return fail(FAIL_FORMAT, "%s: %s and %s give it "
			    "different labels", name,
			    names_get(&g->labels, j->label[at]),
			    names_get(&g->labels, j->other[at]));
		give(j, i, j->label[at]);
	}
	return 0;
}

static int
count_lost(const struct joining *j, struct skips *skips)
{
	const struct tar_group *g = j->g;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < g->labels.n; i++)
		if (!j->used[i])
			rc = skips_add(skips, true, "label{|s} without an image",
			    names_get(&g->labels, i));
	for (size_t i = 0; rc == 0 && i < g->images.n; i++)
		if (!g->places[i].has_label)
			rc = skips_add_kept(skips, "image{|s} without a "
			    "label", names_get(&g->images, i));
	return rc;
}

static int
join_labels(struct tar_group *g, struct skips *skips)
{
	const size_t n = g->labels.n;
	struct joining j = { .g = g, .used = calloc(n + 1, 1),
		.label = calloc(n + 1, sizeof(*j.label)),
		.other = calloc(n + 1, sizeof(*j.other)) };
	int rc = 0;

	if (j.used == NULL || j.label == NULL || j.other == NULL)
		rc = fail_memory((n + 1) * sizeof(*j.label));
	if (rc == 0)
		rc = join_stems(&j);
	if (rc == 0)
		rc = gather_keys(&j);
	if (rc == 0)
		rc = join_keys(&j);
	if (rc == 0)
		rc = count_lost(&j, skips);
	free(j.used);
	free(j.label);
	free(j.other);
	names_free(&j.keys);
	buf_free(&j.text);
	return rc;
}

static bool
ends_differ(const struct names *images)
{
	const char *first = images->n > 0 ? names_get(images, 0) : "";

	first += stem_size(first, false);
	for (size_t i = 1; i < images->n; i++) {
		const char *name = names_get(images, i);

		if (strcmp(name + stem_size(name, false), first) != 0)
			return true;
	}
	return false;
}

/* Of a.jpg and a.jpeg, the later one keeps its extension in its key. */
static int
make_keys_differ(struct tar_group *g)
{
	struct names stems = { 0 };
	struct buf text = { 0 };
	int rc = 0;

	if (!ends_differ(&g->images))
		return 0;
	for (size_t i = 0; rc == 0 && i < g->images.n; i++) {
		const char *name = names_get(&g->images, i);
		const size_t size = stem_size(name, false);
		size_t at;

		rc = find_part(&stems, name, size, &text, &at);
		if (rc == 0 && at == NAMES_NONE)
			rc = names_add(&stems, name, size);
		else if (rc == 0)
			g->places[i].extension = 0;
	}
	names_free(&stems);
	buf_free(&text);
	return rc;
}

static void
free_group(struct tar_group *g)
{
	names_free(&g->images);
	names_free(&g->labels);
	names_free(&g->stems);
	names_free(&g->links);
	free(g->places);
	free(g->values);
	*g = (struct tar_group){ 0 };
}

static void
take_first(struct tar_index *ix)
{
	struct tar_group *g = &ix->group;

	names_drop_table(&g->images);
	ix->images = g->images;
	ix->places = g->places;
	ix->room = g->room;
	g->images = (struct names){ 0 };
	g->places = NULL;
}

static int
add_image(struct tar_index *ix, const char *name, struct tar_place p)
{
	if (reserve(&ix->places, &ix->room, ix->images.n, sizeof(p)) < 0)
		return fail_last();
	ix->places[ix->images.n] = p;
	return names_add(&ix->images, name, strlen(name));
}

int
tar_index_join(struct tar_index *ix, struct skips *skips)
{
	struct tar_group *g = &ix->group;

	if (follow_links(ix, skips) < 0 || make_keys_differ(g) < 0 ||
	    (g->labels.n > 0 && join_labels(g, skips) < 0))
		return fail_last();
	if (g->images.n > 0) {
		if (reserve(&ix->spans, &ix->spans_room, ix->n_spans,
		    sizeof(*ix->spans)) < 0)
			return fail_last();
		ix->spans[ix->n_spans++] = (struct tar_span){
			.first = ix->images.n,
			.has_labels = g->labels.n > 0 };
	}
	if (ix->images.n == 0 && g->images.n > 0)
		take_first(ix);
	for (size_t i = 0; i < g->images.n; i++)
		if (add_image(ix, names_get(&g->images, i),
		    g->places[i]) < 0)
			return fail_last();
	free_group(g);
	return 0;
}

bool
tar_index_is_flat(const struct tar_index *ix, size_t span)
{
	return strchr(names_get(&ix->images, ix->spans[span].first), '/') ==
	    NULL;
}

size_t
tar_index_unlabelled(const struct tar_index *ix)
{
	size_t n = 0;

	for (size_t s = 0, i = 0; s < ix->n_spans; s++) {
		const size_t end = s + 1 < ix->n_spans ?
		    ix->spans[s + 1].first : ix->images.n;
		bool any = false;

		for (; i < end; i++)
			any = any || ix->places[i].has_label;
		if (!any && tar_index_is_flat(ix, s))
			n += end - ix->spans[s].first;
	}
	return n;
}

int
tar_index_drop(struct tar_index *ix)
{
	struct tar_index kept = { 0 };

	for (size_t i = 0; i < ix->images.n; i++)
		if (ix->places[i].label != TAR_DROPPED &&
		    add_image(&kept, names_get(&ix->images, i),
		    ix->places[i]) < 0) {
			tar_index_free(&kept);
			return fail_last();
		}
	names_free(&ix->images);
	free(ix->places);
	ix->images = kept.images;
	ix->places = kept.places;
	ix->room = kept.room;
	return 0;
}

void
tar_index_free(struct tar_index *ix)
{
	free_group(&ix->group);
	names_free(&ix->images);
	names_free(&ix->commons);
	free(ix->places);
	free(ix->spans);
	*ix = (struct tar_index){ 0 };
}
