/*
 * level: whether a source was named one level too high, so that the parts of
 * a data set became its classes.
 */
#ifndef SELF_SOURCE_LEVEL_H
#define SELF_SOURCE_LEVEL_H

#include "source/names.h"

/*
 * A remark when the classes look like train, val and test: all of them, or
 * two beside others.  `is_around`: the one class is a folder around the class
 * folders, which is remarked on too.  `is_folder`: the parts can be named
 * instead of `path`; those of an archive cannot.
 */
int level_remark(const struct names *classes, const char *path,
    bool is_around, bool is_folder) FAIL_CHECKED;

#endif
