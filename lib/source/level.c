/* SPDX-License-Identifier: MIT */
#include "source/level.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"

#define LISTED 8		/* classes named in the remark */

/* "train", "Val", "test2017", but not "trains". */
static bool
is_part_name(const char *name)
{
	static const char *const parts[] = { "train", "training", "val",
		"valid", "validation", "test", "testing", "dev" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const size_t n = strlen(parts[i]);

		if (strncasecmp(name, parts[i], n) == 0 &&
		    !isalpha((unsigned char)name[n]))
			return true;
	}
	return false;
}

/* "a, b and c": the classes, of which the one meant comes in *meant.  How many
 * are parts in *parts. */
static int
list_classes(const struct names *classes, struct buf *list,
    const char **meant, size_t *parts)
{
	*meant = names_get(classes, 0);
	*parts = 0;
	for (size_t i = 0; i < classes->n; i++) {
		const char *name = names_get(classes, i);

		if (i < LISTED && buf_printf(list, "%s%s", i == 0 ? "" :
		    i + 1 < classes->n ? ", " : " and ", name) < 0)
			return fail_last();
		*parts += is_part_name(name);
		if (is_part_name(name) && strncasecmp(name, "train", 5) == 0)
			*meant = name;
	}
	return classes->n <= LISTED ? 0 : buf_printf(list, " and %zu others",
	    classes->n - LISTED);
}

int
level_remark(const struct names *classes, const char *path, bool is_around,
    bool is_folder)
{
	struct buf list = { 0 };
	const char *meant;
	size_t parts;
	int rc = list_classes(classes, &list, &meant, &parts);

	if (rc < 0 || !(is_around || parts == classes->n || parts > 1))
		goto end;
	if (is_folder)
		log_line(LOG_WARNING, "%s: the %s %s; did you mean ssl-decode "
		    "%s/%s?", path, classes->n == 1 ? "only class is" :
		    "classes are", (const char *)list.data, path, meant);
	else
		log_line(LOG_WARNING, "%s: the %s %s; for the folders below "
		    "%s as classes, extract them or archive %s alone", path,
		    classes->n == 1 ? "only class is" : "classes are",
		    (const char *)list.data, meant, meant);
end:
	buf_free(&list);
	return rc;
}
