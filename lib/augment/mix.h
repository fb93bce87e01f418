/*
 * mix: samples blended with others of their batch: i-Mix (Lee et al. 2021)
 * by mixup, by CutMix, and InputMix.
 *
 * Partners are permutations of the batch's rows, fixed points allowed.  A
 * row keeps the share lambda of itself.  Draws are Beta(alpha, alpha), or
 * Dirichlet for several partners, and depend on the key alone.
 */
#ifndef SELF_AUGMENT_MIX_H
#define SELF_AUGMENT_MIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MIX_PARTNERS 16		/* of a row, at most */

/* What draws follow from: rng.h's coordinates, a step being one batch. */
struct mix_key {
	uint64_t seed, epoch, step;
	uint32_t view;
};

/* Partners of n rows: index [n] is written. */
void mix_partners(size_t *index, size_t n, struct mix_key);

/* mixup: each row its own share [n], written; `fold`: the larger of lambda
 * and 1 - lambda. */
void mix_shares(float *share, size_t n, double alpha, bool fold,
    struct mix_key);

/* Rows top..bottom-1, columns left..right-1 of a picture. */
struct mix_box {
	size_t top, left, bottom, right;
};

/*
 * CutMix: the box around (row, column) that a share `lambda` leaves to the
 * partner, cut off at the edges of a picture [height,width].  Its sides are
 * sqrt(1 - lambda) of the picture's, made even; returned is the share that
 * truly stays, 1 - area / (height width).
 */
double mix_cut(struct mix_box *, double lambda, size_t height, size_t width,
    size_t row, size_t column);

/* One box for the batch, with its share as mix_cut has it. */
double mix_draw_cut(struct mix_box *, size_t height, size_t width,
    double alpha, bool fold, struct mix_key);

/*
 * InputMix: `partners` permutations of n rows, index [partners,n], and the
 * weights [n,1 + partners] of a row and its partners, written.  A row's own
 * is at least 1/2: with one partner by folding, with more by lambda / 2 + 1/2
 * for itself and lambda / 2 for them.  Without `fold`, as they are drawn.
 */
void mix_draw_input(size_t *index, float *weight, size_t n, size_t partners,
    double alpha, bool fold, struct mix_key);

/* y [n] = weight x, or (add) += it; from bytes or floats. */
void mix_add_bytes(float *y, const uint8_t *x, float weight, size_t n,
    bool add);
void mix_add_floats(float *y, const float *x, float weight, size_t n,
    bool add);

#endif
