/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include "tap.h"

int
main(void)
{
	struct buf b = { .max = 1000 };
	char big[600] = "";

	ok(buf_append(&b, "abc", 3) == 0 && b.size == 3, "append");
	ok(buf_append(&b, NULL, 0) == 0 && b.size == 3, "append nothing");
	ok(buf_printf(&b, "%d-%s", 42, "x") == 0, "printf");
	is_text((char *)b.data, "abc42-x", "a NUL stands behind");
	is_int((long long)b.size, 7, "and does not count");
	ok(buf_append(&b, big, sizeof(big)) == 0, "to 607");
	is_int(buf_append(&b, big, sizeof(big)), FAIL_LIMIT, "not over 1000");
	is_text(fail_text(), "1207 bytes, limit 1000", "and says so");
	is_int((long long)b.size, 607, "what was there stays");
	ok(b.room <= 1000, "no more is taken");
	ok(buf_append(&b, big, 393) == 0, "to the limit itself");
	buf_free(&b);
	ok(b.data == NULL && b.size == 0 && b.max == 1000, "empty and ready");
	ok(buf_printf(&b, "%s", "") == 0 && b.data[0] == '\0', "empty text");
	buf_free(&b);
	return tap_done();
}
