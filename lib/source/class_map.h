/*
 * class_map: the classes of the streams in one file, joined by name.
 */
#ifndef SELF_SOURCE_CLASS_MAP_H
#define SELF_SOURCE_CLASS_MAP_H

#include "source/names.h"
#include "stream/stream.h"

/* Class indices of one stream as those of the joined list.  All zeros is a
 * stream without class names. */
struct class_map {
	int64_t *to;		/* NULL: the same */
	size_t n;		/* classes of the stream */
};

/*
 * The next stream begins: its class names that `all` lacks are added there.
 * FAIL_FORMAT when labels up to `max_label` (-1: none) came before and `all`
 * has no names for them.
 */
int class_map_begin(struct class_map *, struct names *all,
    const struct head *, int64_t max_label) FAIL_CHECKED;

/* A label of the stream as an index into `all`; FAIL_FORMAT for one below -1
 * and one without a name where there are names. */
int class_map_label(const struct class_map *, const struct names *all,
    int64_t label, int64_t *to) FAIL_CHECKED;

void class_map_free(struct class_map *);

#endif
