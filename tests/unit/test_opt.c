/* SPDX-License-Identifier: MIT */
#include "base/opt.h"

#include "tap.h"

struct args {
	bool fast, loud;
	int64_t n, free;
	double rate;
	const char *name, *kind, *maybe;
};

#define AT(m) offsetof(struct args, m)

static const struct opt rows[] = {
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL, 0, 0, "Size", false },
	{ "number", 'n', OPT_INT, AT(n), "N", "5", 1, 10, "how many", false },
	{ "free", 0, OPT_INT, AT(free), "F", NULL, 0, 0, "any", false },
	{ "rate", 'r', OPT_FLOAT, AT(rate), "R", "0.5", 0, 1,
	    "a share with a long explanation that has to be broken into "
	    "lines", false },
	{ NULL, 0, OPT_FLAG, 0, NULL, NULL, 0, 0, "Other", false },
	{ "name", 'x', OPT_TEXT, AT(name), "TEXT", NULL, 0, 0, "a name",
	    false },
	{ "kind", 0, OPT_CHOICE, AT(kind), "sgd|lars", "sgd", 0, 0, "which",
	    false },
	{ "fast", 'f', OPT_FLAG, AT(fast), NULL, NULL, 0, 0, "be fast",
	    true },
	{ "loud", 'l', OPT_FLAG, AT(loud), NULL, NULL, 0, 0, "be loud",
	    true },
	{ "maybe", 'm', OPT_TEXT, AT(maybe), "[M]", NULL, 0, 0, "or not",
	    false },
	{ "nameless", 0, OPT_FLAG, AT(loud), NULL, NULL, 0, 0, "nothing",
	    true },
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))
#define MOST 10

static struct args a;
static struct opt_said said;
static char *argv[MOST + 1];

/* Parses the words, NULL behind the last. */
static int
parse(const char *w1, const char *w2, const char *w3, const char *w4)
{
	static char copies[MOST][64];
	const char *words[] = { "tool", w1, w2, w3, w4, NULL };
	int n = 0;

	for (; words[n] != NULL; n++) {
		snprintf(copies[n], sizeof(copies[n]), "%s", words[n]);
		argv[n] = copies[n];
	}
	argv[n] = NULL;
	memset(&a, 0xaa, sizeof(a));
	return opt_parse(rows, N_ROWS, &a, n, argv, &said);
}

static void
refuses(const char *w1, const char *w2, const char *message)
{
	is_int(parse(w1, w2, NULL, NULL), FAIL_USAGE, "%s %s is refused", w1,
	    w2 != NULL ? w2 : "");
	is_text(fail_text(), message, "… with reasons");
}

static void
check_presets(void)
{
	is_int(parse(NULL, NULL, NULL, NULL), 0, "no arguments");
	is_int(a.n, 5, "preset of a number");
	is_int(a.free, 0, "number without a preset");
	is_near(a.rate, 0.5, 0, "preset of a fraction");
	is_text(a.kind, "sgd", "preset of a choice");
	ok(a.name == NULL && !a.fast && !a.loud, "everything is filled");
	is_int(said.n_operands, 0, "no operands");
}

static void
check_forms(void)
{
	is_int(parse("--number", "7", "--rate=0.25", "--name="), 0, "long");
	is_int(a.n, 7, "value in the next word");
	is_near(a.rate, 0.25, 0, "value behind =");
	is_text(a.name, "", "empty value");
	ok(opt_given(rows, N_ROWS, &said, "number") &&
	    !opt_given(rows, N_ROWS, &said, "kind"), "opt_given");
	is_int(parse("-n3", "-fl", "-x", "--fast"), 0, "letters");
	is_int(a.n, 3, "value joined to its letter");
	ok(a.fast && a.loud, "joined flags");
	is_text(a.name, "--fast", "a value may look like an option");
	is_int(parse("-flx", "word", NULL, NULL), 0, "flags, then a value");
	is_text(a.name, "word", "… in the next word");
	is_int(parse("--maybe", "-f", "--maybe", NULL), 0, "no value");
	ok(a.maybe != NULL && *a.maybe == '\0' && a.fast, "… is an empty one");
	is_int(parse("--maybe", "one", "-m", "-"), 0, "or a value");
	is_text(a.maybe, "-", "… which may be a hyphen");
	is_int(parse("-mtwo", "three", NULL, NULL), 0, "joined");
	is_text(a.maybe, "two", "… to a letter");
	is_int(parse("--num", "2", NULL, NULL), FAIL_USAGE, "a name cut short");
	is_text(fail_text(), "unknown option --num; did you mean --number?",
	    "… is asked about");
	is_int(parse("--free", "-9", NULL, NULL), 0, "no bounds");
	is_int(a.free, -9, "… even below 0");
}

static void
check_operands(void)
{
	is_int(parse("a", "-n2", "-", "b"), 0, "operands between options");
	is_int(said.n_operands, 3, "three");
	is_text(said.operands[1], "-", "- is an operand");
	is_text(said.operands[2], "b", "in order");
	is_int(parse("--", "-n2", "--", "--help"), 0, "behind --");
	is_int(said.n_operands, 3, "all are operands");
	ok(a.n == 5 && !said.help, "and nothing else");
	is_int(parse("--help", "--nonsense", NULL, NULL), 0, "help first");
	ok(said.help, "help");
	is_int(parse("--version", NULL, NULL, NULL), 0, "version");
	ok(said.version && !said.help, "version");
	is_int(parse("--complete", NULL, NULL, NULL), 0, "complete");
	ok(said.complete, "complete");
}

static void
check_refusals(void)
{
	refuses("--number", "11", "--number: 11 is outside 1 to 10");
	refuses("--number", "1e1", "--number: '1e1' is not a whole number");
	refuses("--number", "", "--number: '' is not a whole number");
	refuses("--number", NULL, "--number needs a value (N)");
	refuses("-n", NULL, "--number needs a value (N)");
	refuses("--rate", "nan", "--rate: 'nan' is not a number");
	refuses("--rate", "O.5", "--rate: 'O.5' is not a number");
	refuses("--rate", "1.5", "--rate: 1.5 is outside 0 to 1");
	refuses("--kind", "adam", "--kind: 'adam' is not one of sgd|lars");
	refuses("--kind", "sgd|lars",
	    "--kind: 'sgd|lars' is not one of sgd|lars");
	refuses("--fast=1", NULL, "--fast takes no value");
	refuses("--help=1", NULL, "--help takes no value");
	refuses("--numbre", "1",
	    "unknown option --numbre; did you mean --number?");
	refuses("--versoin", NULL,
	    "unknown option --versoin; did you mean --version?");
	refuses("--zzz", NULL, "unknown option --zzz; --help lists them");
	refuses("-z", NULL, "unknown option -z; --help lists them");
	refuses("--=3", NULL, "unknown option --; --help lists them");
}

static void
check_nearest(void)
{
	static const char *const names[] = { "byol", "simclr", "mocov2" };

	is_text(opt_nearest("bylo", names, 3), "byol", "two letters swapped");
	is_text(opt_nearest("simclrr", names, 3), "simclr", "one too many");
	is_text(opt_nearest("moco2", names, 3), "mocov2", "one left out");
	ok(opt_nearest("supcon", names, 3) == NULL, "nothing near");
	ok(opt_nearest("", names, 3) == NULL, "nothing near nothing");
}

static void
check_texts(void)
{
	struct buf b = { 0 };
	size_t widest = 0;

	ok(opt_help(rows, N_ROWS, &b) == 0, "help");
	ok(strstr((char *)b.data, "  -n, --number N          how many "
	    "(default 5)\n") != NULL, "a row with its default");
	ok(strncmp((char *)b.data, "Size:\n", 6) == 0, "a heading");
	for (char *p = (char *)b.data; *p != '\0';) {
		const size_t n = strcspn(p, "\n");

		widest = n > widest ? n : widest;
		p += n + (p[n] == '\n');
	}
	ok(widest <= 79, "at most 79 wide");
	buf_free(&b);
	ok(opt_list(rows, N_ROWS, &b) == 0, "list");
	ok(strstr((char *)b.data, "number\tn\tN\thow many\n") != NULL,
	    "four columns");
	ok(strstr((char *)b.data, "kind\t\tsgd|lars\twhich\n") != NULL,
	    "the words of a choice");
	ok(strstr((char *)b.data, "fast\tf\t\tbe fast\n") != NULL,
	    "a flag has no word");
	buf_free(&b);
}

int
main(void)
{
	check_presets();
	check_forms();
	check_operands();
	check_refusals();
	check_nearest();
	check_texts();
	return tap_done();
}
