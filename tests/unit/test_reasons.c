/* SPDX-License-Identifier: MIT */
#include "base/reasons.h"

#include "tap.h"

static void
is_list(const struct reasons *r, const char *want, const char *what)
{
	struct buf list = { 0 };

	is_int(reasons_list(r, &list), 0, "%s", what);
	is_text(list.size > 0 ? (const char *)list.data : "", want,
	    "... the list");
	buf_free(&list);
}

int
main(void)
{
	static const char *const words[] = { "a", "b", "c", "d", "e" };
	struct reasons r = { 0 };

	is_list(&r, "", "no reason");
	reasons_add(&r, "129 bytes before marker 0xd5, offset 7");
	reasons_add(&r, "6 bytes before marker 0xd9, offset 12345");
	reasons_add(&r, "6 bytes before marker 0xd9");
	is_list(&r, "129 bytes before marker 0xd5, offset 7 (2); 6 bytes "
	    "before marker 0xd9 (1)", "numbers make no other reason");
	for (int i = 0; i < 5; i++)
		reasons_add(&r, words[i]);
	is_list(&r, "129 bytes before marker 0xd5, offset 7 (2); 6 bytes "
	    "before marker 0xd9 (1); a (1); b (1); c (1); d (1); other "
	    "reasons (1)", "few are kept apart");
	return tap_done();
}
