/* SPDX-License-Identifier: MIT */
#include "source/deck.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/rng.h"

static void
shuffle(struct deck *d)
{
	struct rng r = rng_at(d->seed, d->round, d->number, 0, RNG_BALANCE);

	rng_permutation(&r, d->order, d->n);
	d->dealt = 0;
}

int
deck_init(struct deck *d, uint64_t seed, uint64_t number, size_t n)
{
	size_t bytes;

	if (num_mul(n, sizeof(*d->order), &bytes) < 0)
		return fail_last();
	*d = (struct deck){ .seed = seed, .number = number, .n = n };
	d->order = malloc(bytes);
	if (d->order == NULL)
		return fail_memory(bytes);
	shuffle(d);
	return 0;
}

static bool
is_among(size_t card, const size_t *hand, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (hand[i] == card)
			return true;
	return false;
}

/* Puts a card that `hand` lacks on top; there is one, as the hand is smaller
 * than the deck. */
static void
bring_up_new(struct deck *d, const size_t *hand, size_t n)
{
	size_t at = d->dealt;
	size_t card;

	while (is_among(d->order[at], hand, n))
		at++;
	card = d->order[at];
	d->order[at] = d->order[d->dealt];
	d->order[d->dealt] = card;
}

void
deck_deal(struct deck *d, size_t *hand, size_t k)
{
	bool is_over = false;

	assert(k <= d->n);
	for (size_t i = 0; i < k; i++) {
		if (d->dealt == d->n) {
			d->round++;
			shuffle(d);
			is_over = true;
		}
		if (is_over)
			bring_up_new(d, hand, i);
		hand[i] = d->order[d->dealt++];
	}
}

void
deck_free(struct deck *d)
{
	free(d->order);
	d->order = NULL;
}
