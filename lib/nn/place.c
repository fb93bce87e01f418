/* SPDX-License-Identifier: MIT */
#include "nn/place.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"

#define UNIT 16		/* floats: pieces begin at a cache line */

static size_t
whole(size_t n)
{
	return (n + UNIT - 1) / UNIT * UNIT;
}

static void
cut(struct place *p, size_t i)
{
	memmove(&p->gaps[i], &p->gaps[i + 1],
	    (p->n_gaps - i - 1) * sizeof(p->gaps[0]));
	p->n_gaps--;
}

int
place_take(struct place *p, size_t n, size_t *at)
{
	size_t last;

	n = whole(n);
	for (size_t i = 0; i < p->n_gaps; i++) {
		struct place_gap *g = &p->gaps[i];

		if (g->n < n)
			continue;
		*at = g->at;
		g->at += n;
		g->n -= n;
		if (g->n == 0)
			cut(p, i);
		return 0;
	}
	/* A gap at the very end grows. */
	last = p->n_gaps;
	if (last > 0 && p->gaps[last - 1].at + p->gaps[last - 1].n == p->end) {
		p->end = p->gaps[last - 1].at;
		cut(p, last - 1);
	}
	*at = p->end;
	return num_add(p->end, n, &p->end);
}

static int
grow(struct place *p)
{
	const size_t room = p->room == 0 ? 32 : 2 * p->room;
	struct place_gap *more = realloc(p->gaps, room * sizeof(*more));

	if (more == NULL)
		return fail_memory(room * sizeof(*more));
	p->gaps = more;
	p->room = room;
	return 0;
}

int
place_give(struct place *p, size_t at, size_t n)
{
	size_t i = 0;

	n = whole(n);
	if (n == 0)
		return 0;
	if (p->n_gaps == p->room && grow(p) < 0)
		return fail_last();
	while (i < p->n_gaps && p->gaps[i].at < at)
		i++;
	memmove(&p->gaps[i + 1], &p->gaps[i],
	    (p->n_gaps - i) * sizeof(p->gaps[0]));
	p->gaps[i] = (struct place_gap){ at, n };
	p->n_gaps++;
	if (i + 1 < p->n_gaps && at + n == p->gaps[i + 1].at) {
		p->gaps[i].n += p->gaps[i + 1].n;
		cut(p, i + 1);
	}
	if (i > 0 && p->gaps[i - 1].at + p->gaps[i - 1].n == at) {
		p->gaps[i - 1].n += p->gaps[i].n;
		cut(p, i);
	}
	return 0;
}

void
place_free(struct place *p)
{
	free(p->gaps);
	memset(p, 0, sizeof(*p));
}
