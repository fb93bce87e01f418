/* SPDX-License-Identifier: MIT */
#include "stream/value.h"

#include "tap.h"

static void
check_utf8(void)
{
	static const struct {
		const char *bytes;
		bool good;
	} cases[] = {
		{ "", true }, { "abc", true }, { "\x7f", true },
		{ "\xc2\x80", true }, { "\xdf\xbf", true },
		{ "\xe0\xa0\x80", true }, { "\xef\xbf\xbf", true },
		{ "\xed\x9f\xbf", true }, { "\xee\x80\x80", true },
		{ "\xf0\x90\x80\x80", true }, { "\xf4\x8f\xbf\xbf", true },
		{ "a\xf0\x9f\x98\x80z", true },
		{ "\x80", false }, { "\xbf", false },	/* no first byte */
		{ "\xc2", false }, { "\xe2\x82", false },	/* cut */
		{ "\xf0\x9f\x98", false }, { "\xc2\x41", false },
		{ "\xe2\x41\x80", false }, { "\xe2\x82\x41", false },
		{ "\xf0\x9f\x98\x41", false },
		{ "\xc0\x80", false }, { "\xc1\xbf", false },	/* overlong */
		{ "\xe0\x9f\xbf", false }, { "\xf0\x8f\xbf\xbf", false },
		{ "\xed\xa0\x80", false }, { "\xed\xbf\xbf", false },
		{ "\xf4\x90\x80\x80", false }, { "\xf5\x80\x80\x80", false },
		{ "\xfe", false }, { "\xff", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(value_utf8(cases[i].bytes, strlen(cases[i].bytes)) ==
		    cases[i].good, "UTF-8 case %zu", i);
	ok(value_utf8("a\0b", 3), "NUL is a character");
}

static void
check_same(void)
{
	struct value one[] = { value_int(1), value_text("a") };
	struct value two[] = { value_float(1), value_text("a") };
	struct value three[] = { value_int(1), value_text("b") };
	struct member ab[] = { { "a", value_int(1) }, { "b", value_nil() } };
	struct member ba[] = { { "b", value_nil() }, { "a", value_int(1) } };
	struct member ac[] = { { "a", value_int(1) }, { "c", value_nil() } };
	const struct value arrays[] = { value_array(one, 2),
		value_array(two, 2), value_array(three, 2),
		value_array(one, 1) };
	const struct value maps[] = { value_map(ab, 2), value_map(ba, 2),
		value_map(ac, 2), value_map(ab, 1) };
	const struct value yes = value_bool(true), no = value_bool(false);
	const struct value none = value_nil(), zero = value_int(0);

	ok(value_same(&arrays[0], &arrays[1]) &&
	    value_same(&arrays[1], &arrays[0]), "numbers are alike by value");
	ok(!value_same(&arrays[0], &arrays[2]), "another text is not");
	ok(!value_same(&arrays[0], &arrays[3]) &&
	    !value_same(&arrays[3], &arrays[0]), "a shorter array is not");
	ok(value_same(&maps[0], &maps[1]), "maps in any order");
	ok(!value_same(&maps[0], &maps[2]) && !value_same(&maps[0], &maps[3])
	    && !value_same(&maps[0], &arrays[0]), "other maps are not");
	ok(value_same(&yes, &yes) && !value_same(&yes, &no) &&
	    value_same(&none, &none) && !value_same(&none, &zero) &&
	    !value_same(&zero, &no), "plain values by type and value");
}

static void
check_dtypes(void)
{
	static const char *const names[] = { "u1", "i4", "i8", "f2", "f4",
		"f8" };
	static const size_t sizes[] = { 1, 4, 8, 2, 4, 8 };
	const size_t big[2] = { 1 << 16, 1 << 16 }, one[1] = { UINT32_MAX };
	const size_t none[3] = { SIZE_MAX, 0, SIZE_MAX };
	const size_t wraps[2] = { (size_t)1 << 63, 2 };
	size_t bytes;

	for (int i = 0; i < 6; i++) {
		is_int(dtype_find(names[i]), i, "%s", names[i]);
		is_text(dtype_name((enum dtype)i), names[i], "and back");
		is_int((long long)dtype_size((enum dtype)i),
		    (long long)sizes[i], "its size");
	}
	is_int(dtype_find("u2"), -1, "u2 is unknown");
	is_int(dtype_find(""), -1, "nothing is unknown");
	is_int(tensor_bytes(DTYPE_U1, 2, big, &bytes), FAIL_LIMIT, "2^32");
	ok(tensor_bytes(DTYPE_U1, 1, one, &bytes) == 0 &&
	    bytes == UINT32_MAX, "2^32 - 1");
	ok(tensor_bytes(DTYPE_F8, 3, none, &bytes) == 0 && bytes == 0,
	    "a dimension of 0");
	is_int(tensor_bytes(DTYPE_U1, 2, wraps, &bytes), FAIL_LIMIT,
	    "a product that wraps to 0");
	ok(tensor_bytes(DTYPE_F8, 0, NULL, &bytes) == 0 && bytes == 8,
	    "a scalar");
}

static void
check_numbers(void)
{
	static const uint16_t halves[] = { 0x0000, 0x8000, 0x3c00, 0xc000,
		0x7bff, 0x0001, 0x0400, 0x7c00, 0x7e00 };
	static const double want[] = { 0, -0.0, 1, -2, 65504, 0x1p-24,
		0x1p-14, INFINITY, NAN };
	uint16_t data[9];
	const struct tensor t = { DTYPE_F2, 1, { 9 }, 18, data };
	int32_t i4[2] = { INT32_MIN, 5 };
	const struct tensor u = { DTYPE_I4, 1, { 2 }, 8, i4 };
	double out[9];

	memcpy(data, halves, sizeof(data));
	tensor_numbers(&t, 0, 9, out);
	for (int i = 0; i < 9; i++)
		ok(isnan(want[i]) ? isnan(out[i]) : out[i] == want[i] &&
		    signbit(out[i]) == signbit(want[i]), "half %g", want[i]);
	is_int((long long)tensor_count(&t), 9, "count");
	is_int(tensor_integer(&u, 0), INT32_MIN, "an i4");
	tensor_numbers(&u, 1, 1, out);
	is_near(out[0], 5, 0, "as a number");
}

static void
check_maps(struct arena *a)
{
	struct value map = value_nil(), list = value_nil(), copy;
	struct value borrowed[3] = { value_int(1), value_int(2),
		value_int(3) };
	char name[] = "k00";

	ok(value_find(&map, "a") == NULL && value_find(NULL, "a") == NULL,
	    "nothing in nothing");
	for (int i = 0; i < 100; i++) {
		name[1] = (char)('0' + i / 10);
		name[2] = (char)('0' + i % 10);
		if (value_set(&map, name, value_int(i), a) < 0 ||
		    value_push(&list, value_int(i), a) < 0)
			break;
	}
	is_int((long long)map.map.n, 100, "a map grows");
	is_int(value_get_int(&map, "k57", -1), 57, "and finds");
	is_int((long long)list.array.n, 100, "an array grows");
	is_int(list.array.items[99].integer, 99, "in order");
	ok(value_set(&map, "k57", value_text("x"), a) == 0 &&
	    map.map.n == 100, "set replaces");
	is_text(value_get_text(&map, "k57", NULL), "x", "by the new value");
	is_int(value_get_int(&map, "k57", -1), -1, "of another type");
	is_text(value_get_text(&map, "zzz", "else"), "else", "fallback");
	list = value_array(borrowed, 3);
	ok(value_push(&list, value_int(4), a) == 0 && list.array.n == 4 &&
	    list.array.items != borrowed && list.array.items[2].integer == 3,
	    "what is borrowed is copied before it grows");
	ok(value_copy(&copy, &map, a) == 0 && copy.map.n == 100, "copy");
	ok(value_set(&copy, "k57", value_int(0), a) == 0, "change the copy");
	is_text(value_get_text(&map, "k57", NULL), "x", "the first is whole");
}

int
main(void)
{
	struct arena a = { 0 };

	check_utf8();
	check_same();
	check_dtypes();
	check_numbers();
	check_maps(&a);
	arena_free(&a);
	return tap_done();
}
