/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "source/doubles.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "source/kind.h"

/* A path without "." and double slashes, in `to`; a NUL follows. */
static int
plain_path(const char *path, struct buf *to)
{
	to->size = 0;
	if (*path == '/' && buf_append(to, "/", 1) < 0)
		return fail_last();
	for (size_t n; *path != '\0'; path += n) {
		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (n == 0 || (n == 1 && *path == '.'))
			continue;
		if (to->size > 0 && to->data[to->size - 1] != '/' &&
		    buf_append(to, "/", 1) < 0)
			return fail_last();
		if (buf_append(to, path, n) < 0)
			return fail_last();
	}
	return buf_append(to, "", 1);
}

/* Where the operand leads to, or as it is written: an archive's name may
 * vanish at any time, and what cannot be opened is refused elsewhere. */
static int
real_paths(struct names *to, char *const *paths, size_t n)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		char *real = realpath(paths[i], NULL);
		const char *path = real == NULL ? paths[i] : real;

		rc = names_add(to, path, strlen(path));
		free(real);
	}
	return rc;
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The operand that is a folder above `path`, or NAMES_NONE. */
static int
find_above(struct names *all, const char *path, size_t *at)
{
	char *above = strdup(path), *slash;
	int rc = above == NULL ? fail_memory(strlen(path)) : 0;

	*at = NAMES_NONE;
	while (rc == 0 && *at == NAMES_NONE &&
	    (slash = strrchr(above, '/')) != NULL && slash != above) {
		*slash = '\0';
		rc = names_find(all, above, at);
	}
	free(above);
	return rc;
}

static int
check_operand(struct names *all, char *const *paths, size_t i)
{
	const char *path = names_get(all, i);
	size_t at;

	if (names_find(all, path, &at) < 0)
		return fail_last();
	if (at < i) {
		log_line(LOG_WARNING, "%s: given more than once; its samples "
		    "come each time", paths[i]);
		return 0;
	}
	if (*path != '/' || (!src_is_picture_name(path) && !is_folder(path)))
		return 0;
	if (find_above(all, path, &at) < 0)
		return fail_last();
	if (at != NAMES_NONE)
		log_line(LOG_WARNING, "%s: is in %s, which is an operand too; "
		    "its images come twice", paths[i], paths[at]);
	return 0;
}

int
doubles_operands(char *const *paths, size_t n)
{
	struct names all = { 0 };
	int rc = real_paths(&all, paths, n);

	for (size_t i = 0; rc == 0 && n > 1 && i < n; i++)
		rc = check_operand(&all, paths, i);
	names_free(&all);
	return rc;
}

/* Two lines of one path. */
static int
compare_lines(const struct names *paths, const int64_t *labels,
    const size_t *lines, size_t a, size_t b)
{
	const char *path = names_get(paths, b);

	if (labels == NULL || labels[a] == labels[b])
		return 0;
	if (labels[a] < 0 || labels[b] < 0)
		return fail(FAIL_FORMAT, "lines %zu and %zu: %s comes with a "
		    "label and without; delete one of the lines", lines[a],
		    lines[b], path);
	return fail(FAIL_FORMAT, "lines %zu and %zu: %s has two different "
	    "labels; delete one of the lines", lines[a], lines[b], path);
}

/* All paths without what makes equal ones differ. */
static int
plain_paths(struct names *to, const struct names *paths)
{
	struct buf path = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < paths->n; i++) {
		rc = plain_path(names_get(paths, i), &path);
		if (rc == 0)
			rc = names_add(to, (const char *)path.data,
			    path.size - 1);
	}
	buf_free(&path);
	return rc;
}

int
doubles_list(const struct names *paths, const int64_t *labels,
    const size_t *lines, const char *list)
{
	struct names plain = { 0 };
	size_t twice = 0, first = 0;
	int rc = plain_paths(&plain, paths);

	for (size_t i = 0; rc == 0 && i < plain.n; i++) {
		size_t at = i;

		rc = names_find(&plain, names_get(&plain, i), &at);
		if (rc == 0 && at < i) {
			rc = compare_lines(paths, labels, lines, at, i);
			first = twice++ == 0 ? i : first;
		}
	}
	if (rc == 0 && twice > 0)
		log_line(LOG_WARNING, "%s: %zu of %zu lines repeat a path; "
		    "its samples come each time (the first is line %zu, %s)",
		    list, twice, paths->n, lines[first],
		    names_get(paths, first));
	names_free(&plain);
	return rc;
}
