/* SPDX-License-Identifier: MIT */
#include "base/opt.h"

#include <assert.h>
#include <float.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

#define WORD_MOST 40		/* longer words have no near name */
#define HELP_WIDTH 79
#define HELP_COLUMN 26		/* where the second column begins */

/* What every tool answers besides its table. */
static const char *const builtin[] = { "help", "version", "complete" };
#define N_BUILTIN (sizeof(builtin) / sizeof(builtin[0]))

/* One command line on its way through the parser. */
struct parse {
	const struct opt *rows;
	size_t n;
	void *into;
	struct opt_said *said;
	char **argv;
	int argc, at;		/* argv[at] is looked at */
};

bool
opt_has_choice(const struct opt *row, const char *text)
{
	const char *words = row->word;	/* "a|b|c" */
	const size_t size = strlen(text);

	while (words != NULL) {
		const size_t n = strcspn(words, "|");

		if (n == size && memcmp(words, text, n) == 0)
			return true;
		words = words[n] == '|' ? words + n + 1 : NULL;
	}
	return false;
}

/* Numbers whose min and max are both 0 have no bounds. */
static int
set_number(const struct opt *row, void *at, const char *text)
{
	const bool free = row->min == 0 && row->max == 0;

	if (row->type == OPT_FLOAT)
		return num_float(text, free ? -DBL_MAX : row->min,
		    free ? DBL_MAX : row->max, at);
	return num_int(text, free ? INT64_MIN : (int64_t)row->min,
	    free ? INT64_MAX : (int64_t)row->max, at);
}

static int
set(const struct opt *row, void *into, const char *text)
{
	void *at = (char *)into + row->at;

	switch (row->type) {
	case OPT_FLAG:
		*(bool *)at = text != NULL;
		return 0;
	case OPT_CHOICE:
		if (text != NULL && !opt_has_choice(row, text))
			return fail(FAIL_USAGE, "--%s: '%s' is not one of %s",
			    row->name, text, row->word);
		*(const char **)at = text;
		return 0;
	case OPT_TEXT:
		*(const char **)at = text;
		return 0;
	case OPT_INT:
	case OPT_FLOAT:
		break;
	}
	if (text != NULL && set_number(row, at, text) < 0)
		return fail_note("--%s", row->name);
	if (text == NULL && row->type == OPT_INT)
		*(int64_t *)at = 0;
	else if (text == NULL)
		*(double *)at = 0;
	return 0;
}

static int
set_presets(const struct parse *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->rows[i].name != NULL &&
		    set(&p->rows[i], p->into, p->rows[i].preset) < 0)
			return fail_note("preset");
	return 0;
}

/* Distance of two words: letters changed, added, left out or swapped with
 * their neighbour (optimal string alignment). */
static size_t
distance(const char *a, const char *b)
{
	const size_t n = strlen(a), m = strlen(b);
	size_t d[WORD_MOST + 1][WORD_MOST + 1];

	if (n > WORD_MOST || m > WORD_MOST)
		return WORD_MOST;
	for (size_t i = 0; i <= n; i++) {
		for (size_t j = 0; j <= m; j++) {
			size_t best = i == 0 ? j : j == 0 ? i : SIZE_MAX;

			if (i > 0 && j > 0) {
				best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
				if (d[i - 1][j] + 1 < best)
					best = d[i - 1][j] + 1;
				if (d[i][j - 1] + 1 < best)
					best = d[i][j - 1] + 1;
			}
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[n][m];
}

const char *
opt_nearest(const char *word, const char *const *names, size_t n)
{
	const char *nearest = NULL;
	size_t best = strlen(word) / 3 + 2;	/* as far as sense goes */

	for (size_t i = 0; i < n; i++) {
		const size_t far = distance(word, names[i]);

		if (far < best && far < strlen(names[i])) {
			best = far;
			nearest = names[i];
		}
	}
	return nearest;
}

/* Every name of the table and the built-in ones; returns how many. */
static size_t
all_names(const struct parse *p, const char **names)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		if (p->rows[i].name != NULL)
			names[n++] = p->rows[i].name;
	for (size_t i = 0; i < N_BUILTIN; i++)
		names[n++] = builtin[i];
	return n;
}

/* The first name that begins like the word, or the nearest one, or NULL. */
static const char *
suggest(const char *word, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strncmp(names[i], word, strlen(word)) == 0)
			return names[i];
	return opt_nearest(word, names, n);
}

/*
 * The name of the table that the word is; NULL and a failure.  A name cut
 * short is refused: what is clear today would not be when options are added.
 */
static const char *
whole_name(const struct parse *p, const char *word, size_t size)
{
	const char *names[OPT_MOST + N_BUILTIN], *near;
	const size_t n = all_names(p, names);
	char name[WORD_MOST + 1];

	snprintf(name, sizeof(name), "%.*s", (int)size, word);
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return names[i];
	near = size > 0 ? suggest(name, names, n) : NULL;
	fail(FAIL_USAGE, "unknown option --%s%s%s%s", name,
	    near != NULL ? "; did you mean --" : "; --help lists them",
	    near != NULL ? near : "", near != NULL ? "?" : "");
	return NULL;
}

static const struct opt *
row_named(const struct opt *rows, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].name != NULL && strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

/* A value that need not be there is not: the command line ends, or another
 * option follows. */
static bool
is_left_out(const struct parse *p, const struct opt *row)
{
	const char *next = p->at + 1 < p->argc ? p->argv[p->at + 1] : NULL;

	return row->word[0] == '[' && (next == NULL ||
	    (next[0] == '-' && next[1] != '\0'));
}

/* Sets the row from `value`, or from the next argument when that is NULL. */
static int
take(struct parse *p, const struct opt *row, const char *value)
{
	p->said->given[row - p->rows] = true;
	if (row->type == OPT_FLAG || (value == NULL && is_left_out(p, row)))
		return set(row, p->into, "");
	if (value == NULL && p->at + 1 >= p->argc)
		return fail(FAIL_USAGE, "--%s needs a value (%s)", row->name,
		    row->word);
	return set(row, p->into, value != NULL ? value : p->argv[++p->at]);
}

/* --name, --name=value, --name value. */
static int
parse_long(struct parse *p, const char *arg)
{
	const size_t size = strcspn(arg, "=");
	const char *value = arg[size] == '=' ? arg + size + 1 : NULL;
	const char *name = whole_name(p, arg, size);
	const struct opt *row;

	if (name == NULL)
		return fail_last();
	row = row_named(p->rows, p->n, name);
	if (value != NULL && (row == NULL || row->type == OPT_FLAG))
		return fail(FAIL_USAGE, "--%s takes no value", name);
	if (row != NULL)
		return take(p, row, value);
	p->said->help = name == builtin[0];
	p->said->version = name == builtin[1];
	p->said->complete = name == builtin[2];
	return 0;
}

/* -x, -xVALUE, -x VALUE, joined flags. */
static int
parse_letters(struct parse *p, const char *arg)
{
	for (; *arg != '\0'; arg++) {
		const struct opt *row = NULL;

		for (size_t i = 0; i < p->n && row == NULL; i++)
			if (p->rows[i].name != NULL && p->rows[i].letter == *arg)
				row = &p->rows[i];
		if (row == NULL && *arg == 'h') {
			p->said->help = true;
			return 0;
		}
		if (row == NULL)
			return fail(FAIL_USAGE,
			    "unknown option -%c; --help lists them", *arg);
		if (row->type != OPT_FLAG)
			return take(p, row, arg[1] != '\0' ? arg + 1 : NULL);
		if (take(p, row, NULL) < 0)
			return fail_last();
	}
	return 0;
}

int
opt_parse(const struct opt *rows, size_t n, void *into, int argc, char **argv,
    struct opt_said *said)
{
	struct parse p = { .rows = rows, .n = n, .into = into, .said = said,
		.argv = argv, .argc = argc, .at = 1 };
	bool options = true;

	assert(n <= OPT_MOST);
	memset(said, 0, sizeof(*said));
	said->operands = argc > 0 ? argv + 1 : argv;
	if (set_presets(&p) < 0)
		return fail_last();
	/* Operands move down over what has been read already. */
	for (; p.at < argc; p.at++) {
		char *arg = argv[p.at];
		int rc = 0;

		if (options && strcmp(arg, "--") == 0)
			options = false;
		else if (options && strncmp(arg, "--", 2) == 0)
			rc = parse_long(&p, arg + 2);
		else if (options && arg[0] == '-' && arg[1] != '\0')
			rc = parse_letters(&p, arg + 1);
		else
			said->operands[said->n_operands++] = arg;
		if (rc < 0)
			return rc;
		if (said->help || said->version || said->complete)
			return 0;
	}
	return 0;
}

bool
opt_given(const struct opt *rows, size_t n, const struct opt_said *said,
    const char *name)
{
	const struct opt *row = row_named(rows, n, name);

	assert(row != NULL);
	return row != NULL && said->given[row - rows];
}

/* `text` in the second column, broken at blanks; `column` is where the
 * first column ended. */
static int
help_text(struct buf *b, size_t column, const char *text)
{
	if (column + 2 > HELP_COLUMN) {
		if (buf_printf(b, "\n") < 0)
			return fail_last();
		column = 0;
	}
	if (buf_printf(b, "%*s", (int)(HELP_COLUMN - column), "") < 0)
		return fail_last();
	column = HELP_COLUMN;
	while (*text != '\0') {
		const size_t word = strcspn(text, " ");

		if (column > HELP_COLUMN && column + 1 + word > HELP_WIDTH) {
			if (buf_printf(b, "\n%*s", HELP_COLUMN, "") < 0)
				return fail_last();
			column = HELP_COLUMN;
		}
		if (buf_printf(b, "%s%.*s", column > HELP_COLUMN ? " " : "",
		    (int)word, text) < 0)
			return fail_last();
		column += word + (column > HELP_COLUMN);
		text += word + (text[word] == ' ');
	}
	return buf_printf(b, "\n");
}

static int
help_row(const struct opt *row, struct buf *b)
{
	struct buf text = { 0 };
	const size_t begin = b->size;
	int rc;

	rc = row->letter != 0 ? buf_printf(b, "  -%c, ", row->letter)
			      : buf_printf(b, "      ");
	if (rc < 0 || buf_printf(b, "--%s%s%s", row->name,
	    row->type != OPT_FLAG ? " " : "",
	    row->type != OPT_FLAG ? row->word : "") < 0)
		return fail_last();
	rc = buf_printf(&text, "%s", row->help);
	if (rc == 0 && row->preset != NULL && row->type != OPT_FLAG)
		rc = buf_printf(&text, " (default %s)", row->preset);
	if (rc == 0)
		rc = help_text(b, b->size - begin, (const char *)text.data);
	buf_free(&text);
	return rc;
}

int
opt_help(const struct opt *rows, size_t n, struct buf *b)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = rows[i].name != NULL
		    ? help_row(&rows[i], b)
		    : buf_printf(b, "%s%s:\n", i > 0 ? "\n" : "", rows[i].help);
	if (rc == 0)
		rc = buf_printf(b, "      --help%*sthis text\n"
		    "      --version%*sname and version\n", HELP_COLUMN - 12,
		    "", HELP_COLUMN - 15, "");
	return rc;
}

int
opt_list(const struct opt *rows, size_t n, struct buf *b)
{
	for (size_t i = 0; i < n; i++) {
		const char letter[2] = { rows[i].letter, '\0' };

		if (rows[i].name == NULL)
			continue;
		if (buf_printf(b, "%s\t%s\t%s\t%s\n", rows[i].name, letter,
		    rows[i].type == OPT_FLAG ? "" : rows[i].word,
		    rows[i].help) < 0)
			return fail_last();
	}
	return buf_printf(b, "help\t\t\tthis text\n"
	    "version\t\t\tname and version\n");
}
