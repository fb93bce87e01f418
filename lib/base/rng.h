/*
 * rng: random numbers as a function of what they are for, never of order.
 *
 * Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2,
 * 3", SC 2011).  A generator is made from (seed, epoch, index, view, purpose)
 * and has no other state, so any draw can be made again, alone, anywhere.
 */
#ifndef SELF_BASE_RNG_H
#define SELF_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/*
 * What a generator is for.  Numbers are part of the output of every tool:
 * never change one, only add.
 */
enum rng_purpose {
	RNG_SHUFFLE = 1,	/* order of a data set */
	RNG_SUBSET = 2,		/* choice of samples, --per-class */
	RNG_BALANCE = 3,	/* class order and members, --balance */
	RNG_INIT = 4,		/* parameters: index is the parameter's place */
	RNG_SYNTH = 5,		/* procedural pictures */
	RNG_MIX = 6,		/* partners of i-Mix */
	RNG_QUEUE = 7,		/* first keys of the ring */
	RNG_SPLIT = 8,		/* permutation before split batch norm */
	RNG_MIX_SHARE = 16,	/* shares and boxes of i-Mix */
	RNG_INPUT_MIX = 17,	/* partners of InputMix */
	RNG_INPUT_SHARE = 18,	/* shares of InputMix */
	RNG_AUGMENT = 64	/* + place of the op in its recipe */
};

struct rng {
	uint32_t key[2], block;	/* next block to make */
	uint32_t out[4];
	unsigned left;		/* unused words of out */
	uint32_t counter[3];
};

struct rng rng_at(uint64_t seed, uint64_t epoch, uint64_t index,
    uint32_t view, uint32_t purpose);

uint32_t rng_u32(struct rng *);
uint64_t rng_u64(struct rng *);

/* Uniform in [0,1), 53 bits; and in [low,high). */
double rng_unit(struct rng *);
double rng_between(struct rng *, double low, double high);

/* Uniform over 0..n-1 without bias; n > 0. */
uint64_t rng_below(struct rng *, uint64_t n);

/* True with probability p. */
int rng_coin(struct rng *, double p);

/* Standard normal (Box-Muller, one of the pair). */
double rng_normal(struct rng *);

/* The logarithm of a Gamma draw of that shape > 0 and scale 1 (Marsaglia &
 * Tsang 2000): a small shape's draws are too small for a double. */
double rng_log_gamma(struct rng *, double shape);

/* Beta(a, b) in [0,1]; and x [n] of a Dirichlet with all its n parameters
 * `alpha`, which sum to 1. */
double rng_beta(struct rng *, double a, double b);
void rng_dirichlet(struct rng *, double alpha, double *x, size_t n);

/* order[0..n-1] becomes a uniform permutation of 0..n-1 (Fisher-Yates). */
void rng_permutation(struct rng *, size_t *order, size_t n);

#endif
