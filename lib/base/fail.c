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

/* As much of it as there is room for. */
static void
append(const char *more)
{
	const size_t used = strlen(state.text);
	const size_t room = sizeof(state.text) - used;

	snprintf(state.text + used, room, ": %.*s", (int)room, more);
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

	va_start(args, format);
	store(FAIL_IO, format, args);
	va_end(args);
	append(strerror(error));
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

	memcpy(old, state.text, sizeof(old));
	va_start(args, format);
	store(state.code, format, args);
	va_end(args);
	append(old);
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

bool
fail_is_data(int code)
{
	return code == FAIL_FORMAT || code == FAIL_LIMIT;
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
