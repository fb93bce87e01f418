/* SPDX-License-Identifier: MIT */
#include "cli/line.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define ERASE "\r\033[K"

static const char *name = "ssl";
static atomic_int drawn;	/* the cursor stands behind a drawn line */

void
line_name(const char *tool)
{
	name = tool;
}

/* There is nobody to tell when standard error is gone. */
static void
put(const char *text, size_t size)
{
	while (size > 0) {
		const ssize_t done = write(STDERR_FILENO, text, size);

		if (done <= 0)
			return;
		text += done;
		size -= (size_t)done;
	}
}

/* `before`, "tool: ", the text made harmless, `after`. */
static void
put_line(const char *before, const char *after, const char *format,
    va_list args)
{
	char line[1400];
	int size = snprintf(line, sizeof(line), "%s%s: ", before, name);
	const size_t begin = (size_t)size;
	const size_t end = sizeof(line) - strlen(after) - 1;
	size_t used;

	size = vsnprintf(line + begin, end - begin, format, args);
	used = strlen(line);
	text_clean(line + begin, used - begin);
	memcpy(line + used, after, strlen(after));
	put(line, size < 0 ? 0 : used + strlen(after));
}

void
line_write(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line(atomic_exchange(&drawn, 0) ? ERASE : "", "\n", format, args);
	va_end(args);
}

void
line_draw(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put_line(ERASE, "", format, args);
	atomic_store(&drawn, 1);
	va_end(args);
}

void
line_clear(void)
{
	if (atomic_exchange(&drawn, 0))
		put(ERASE, strlen(ERASE));
}
