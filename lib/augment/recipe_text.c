/* SPDX-License-Identifier: MIT */
/* recipe_text: a recipe as the text it could have been read from. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "augment/recipe.h"

/* As short as it can be and still be the same number; powers of ten for small
 * ones only. */
static void
put_number(char text[32], double v)
{
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, 32, "%.*g", digits, v);
		if (strtod(text, NULL) == v && (strchr(text, 'e') == NULL
		    || (v < 1e-4 && v > -1e-4)))
			return;
	}
}

/* Word number i of "a|b|c". */
static int
put_choice(struct buf *to, const char *choices, int i)
{
	while (i-- > 0)
		choices = strchr(choices, '|') + 1;
	return buf_printf(to, "%.*s", (int)strcspn(choices, "|"), choices);
}

static int
put_param(struct buf *to, const struct aug_param *p,
    const struct aug_number *n)
{
	char low[32], high[32];

	if (buf_printf(to, " %s=", p->name) < 0)
		return fail_last();
	if (p->choices != NULL)
		return put_choice(to, p->choices, (int)n->low);
	put_number(low, n->low);
	put_number(high, n->high);
	if (n->low == n->high)
		return buf_printf(to, "%s", low);
	if (n->values == 0)
		return buf_printf(to, "%s..%s", low, high);
	return buf_printf(to, "%s..%s/%d", low, high, n->values);
}

static int
put_step(struct buf *to, const struct aug_step *s, bool is_choice)
{
	char p[32];

	if (buf_printf(to, "\t%s%s", is_choice ? "| " : "", s->op->name) < 0)
		return fail_last();
	put_number(p, s->p);
	if (s->p != 1 && buf_printf(to, " p=%s", p) < 0)
		return fail_last();
	for (int i = 0; i < AUG_PARAMS && s->op->params[i].name != NULL; i++)
		if (put_param(to, &s->op->params[i], &s->numbers[i]) < 0)
			return fail_last();
	return buf_printf(to, "\n");
}

static int
put_view(struct buf *to, const struct aug_view *v)
{
	int choices = 0;

	if (buf_printf(to, "view %s size=%d\n", v->strong ? "strong" : "weak",
	    v->size) < 0)
		return fail_last();
	for (int i = 0; i < v->n_steps; i++) {
		if (put_step(to, &v->steps[i], choices > 0) < 0)
			return fail_last();
		choices = choices > 0 ? choices - 1 : v->steps[i].n_choices;
	}
	return 0;
}

static int
put_three(struct buf *to, const char *name, const double x[3])
{
	char text[3][32];

	for (int i = 0; i < 3; i++)
		put_number(text[i], x[i]);
	return buf_printf(to, "%s %s %s %s\n", name, text[0], text[1],
	    text[2]);
}

int
recipe_text(const struct recipe *r, struct buf *to)
{
	if (buf_printf(to, "recipe %s%s%s\n", r->name,
	    *r->about != '\0' ? " " : "", r->about) < 0
	    || put_three(to, "mean", r->mean) < 0
	    || put_three(to, "std", r->std) < 0)
		return fail_last();
	for (int i = 0; i < r->n_views; i++)
		if (put_view(to, &r->views[i]) < 0)
			return fail_last();
	return 0;
}
