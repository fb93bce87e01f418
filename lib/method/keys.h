/*
 * keys: a ring of past keys, MoCo's queue (He et al. 2020).
 *
 * Rows are of length 1.  New keys take the places of the oldest, from `head`
 * on; the ring begins full of random directions.
 */
#ifndef SELF_METHOD_KEYS_H
#define SELF_METHOD_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/kernel.h"

#define KEYS_MOST ((size_t)1 << 24)

/* All zeros is no ring. */
struct keys {
	struct kernel *kernel;	/* borrowed */
	size_t k, p;
	size_t head;		/* place of the next key */
	float *row;		/* device, [k,p] */
};

/* k random directions: row i from rng_at(seed, 0, i, 0, RNG_QUEUE). */
int keys_init(struct keys *, struct kernel *, size_t k, size_t p,
    uint64_t seed) FAIL_CHECKED;
void keys_fini(struct keys *);

/* FAIL_USAGE unless a whole number of batches of n fills the ring. */
int keys_check(const struct keys *, size_t n) FAIL_CHECKED;

/* n keys (host, [n,p], of any length; brought to 1 in place) replace the
 * oldest. */
void keys_push(struct keys *, float *key, size_t n);

#endif
