/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the sequence that begins with `first`, 0 when none does; the
 * second byte must lie in [*low,*high]. */
static size_t
sequence(unsigned char first, unsigned char *low, unsigned char *high)
{
	*low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	*high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t
text_utf8(const void *at, size_t left)
{
	const unsigned char *p = at;
	unsigned char low, high;
	const size_t n = left > 0 ? sequence(*p, &low, &high) : 0;

	if (n == 0 || n > left || (n > 1 && (p[1] < low || p[1] > high)))
		return 0;
	for (size_t i = 2; i < n; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return n;
}

/* U+202A to U+202E and U+2066 to U+2069 change the order of what follows. */
static bool
turns(const unsigned char *p)
{
	return p[0] == 0xe2 && ((p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae)
	    || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
}

size_t
text_control(const void *at, size_t left)
{
	const unsigned char *p = at;

	if (left == 0)
		return 0;
	if (*p < ' ' || *p == 0x7f || (*p >= 0x80 && *p < 0xa0))
		return 1;
	if (*p == 0xc2 && left > 1 && p[1] >= 0x80 && p[1] < 0xa0)
		return 2;
	return left > 2 && turns(p) ? 3 : 0;
}

void
text_clean(char *text, size_t size)
{
	for (size_t i = 0; i < size;) {
		const size_t control = text_control(text + i, size - i);
		const size_t whole = text_utf8(text + i, size - i);

		if (control > 0)
			memset(text + i, '?', control);
		i += control > 0 ? control : whole > 0 ? whole : 1;
	}
}

const char *
text_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

const char *
text_count(char *to, size_t room, uint64_t n, const char *form)
{
	size_t at = (size_t)snprintf(to, room, "%" PRIu64 " ", n);
	bool shown = true, inside = false;

	for (; *form != '\0' && at + 1 < room; form++)
		if (*form == '{' || *form == '}') {
			inside = *form == '{';
			shown = !inside || n == 1;
		} else if (inside && *form == '|') {
			shown = n != 1;
		} else if (shown) {
			to[at++] = *form;
		}
	to[at < room ? at : room - 1] = '\0';
	return to;
}
