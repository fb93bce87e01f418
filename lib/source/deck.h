/*
 * deck: numbers dealt in random order, all of them before any comes again.
 *
 * A deck is shuffled anew each time it has been dealt through.  A hand may
 * reach over that border and still holds no number twice.  The order follows
 * from (seed, number of the deck, round) alone.
 */
#ifndef SELF_SOURCE_DECK_H
#define SELF_SOURCE_DECK_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

struct deck {
	uint64_t seed, number;
	size_t n;		/* cards 0 … n - 1 */
	size_t *order;		/* owned */
	size_t dealt;		/* of this round */
	uint64_t round;
};

int deck_init(struct deck *, uint64_t seed, uint64_t number, size_t n)
    FAIL_CHECKED;
void deck_deal(struct deck *, size_t *hand, size_t k);	/* k <= n */
void deck_free(struct deck *);

#endif
