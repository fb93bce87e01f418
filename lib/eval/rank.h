/*
 * rank: in which order classes with scores come.
 *
 * The one rule that every accuracy here follows: the class with the larger
 * score comes first, and of equal scores the class with the smaller index.
 * The class at rank 0 is the predicted one (top-1); a sample counts for top-5
 * when its own class has a rank below RANK_TOP.  A class without a score, for
 * which no neighbour voted or which training does not have, has no rank.
 */
#ifndef SELF_EVAL_RANK_H
#define SELF_EVAL_RANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RANK_NONE SIZE_MAX	/* of a class without a score: never right */
#define RANK_TOP 5

/* Whether class `i` with score `a` comes before class `j` with score `b`;
 * both scores are finite. */
bool rank_before(double a, int64_t i, double b, int64_t j);

/* The rank of class `truth` among finite scores [classes]. */
size_t rank_of(const float *scores, size_t classes, size_t truth);

/* Whether all of x [n] are finite; the index of the first that is not, or
 * n. */
bool rank_finite(const float *x, size_t n);
size_t rank_first_odd(const float *x, size_t n);

#endif
