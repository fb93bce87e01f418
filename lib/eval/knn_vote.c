/* SPDX-License-Identifier: MIT */
#include "eval/knn.h"

#include <math.h>
#include <stdlib.h>

#include "eval/rank.h"

/* Smaller classes first, and of a class the nearest first. */
static int
by_label(const void *a, const void *b)
{
	const struct ballot *p = a, *q = b;

	if (p->label != q->label)
		return p->label < q->label ? -1 : 1;
	return p->similarity > q->similarity ? -1 :
	    p->similarity < q->similarity;
}

/*
 * Turns ballots [k] into one ballot for each class, smaller classes first;
 * its `similarity` becomes the logarithm of the sum of the class's weights,
 * less top / temperature.  A logarithm, as weights far below the largest
 * would all become 0 and look equal.  Returns how many classes there are.
 */
static size_t
count_votes(struct ballot *b, size_t k, double temperature)
{
	double top = b[0].similarity;
	size_t n = 0;

	for (size_t i = 1; i < k; i++)
		if (b[i].similarity > top)
			top = b[i].similarity;
	qsort(b, k, sizeof(*b), by_label);
	for (size_t i = 0; i < k; n++) {
		const struct ballot first = b[i];
		double sum = 0;

		for (; i < k && b[i].label == first.label; i++)
			sum += exp((b[i].similarity - first.similarity)
			    / temperature);
		b[n] = (struct ballot){ first.label,
			(first.similarity - top) / temperature + log(sum) };
	}
	return n;
}

static bool
before(const struct ballot *a, const struct ballot *b)
{
	return rank_before(a->similarity, a->label, b->similarity, b->label);
}

struct verdict
knn_vote(struct ballot *b, size_t k, double temperature, int64_t truth)
{
	const size_t n = count_votes(b, k, temperature);
	const struct ballot *first = &b[0], *mine = NULL;
	struct verdict v = { .rank = RANK_NONE };

	for (size_t i = 0; i < n; i++) {
		if (before(&b[i], first))
			first = &b[i];
		if (b[i].label == truth)
			mine = &b[i];
	}
	v.label = first->label;
	if (mine == NULL)
		return v;
	v.rank = 0;
	for (size_t i = 0; i < n; i++)
		v.rank += before(&b[i], mine);
	return v;
}
