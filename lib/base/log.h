/*
 * log: what the library has to tell, handed to whoever listens.
 *
 * The library never prints.  lib/cli installs the sink; without one, lines
 * are dropped.  The sink may be called from any thread.
 */
#ifndef SELF_BASE_LOG_H
#define SELF_BASE_LOG_H

#include "base/fail.h"

enum log_level {
	LOG_LOST,		/* data were skipped or lost: shown with --quiet too */
	LOG_WARNING,		/* something looks wrong */
	LOG_INFO,		/* what is being done (normal) */
	LOG_DETAIL		/* for -v */
};

void log_to(void (*sink)(enum log_level, const char *line));
void log_line(enum log_level, const char *format, ...) FAIL_PRINTF(2, 3);

#endif
