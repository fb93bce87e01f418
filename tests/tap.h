/*
 * tap: a small C test prints TAP and returns nonzero when a check failed:
 *
 *	ok(add(1, 2) == 3, "adds");
 *	is_int(add(-1, 1), 0, "adds %s", "negatives");
 *	return tap_done();
 *
 * Every check returns whether it held.
 */
#ifndef SELF_TAP_H
#define SELF_TAP_H

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ok(held, ...) tap_ok(held, __FILE__, __LINE__, __VA_ARGS__)
#define is_int(a, b, ...) tap_int(a, b, __FILE__, __LINE__, __VA_ARGS__)
#define is_text(a, b, ...) tap_text(a, b, __FILE__, __LINE__, __VA_ARGS__)
#define is_near(a, b, limit, ...) \
	tap_near(a, b, limit, __FILE__, __LINE__, __VA_ARGS__)

/* The larger of two numbers of which b is new, and what is no number most of
 * all: fmax would lose it.  (gcc 12 for arm64 breaks down over a loop of
 * fmax.) */
__attribute__((unused)) static double
worse(double a, double b)
{
	return a >= b || isnan(a) ? a : b;
}

static int tap_count, tap_failed;

static bool
tap_line(bool held, const char *file, int line, const char *format,
    va_list args)
{
	printf("%sok %d - ", held ? "" : "not ", ++tap_count);
	vprintf(format, args);
	printf("\n");
	tap_failed += !held;
	if (!held)
		printf("# %s:%d\n", file, line);
	fflush(stdout);
	return held;
}

#define TAP_LINE(held) \
	va_start(args, format); \
	tap_line(held, file, line, format, args); \
	va_end(args)

__attribute__((unused, format(printf, 4, 5))) static bool
tap_ok(bool held, const char *file, int line, const char *format, ...)
{
	va_list args;

	TAP_LINE(held);
	return held;
}

__attribute__((unused, format(printf, 5, 6))) static bool
tap_int(long long got, long long want, const char *file, int line,
    const char *format, ...)
{
	va_list args;

	TAP_LINE(got == want);
	if (got != want)
		printf("# got %lld, want %lld\n", got, want);
	return got == want;
}

__attribute__((unused, format(printf, 5, 6))) static bool
tap_text(const char *got, const char *want, const char *file, int line,
    const char *format, ...)
{
	const bool held = got != NULL && strcmp(got, want) == 0;
	va_list args;

	TAP_LINE(held);
	if (!held)
		printf("# got '%s'\n# want '%s'\n", got ? got : "NULL", want);
	return held;
}

__attribute__((unused, format(printf, 6, 7))) static bool
tap_near(double got, double want, double limit, const char *file, int line,
    const char *format, ...)
{
	const bool held = fabs(got - want) <= limit;
	va_list args;

	TAP_LINE(held);
	if (!held)
		printf("# got %.17g, want %.17g, limit %g\n", got, want, limit);
	return held;
}

__attribute__((unused)) static int
tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed > 0;
}

#endif
