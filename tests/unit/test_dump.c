/* SPDX-License-Identifier: MIT */
#include "stream/dump.h"

#include "tap.h"

static struct dump d;

/* What was dumped since the last call. */
static const char *
dumped(void)
{
	static char text[1000];

	snprintf(text, sizeof(text), "%.*s", (int)d.text.size,
	    d.text.data != NULL ? (const char *)d.text.data : "");
	d.text.size = 0;
	return text;
}

static void
is_json(struct value v, const char *want)
{
	ok(dump_json(&d, &v) == 0, "dump");
	is_text(dumped(), want, "%s", want);
}

static void
check_json(void)
{
	const char nul[3] = "a\0b";
	struct value items[2] = { value_int(1), value_text("x") };
	struct member members[2] = { { "a\"b", value_nil() },
		{ "c", value_bool(false) } };

	is_json(value_text("\x1b[31m\x7f\xc2\x9b\n\t\\"),
	    "\"\\u001b[31m\\u007f\\u009b\\n\\t\\\\\"");
	is_json((struct value){ .type = VALUE_TEXT, .text = { nul, 3 } },
	    "\"a\\u0000b\"");
	is_json(value_text("\xc3\xa9\xe2\x82\xac"), "\"\xc3\xa9\xe2\x82\xac\"");
	is_json(value_float(0.1), "0.1");
	is_json(value_float(1), "1.0");
	is_json(value_float(1e300), "1e+300");
	is_json(value_float(NAN), "null");
	is_json(value_float(0.1 + 0.2), "0.30000000000000004");
	is_json((struct value){ .type = VALUE_SINGLE,
	    .real = (double)0.1f }, "0.1");
	is_json((struct value){ .type = VALUE_UINT, .natural = UINT64_MAX },
	    "18446744073709551615");
	is_json((struct value){ .type = VALUE_BYTES, .text = { nul, 3 } },
	    "\"610062\"");
	is_json(value_array(items, 2), "[1,\"x\"]");
	is_json(value_map(members, 2), "{\"a\\\"b\":null,\"c\":false}");
}

static void
check_tensors(void)
{
	float x[6] = { 0, 0.5f, -1, 1e-7f, 3, INFINITY };
	struct tensor t = { DTYPE_F4, 2, { 2, 3 }, sizeof(x), x };
	const struct value v = { .type = VALUE_TENSOR, .tensor = &t };
	struct tensor none = { DTYPE_F4, 2, { SIZE_MAX / 2, 0 }, 0, x };
	const struct value w = { .type = VALUE_TENSOR, .tensor = &none };

	is_json(v, "{\"dtype\":\"f4\",\"shape\":[2,3],"
	    "\"data\":[[0,0.5,-1],[1e-07,3,null]]}");
	is_json(w, "{\"dtype\":\"f4\",\"shape\":[9223372036854775807,0],"
	    "\"data\":[]}");
	ok(dump_brief(&d, &v) == 0, "brief");
	is_text(dumped(), "f4 [2,3]  0 0.5 -1 1e-07 3 null", "few numbers");
	ok(dump_numbers(&d, &t) == 0, "numbers");
	is_text(dumped(), "0\t0.5\t-1\n1e-07\t3\tinf\n", "a line a row");
	t.n_dims = 1;
	t.shape[0] = 6;
	ok(dump_numbers(&d, &t) == 0, "one dimension");
	is_text(dumped(), "0\n0.5\n-1\n1e-07\n3\ninf\n", "one a line");
	t.n_dims = 0;
	t.bytes = 4;
	ok(dump_numbers(&d, &t) == 0, "a scalar");
	is_text(dumped(), "0\n", "is one line");
}

static int
add(struct head *h, const char *tool, const char *argument)
{
	return head_add_history(h, tool, "1", &argument, argument != NULL, 0);
}

static void
replays(const struct head *h, const char *want, const char *what)
{
	ok(dump_replay(&d, h) == 0, "replay");
	is_text(dumped(), want, "%s", what);
}

static void
check_replay(void)
{
	struct head data = { 0 }, model = { 0 }, odd = { 0 };

	ok(head_init(&data, "samples") == 0 && head_init(&model, "x") == 0 &&
	    head_init(&odd, "x") == 0, "heads");
	replays(&data, "", "nothing made it");
	ok(add(&data, "ssl-decode", "my photos") == 0 &&
	    add(&model, "ssl-decode", "train") == 0 &&
	    add(&model, "ssl-augment", NULL) == 0 &&
	    add(&model, "ssl-train", "it's") == 0, "histories");
	replays(&model, "ssl-decode train | ssl-augment | ssl-train 'it'\\''s'\n",
	    "one pipeline");
	ok(head_join_history(&data, &model) == 0 &&
	    add(&data, "ssl-encode", "--model") == 0 &&
	    add(&data, "ssl-eval", "") == 0, "two inputs");
	replays(&data, "ssl-decode train | ssl-augment | ssl-train 'it'\\''s'\n"
	    "ssl-decode 'my photos' | ssl-encode --model | ssl-eval ''\n",
	    "the side input's pipeline comes first");
	ok(add(&odd, "ssl-mix", "x\x1b[31m\ny") == 0 && add(&odd, "ssl-show", "\xff") == 0,
	    "odd arguments");
	replays(&odd, "ssl-mix 'x'\"$(printf '\\033')\"'[31m\ny' | ssl-show '?'\n",
	    "no escape reaches the terminal, and a shell sees the same");
	head_free(&data);
	head_free(&model);
	head_free(&odd);
}

/* What is no command of the suite, or cannot be a word, is no command. */
static void
check_foreign(void)
{
	struct head h = { 0 };
	const char *words[1] = { "x" };

	ok(head_init(&h, "x") == 0 && add(&h, "ssl-decode", "photos") == 0 &&
	    add(&h, "touch", "a\nrm b") == 0, "a foreign tool");
	replays(&h, "# not run: {\"tool\":\"ssl-decode\",\"version\":\"1\","
	    "\"args\":[\"photos\"],\"seed\":0}\n# not run: {\"tool\":"
	    "\"touch\",\"version\":\"1\",\"args\":[\"a\\nrm b\"],"
	    "\"seed\":0}\n", "its pipeline is a comment, each line of it");
	head_free(&h);
	ok(head_init(&h, "x") == 0 && add(&h, "FOO=bar", "ls") == 0,
	    "an assignment");
	replays(&h, "# not run: {\"tool\":\"FOO=bar\",\"version\":\"1\","
	    "\"args\":[\"ls\"],\"seed\":0}\n", "is a comment");
	head_free(&h);
	ok(head_init(&h, "x") == 0 && add(&h, "ssl-mix", words[0]) == 0,
	    "a NUL");
	h.history.array.items[0].map.members[2].value.array.items[0] =
	    (struct value){ .type = VALUE_TEXT, .text = { "a\0b", 3 } };
	replays(&h, "# not run: {\"tool\":\"ssl-mix\",\"version\":\"1\","
	    "\"args\":[\"a\\u0000b\"],\"seed\":0}\n", "is a comment");
	head_free(&h);
	ok(head_init(&h, "x") == 0 && add(&h, "ssl-mix", "=ls") == 0, "=ls");
	replays(&h, "ssl-mix '=ls'\n", "is quoted for zsh");
	head_free(&h);
}

/* Sizes that do not add up are somebody's lie: one plain pipeline then. */
static void
check_lies(void)
{
	static const int64_t sizes[][2] = { { 5, 0 }, { -1, 2 }, { 0, 0 },
		{ INT64_MAX, INT64_MAX } };

	for (int i = 0; i < 4; i++) {
		struct head h = { 0 };
		struct value inputs[2] = { value_int(sizes[i][0]),
			value_int(sizes[i][1]) };

		ok(head_init(&h, "x") == 0 && add(&h, "ssl-mix", NULL) == 0 &&
		    add(&h, "ssl-show", NULL) == 0 &&
		    value_set(&h.history.array.items[1], "inputs",
		    value_array(inputs, 2), &h.arena) == 0, "a lie");
		replays(&h, "ssl-mix | ssl-show\n", "is not believed");
		head_free(&h);
	}
}

int
main(void)
{
	check_json();
	check_tensors();
	check_replay();
	check_foreign();
	check_lies();
	dump_free(&d);
	return tap_done();
}
