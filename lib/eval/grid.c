/* SPDX-License-Identifier: MIT */
#include "eval/grid.h"

#include <math.h>
#include <string.h>

#include "base/num.h"

/* The number that ends at `end`, or at the end of the text. */
static int
parse_one(const char *text, const char *end, double min, double max,
    double *x)
{
	const size_t size = end == NULL ? strlen(text) : (size_t)(end - text);
	char one[64];

	if (size >= sizeof(one))
		return fail(FAIL_USAGE, "%s: not a number", text);
	memcpy(one, text, size);
	one[size] = '\0';
	return num_float(one, min, max, x);
}

static int
parse_range(const char *text, const char *colon, double min, double max,
    double *x)
{
	const char *second = strchr(colon + 1, ':');
	double low, high;
	int64_t n;

	if (second == NULL)
		return fail(FAIL_USAGE, "%s: a range is LOW:HIGH:HOW MANY",
		    text);
	if (parse_one(text, colon, min, max, &low) < 0
	    || parse_one(colon + 1, second, min, max, &high) < 0
	    || num_int(second + 1, 2, GRID_MOST, &n) < 0)
		return fail_last();
	if (!(low > 0 && low < high))
		return fail(FAIL_USAGE, "%s: a range rises, from above 0",
		    text);
	for (int64_t i = 0; i < n; i++)
		x[i] = low * pow(high / low, (double)i / (double)(n - 1));
	x[n - 1] = high;
	return (int)n;
}

int
grid_parse(const char *text, double min, double max, double *x)
{
	const char *colon = strchr(text, ':');
	int n = 0;

	if (colon != NULL)
		return parse_range(text, colon, min, max, x);
	for (;;) {
		const char *comma = strchr(text, ',');

		if (n == GRID_MOST)
			return fail(FAIL_USAGE, "more than %d numbers",
			    GRID_MOST);
		if (parse_one(text, comma, min, max, &x[n++]) < 0)
			return fail_last();
		if (comma == NULL)
			return n;
		text = comma + 1;
	}
}
