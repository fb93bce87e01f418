/*
 * line: whole lines on standard error, and the one that is redrawn.
 *
 * Any thread may write; a line is one write, so lines never mix.
 */
#ifndef SELF_CLI_LINE_H
#define SELF_CLI_LINE_H

#include "base/fail.h"

/* The name in front of every line; borrowed. */
void line_name(const char *tool);

/* "tool: text"; bytes that would move the cursor become '?'. */
void line_write(const char *format, ...) FAIL_PRINTF(1, 2);

/* Draws the last line of a terminal anew; the next line_write goes above. */
void line_draw(const char *format, ...) FAIL_PRINTF(1, 2);
void line_clear(void);

#endif
