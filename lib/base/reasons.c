/* SPDX-License-Identifier: MIT */
#include "base/reasons.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Past a number, decimal or 0x…, or where we are. */
static const char *
past_number(const char *text)
{
	if (strncmp(text, "0x", 2) == 0)
		return text + 2 + strspn(text + 2, "0123456789abcdefABCDEF");
	return text + strspn(text, "0123456789");
}

static bool
is_same(const char *a, const char *b)
{
	for (;; a++, b++) {
		a = past_number(a);
		b = past_number(b);
		if (*a != *b)
			return false;
		if (*a == '\0')
			return true;
	}
}

void
reasons_add(struct reasons *r, const char *text)
{
	char cut[REASONS_TEXT];

	snprintf(cut, sizeof(cut), "%s", text);
	for (int i = 0; i < r->n; i++)
		if (is_same(r->all[i].text, cut)) {
			r->all[i].n++;
			return;
		}
	if (r->n == REASONS_MOST) {
		r->others++;
		return;
	}
	memcpy(r->all[r->n].text, cut, sizeof(cut));
	r->all[r->n++].n = 1;
}

int
reasons_list(const struct reasons *r, struct buf *to)
{
	for (int i = 0; i < r->n; i++)
		if (buf_printf(to, "%s%s (%" PRIu64 ")", i > 0 ? "; " : "",
		    r->all[i].text, r->all[i].n) < 0)
			return fail_last();
	return r->others == 0 ? 0 : buf_printf(to, "; other reasons (%" PRIu64
	    ")", r->others);
}
