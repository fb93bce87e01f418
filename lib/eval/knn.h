/*
 * knn: the nearest neighbours of rows by cosine, exactly.
 *
 * The product with all training rows is made in float, block by block; rows
 * that its rounding error leaves near enough are compared in double, on
 * the numbers as they were given.  So the neighbours do not depend on threads,
 * block sizes or the instruction set.  Similarities are rounded to a multiple
 * of 2^-44 (6e-14), so that rows that differ by a factor only are equally
 * near.  Equal similarities: the earlier training row is nearer.  A row of
 * zeros has similarity 0 to everything.
 */
#ifndef SELF_EVAL_KNN_H
#define SELF_EVAL_KNN_H

#include "base/pool.h"
#include "eval/features.h"

struct neighbour {
	double similarity;	/* cosine, -1..1 */
	size_t row;		/* of the training rows */
};

struct knn;

/* Borrows the training rows and the pool; k is 1 to train->n (FAIL_USAGE). */
struct knn *knn_new(const struct features *train, size_t k, struct pool *);

/* How many queries a search takes at most; fewer are slower. */
size_t knn_block(const struct knn *);

/* The k rows nearest to each of 1 <= n <= knn_block queries x [n,dim], nearest
 * first: near [n,k] is written. */
void knn_search(struct knn *, const float *x, size_t n,
    struct neighbour *near);
void knn_free(struct knn *);

/* A neighbour's label and similarity. */
struct ballot {
	int64_t label;
	double similarity;
};

struct verdict {
	int64_t label;		/* predicted: the class of rank 0 */
	size_t rank;		/* of the true class (rank.h); RANK_NONE where
				 * none of the neighbours is of it */
};

/* A vote of k >= 1 neighbours, each for its label with the weight
 * exp(similarity / temperature); the ballots are used up. */
struct verdict knn_vote(struct ballot *, size_t k, double temperature,
    int64_t truth);

#endif
