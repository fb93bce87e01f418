/* SPDX-License-Identifier: MIT */
#include "eval/knn.h"

#include <math.h>
#include <stdlib.h>

static int
by_label(const void *a, const void *b)
{
	const struct ballot *p = a, *q = b;

	if (p->label != q->label)
		return p->label < q->label ? -1 : 1;
	return p->similarity > q->similarity ? -1 :
	    p->similarity < q->similarity;
}

/* Turns ballots [k] into one ballot for each class, its `similarity` the sum
 * of the weights, smaller classes first.  Returns how many. */
static size_t
count_votes(struct ballot *b, size_t k, double temperature)
{
	double top = b[0].similarity;
	size_t n = 0;

	for (size_t i = 1; i < k; i++)
		if (b[i].similarity > top)
			top = b[i].similarity;
	/* Equal weights may lie in any order: the sums are the same. */
	qsort(b, k, sizeof(*b), by_label);
	for (size_t i = 0; i < k; i++) {
		const double weight =
		    exp((b[i].similarity - top) / temperature);

		if (n > 0 && b[n - 1].label == b[i].label)
			b[n - 1].similarity += weight;
		else
			b[n++] = (struct ballot){ b[i].label, weight };
	}
	return n;
}

struct verdict
knn_vote(struct ballot *b, size_t k, double temperature, int64_t truth)
{
	const size_t n = count_votes(b, k, temperature);
	struct verdict v = { b[0].label, 0 };
	double most = b[0].similarity, mine = 0;

	for (size_t i = 0; i < n; i++) {
		if (b[i].similarity > most) {
			most = b[i].similarity;
			v.label = b[i].label;
		}
		if (b[i].label == truth)
			mine = b[i].similarity;
	}
	for (size_t i = 0; i < n; i++)
		v.above += b[i].similarity > mine;
	return v;
}
