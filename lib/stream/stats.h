/*
 * stats: what the numbers of a tensor look like.
 *
 * Sums are made block by block in double, in the order of the elements.
 */
#ifndef SELF_STREAM_STATS_H
#define SELF_STREAM_STATS_H

#include "stream/value.h"

/* All zeros: nothing seen yet. */
struct stats {
	uint64_t count;		/* finite elements */
	uint64_t nan, infinite;
	double min, max, mean;	/* of the finite ones */
	double squares;		/* sum of (x - mean)^2 */
};

void stats_add(struct stats *, const struct tensor *);

/* Population standard deviation, 0 of nothing. */
double stats_deviation(const struct stats *);

#endif
