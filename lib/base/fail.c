/* SPDX-License-Identifier: MIT */
#include "base/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local struct fail_state state;

static int
store(int code, const char *format, va_list args)
{
	state.code = code;
	vsnprintf(state.text, sizeof(state.text), format, args);
	return code;
}

int
fail(int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	store(code, format, args);
	va_end(args);
	return code;
}

int
fail_errno(const char *format, ...)
{
	const int error = errno;
	va_list args;
	size_t used;

	va_start(args, format);
	store(FAIL_IO, format, args);
	va_end(args);
	used = strlen(state.text);
	snprintf(state.text + used, sizeof(state.text) - used, ": %s",
	    strerror(error));
	return FAIL_IO;
}

int
fail_memory(size_t bytes)
{
	return fail(FAIL_MEMORY, "no memory for %zu bytes", bytes);
}

int
fail_note(const char *format, ...)
{
	char old[sizeof(state.text)];
	va_list args;
	size_t used;

	memcpy(old, state.text, sizeof(old));
	va_start(args, format);
	store(state.code, format, args);
	va_end(args);
	used = strlen(state.text);
	snprintf(state.text + used, sizeof(state.text) - used, ": %s", old);
	return state.code;
}

const char *
fail_text(void)
{
	return state.text;
}

int
fail_last(void)
{
	return state.code;
}

void
fail_save(struct fail_state *to)
{
	*to = state;
	state.code = 0;
	state.text[0] = '\0';
}

int
fail_restore(const struct fail_state *from)
{
	state = *from;
	return state.code;
}
