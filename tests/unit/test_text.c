/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include "tap.h"

static void
cleans(const char *from, const char *to, const char *what)
{
	char text[64];

	snprintf(text, sizeof(text), "%s", from);
	text_clean(text, strlen(text));
	is_text(text, to, "%s", what);
}

static void
counts(uint64_t n, const char *form, const char *want)
{
	char text[24];

	is_text(text_count(text, sizeof(text), n, form), want, "%s", want);
}

int
main(void)
{
	is_int((long long)text_utf8("\xe2\x82\xac", 3), 3, "a euro sign");
	is_int((long long)text_utf8("\xe2\x82\xac", 2), 0, "cut");
	is_int((long long)text_utf8("\xc0\x80", 2), 0, "too long a form");
	is_int((long long)text_utf8("\xed\xa0\x80", 3), 0, "a surrogate");
	is_int((long long)text_utf8("\xf4\x90\x80\x80", 4), 0, "too large");
	is_int((long long)text_utf8("", 0), 0, "nothing");
	is_int((long long)text_control("\x1b", 1), 1, "escape");
	is_int((long long)text_control("\x7f", 1), 1, "delete");
	is_int((long long)text_control("\xc2\x9b", 2), 2, "U+009B");
	is_int((long long)text_control("\x9b", 1), 1, "the same as one byte");
	is_int((long long)text_control("\xc2\xa0", 2), 0, "U+00A0 is none");
	is_int((long long)text_control("\xe2\x80\xae", 3), 3, "U+202E");
	is_int((long long)text_control("\xe2\x81\xa9", 3), 3, "U+2069");
	is_int((long long)text_control("\xe2\x80\xaf", 3), 0, "U+202F is none");
	cleans("a\tb\nc", "a?b?c", "controls become question marks");
	cleans("\xc3\x9b\xe2\x82\xac", "\xc3\x9b\xe2\x82\xac",
	    "bytes within other characters stay");
	cleans("x\xc2\x9by\x9bz\xe2\x80\xae", "x??y?z???", "C1 and directions");
	cleans("\xff\xfe", "\xff\xfe", "other bytes stay");
	counts(1, "image{|s} that {is|are}", "1 image that is");
	counts(0, "image{|s} that {is|are}", "0 images that are");
	counts(2, "{copy|copies} a|b", "2 copies a|b");
	counts(123456789, "image{|s} without a label", "123456789 images withou");
	is_text(text_plural(1), "", "one");
	is_text(text_plural(0), "s", "none");
	return tap_done();
}
