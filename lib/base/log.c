/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static void (*listener)(enum log_level, const char *);

void
log_to(void (*sink)(enum log_level, const char *line))
{
	listener = sink;
}

void
log_line(enum log_level level, const char *format, ...)
{
	char line[1200];
	va_list args;

	if (listener == NULL)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	listener(level, line);
}
