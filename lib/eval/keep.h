/*
 * keep: the k nearest neighbours of a query, out of float products.
 *
 * Products with the training rows arrive piece by piece, rows rising.  A row
 * whose product is not surely too small becomes a candidate; a limit rises
 * as k others are known to be nearer.  What is left in the end is compared
 * in double, on the numbers as they were given.
 */
#ifndef SELF_EVAL_KEEP_H
#define SELF_EVAL_KEEP_H

#include "eval/knn.h"

/* What all queries of a search share. */
struct keep_rule {
	const struct features *train;
	const double *inverse;	/* [train n] 1 / norm, 0 for a row of zeros */
	size_t k, room;
	double margin;		/* at most this far off is a product */
};

struct candidate {
	float similarity;	/* the float product */
	uint32_t row;
};

/* One query at work. */
struct keep {
	const float *x;			/* [dim] */
	double inverse;			/* 1 / norm, or 0 */
	struct neighbour *near;		/* [k], of them `have` so far */
	size_t have;
	struct candidate *pending;	/* [room] by row, rising */
	size_t n_pending, settled;	/* all; those compared exactly */
	float least;			/* products below are too small */
};

/* Candidates a query needs room for, for k neighbours. */
size_t keep_room(size_t k);

/* How far off a float product of rows [dim] brought to norm 1 can be. */
double keep_margin(size_t dim);

/* 1 / norm of x [dim], 0 for zeros. */
double keep_inverse(const float *x, size_t dim);

/* Begins with a query x [dim]; near [k] is where its neighbours go, pending
 * [room] is scratch until keep_end. */
void keep_begin(struct keep *, const struct keep_rule *, const float *x,
    struct neighbour *near, struct candidate *pending);

/* products [n] with the training rows from..from+n-1. */
void keep_offer(struct keep *, const struct keep_rule *,
    const float *products, size_t from, size_t n);

/* After the last product: forgets candidates that k others surpass. */
void keep_thin(struct keep *, const struct keep_rule *);

/* Compares exactly the candidates of rows before `end`, which rises. */
void keep_settle(struct keep *, const struct keep_rule *, size_t end);

/* All are settled: near [k] is written, nearest first. */
void keep_end(struct keep *, const struct keep_rule *);

#endif
