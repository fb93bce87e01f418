/* SPDX-License-Identifier: MIT */
#include "base/num.h"

#include "tap.h"

static void
check_int(const char *text, int expect, int64_t value)
{
	int64_t out = -77;

	is_int(num_int(text, -10, INT64_MAX, &out), expect, "'%s'", text);
	is_int(out, expect == 0 ? value : -77, "… value of '%s'", text);
}

static void
check_float(const char *text, int expect, double value)
{
	double out = -77;

	is_int(num_float(text, -2, 1e300, &out), expect, "'%s'", text);
	is_near(out, expect == 0 ? value : -77, 0, "… value of '%s'", text);
}

static void
check_bytes(const char *text, int expect, uint64_t value)
{
	uint64_t out = 77;

	is_int(num_bytes(text, &out), expect, "'%s'", text);
	is_int((int64_t)out, expect == 0 ? (int64_t)value : 77,
	    "… bytes of '%s'", text);
}

int
main(void)
{
	size_t out;

	check_bytes("1", 0, 1);
	check_bytes("3K", 0, 3072);
	check_bytes("512M", 0, (uint64_t)512 << 20);
	check_bytes("4294967296G", 0, (uint64_t)1 << 62);
	check_bytes("4294967297G", FAIL_USAGE, 0);
	check_bytes("18446744073709551616", FAIL_USAGE, 0);
	check_bytes("0", FAIL_USAGE, 0);
	check_bytes("", FAIL_USAGE, 0);
	check_bytes("G", FAIL_USAGE, 0);
	check_bytes("1g", FAIL_USAGE, 0);
	check_bytes("1GB", FAIL_USAGE, 0);
	check_bytes("-1", FAIL_USAGE, 0);
	check_bytes(" 1", FAIL_USAGE, 0);

	check_int("0", 0, 0);
	check_int("-10", 0, -10);
	check_int("9223372036854775807", 0, INT64_MAX);
	check_int("9223372036854775808", FAIL_USAGE, 0);
	check_int("-11", FAIL_USAGE, 0);
	check_int("", FAIL_USAGE, 0);
	check_int("3x", FAIL_USAGE, 0);
	check_int("0x10", FAIL_USAGE, 0);
	check_float("0.125", 0, 0.125);
	check_float("1e-3", 0, 1e-3);
	check_float("-2", 0, -2);
	check_float("-2.1", FAIL_USAGE, 0);
	check_float("inf", FAIL_USAGE, 0);
	check_float("nan", FAIL_USAGE, 0);
	check_float("1e999", FAIL_USAGE, 0);
	check_float("1,5", FAIL_USAGE, 0);
	check_float("1e-400", FAIL_USAGE, 0);
	check_float("0e-400", 0, 0);
	check_float("", FAIL_USAGE, 0);
	ok(num_mul(3, 5, &out) == 0 && out == 15, "3 * 5");
	ok(num_mul(SIZE_MAX, 0, &out) == 0 && out == 0, "times 0");
	is_int(num_mul(SIZE_MAX / 2, 3, &out), FAIL_LIMIT, "too much");
	ok(num_add(SIZE_MAX - 1, 1, &out) == 0 && out == SIZE_MAX, "the most");
	is_int(num_add(SIZE_MAX, 1, &out), FAIL_LIMIT, "one more");
	return tap_done();
}
