/*
 * classes: the class names of several parts become one list.
 */
#ifndef SELF_SOURCE_CLASSES_H
#define SELF_SOURCE_CLASSES_H

#include "source/kind.h"

/*
 * Fills `all` and every part's to_class.  With a list from the user, that is
 * the list: a part's own names are found in it, and one outside it is a
 * failure.  Otherwise lists in a given
 * order (of archives, streams) go first, in the order of the parts, names
 * they lack behind them; sorted ones alone give a sorted whole.  A part
 * without names has its labels taken as they are.  FAIL_FORMAT for a label
 * without a name where there are names.
 */
int classes_join(struct names *all, struct src_part *parts, size_t n,
    const char *path) FAIL_CHECKED;

#endif
