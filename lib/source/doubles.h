/*
 * doubles: the same file named more than once.
 *
 * Paths are compared as they are written, except for "." and double slashes;
 * operands as the files they lead to.
 */
#ifndef SELF_SOURCE_DOUBLES_H
#define SELF_SOURCE_DOUBLES_H

#include "source/names.h"

/* A remark for each operand that comes a second time, and for each folder or
 * JPEG file inside a folder that is an operand too. */
int doubles_operands(char *const *paths, size_t n) FAIL_CHECKED;

/*
 * A list's paths, their labels [paths->n] (NULL: none) and their line numbers
 * [paths->n].  FAIL_FORMAT for a path with two labels; one remark, which names
 * the list, for paths that come twice with the same.
 */
int doubles_list(const struct names *paths, const int64_t *labels,
    const size_t *lines, const char *list) FAIL_CHECKED;

#endif
