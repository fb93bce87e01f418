/* SPDX-License-Identifier: MIT */
#include "base/num.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int
num_int(const char *text, int64_t min, int64_t max, int64_t *out)
{
	char *end;
	intmax_t value;

	errno = 0;
	value = strtoimax(text, &end, 10);
	if (end == text || *end != '\0')
		return fail(FAIL_USAGE, "'%s' is not a whole number", text);
	if (errno == ERANGE || value < min || value > max)
		return fail(FAIL_USAGE,
		    "%s is outside %" PRId64 " to %" PRId64, text, min, max);
	*out = value;
	return 0;
}

/* strtod follows the locale, but no program here ever sets one. */
int
num_float(const char *text, double min, double max, double *out)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(text, &end);
	if (end == text || *end != '\0' || !isfinite(value) ||
	    strspn(text, " +-.0123456789eE") != strlen(text))
		return fail(FAIL_USAGE, "'%s' is not a number", text);
	if (value == 0 && errno == ERANGE)
		return fail(FAIL_USAGE, "%s is not 0, but too small", text);
	if (value < min || value > max)
		return fail(FAIL_USAGE, "%s is outside %g to %g", text, min,
		    max);
	*out = value;
	return 0;
}

int
num_bytes(const char *text, uint64_t *out)
{
	static const char units[] = "KMG";
	char *end;
	const char *unit;
	uintmax_t value;
	unsigned shift;

	errno = 0;
	value = strtoumax(text, &end, 10);
	unit = *end != '\0' ? strchr(units, *end) : NULL;
	if (*text < '0' || *text > '9' || (*end != '\0' && (unit == NULL ||
	    end[1] != '\0')))
		return fail(FAIL_USAGE, "'%s' is not a number of bytes, such as "
		    "512M or 8G", text);
	shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
	if (errno == ERANGE || value < 1 || value > (uint64_t)1 << 62 >> shift)
		return fail(FAIL_USAGE, "%s is outside 1 to 2^62 bytes", text);
	*out = value << shift;
	return 0;
}

int
num_mul(size_t a, size_t b, size_t *out)
{
	if (__builtin_mul_overflow(a, b, out))
		return fail(FAIL_LIMIT, "%zu times %zu is too much", a, b);
	return 0;
}

int
num_add(size_t a, size_t b, size_t *out)
{
	if (__builtin_add_overflow(a, b, out))
		return fail(FAIL_LIMIT, "%zu and %zu is too much", a, b);
	return 0;
}
