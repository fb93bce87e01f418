/* SPDX-License-Identifier: MIT */
#include "source/order.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/num.h"
#include "base/rng.h"
#include "source/choice.h"
#include "source/deck.h"

struct order {
	struct order_config config;
	struct choice choice;
	struct skips skips;		/* of the subset */
	size_t *permutation;		/* of positions; NULL: as they are */
	int64_t permuted;		/* epoch it is for, -1 none */
	struct groups groups;		/* balanced only, as the rest below */
	struct deck class_deck;
	struct deck *member_decks;	/* by group */
	size_t *hand, *members;
	uint64_t dealt;			/* batches, of all shards */
	size_t epoch_units;		/* samples or batches, of all shards */
	size_t shard_units;		/* of those, this shard's */
	size_t *batch;
	int64_t step;
};

static bool
is_balanced(const struct order *o)
{
	return o->config.classes > 0;
}

static int
choose(struct order *o, const struct source *s)
{
	const struct order_config *c = &o->config;

	if (choice_all(&o->choice, s) < 0)
		return fail_last();
	if (c->subset != NULL &&
	    choice_keep_subset(&o->choice, s, c->subset, &o->skips) < 0)
		return fail_last();
	if (c->per_class > 0 && choice_keep_per_class(&o->choice, s,
	    (size_t)c->per_class, (uint64_t)c->seed) < 0)
		return fail_last();
	return o->choice.n > 0 ? 0 : fail(FAIL_FORMAT,
	    "no sample is chosen; %s", c->per_class > 0 ?
	    "none has a label" : "the subset is empty");
}

static int
check_groups(const struct order *o, const struct source *s)
{
	const struct groups *g = &o->groups;
	const struct names *classes = source_classes(s);

	if (g->n < (size_t)o->config.classes)
		return fail(FAIL_USAGE, "balanced batches of %" PRId64
		    " classes, but there are %zu", o->config.classes, g->n);
	for (size_t i = 0; i < g->n; i++) {
		const size_t n = g->starts[i + 1] - g->starts[i];

		if (n < (size_t)o->config.each)
			return fail(FAIL_USAGE, "balanced batches of %" PRId64
			    " a class, but class %" PRId64 "%s%s has %zu",
			    o->config.each, g->labels[i],
			    classes->n > 0 ? " " : "", classes->n > 0 ?
			    names_get(classes, (size_t)g->labels[i]) : "", n);
	}
	return 0;
}

static int
prepare_balance(struct order *o, const struct source *s)
{
	const uint64_t seed = (uint64_t)o->config.seed;

	if (groups_make(&o->groups, &o->choice, s) < 0 ||
	    check_groups(o, s) < 0 ||
	    deck_init(&o->class_deck, seed, 0, o->groups.n) < 0)
		return fail_last();
	o->member_decks = calloc(o->groups.n, sizeof(*o->member_decks));
	o->hand = calloc((size_t)o->config.classes, sizeof(*o->hand));
	o->members = calloc((size_t)o->config.each, sizeof(*o->members));
	if (o->member_decks == NULL || o->hand == NULL || o->members == NULL)
		return fail_memory(o->groups.n * sizeof(*o->member_decks));
	for (size_t i = 0; i < o->groups.n; i++)
		if (deck_init(&o->member_decks[i], seed,
		    (uint64_t)o->groups.labels[i] + 1,
		    o->groups.starts[i + 1] - o->groups.starts[i]) < 0)
			return fail_last();
	o->epoch_units = o->choice.n / (size_t)o->config.batch;
	o->epoch_units += o->epoch_units == 0;
	return 0;
}

static int
prepare(struct order *o, const struct source *s)
{
	const struct order_config *c = &o->config;
	const size_t n_shards = (size_t)c->n_shards;

	if (choose(o, s) < 0)
		return fail_last();
	o->epoch_units = o->choice.n;
	if (is_balanced(o) && prepare_balance(o, s) < 0)
		return fail_last();
	o->shard_units = (o->epoch_units - (size_t)c->shard + n_shards - 1) /
	    n_shards;
	if (o->epoch_units <= (size_t)c->shard)
		return fail(FAIL_USAGE, "%s: %zu %s for %zu shards",
		    "nothing is left for this shard", o->epoch_units,
		    is_balanced(o) ? "batches" : "samples", n_shards);
	o->permuted = -1;
	o->step = c->start_step;
	o->batch = malloc((size_t)c->batch * sizeof(*o->batch));
	if (c->shuffle && !is_balanced(o))
		o->permutation = malloc(o->choice.n *
		    sizeof(*o->permutation));
	if (o->batch == NULL || (c->shuffle && !is_balanced(o) &&
	    o->permutation == NULL))
		return fail_memory(o->choice.n * sizeof(*o->batch));
	return 0;
}

static uint64_t epoch_steps(const struct order *);

/* Nothing is wrong with a run that has been completed; it is worth a word. */
static void
remark_end(const struct order *o)
{
	const uint64_t n = epoch_steps(o) * (uint64_t)o->config.epochs;

	if (o->config.epochs > 0 && (uint64_t)o->config.start_step >= n)
		log_line(LOG_WARNING, "--start-step %" PRId64 ": the run has "
		    "only %" PRIu64 " batches; no sample is left",
		    o->config.start_step, n);
}

struct order *
order_new(const struct source *s, const struct order_config *config)
{
	struct order *o = calloc(1, sizeof(*o));

	if (o == NULL) {
		fail_memory(sizeof(*o));
		return NULL;
	}
	o->config = *config;
	if (prepare(o, s) < 0) {
		order_free(o);
		return NULL;
	}
	remark_end(o);
	return o;
}

void
order_free(struct order *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; o->member_decks != NULL && i < o->groups.n; i++)
		deck_free(&o->member_decks[i]);
	deck_free(&o->class_deck);
	groups_free(&o->groups);
	choice_free(&o->choice);
	skips_free(&o->skips);
	free(o->member_decks);
	free(o->hand);
	free(o->members);
	free(o->permutation);
	free(o->batch);
	free(o);
}

size_t
order_chosen(const struct order *o, const size_t **samples)
{
	*samples = o->choice.samples;
	return o->choice.n;
}

static uint64_t
batch_size(const struct order *o)
{
	return (uint64_t)o->config.batch;
}

static uint64_t
epoch_steps(const struct order *o)
{
	if (is_balanced(o))
		return o->shard_units;
	return (o->shard_units + batch_size(o) - 1) / batch_size(o);
}

uint64_t
order_epoch_samples(const struct order *o)
{
	return o->shard_units * (is_balanced(o) ? batch_size(o) : 1);
}

uint64_t
order_samples(const struct order *o)
{
	const uint64_t start = (uint64_t)o->config.start_step;
	const uint64_t all = order_epoch_samples(o) *
	    (uint64_t)o->config.epochs;
	const uint64_t gone = start / epoch_steps(o) * order_epoch_samples(o) +
	    start % epoch_steps(o) * batch_size(o);

	return gone > all ? 0 : all - gone;
}

int
order_report_lost(const struct order *o, bool strict)
{
	return skips_report_lost(&o->skips, o->config.subset, strict);
}

/* The next balanced batch of all shards': a, b, c, …, a, b, c, … */
static void
deal(struct order *o)
{
	const size_t c = (size_t)o->config.classes;
	const size_t k = (size_t)o->config.each;

	deck_deal(&o->class_deck, o->hand, c);
	for (size_t i = 0; i < c; i++) {
		const size_t group = o->hand[i];
		const size_t *at = o->groups.members + o->groups.starts[group];

		deck_deal(&o->member_decks[group], o->members, k);
		for (size_t j = 0; j < k; j++)
			o->batch[j * c + i] =
			    o->choice.samples[at[o->members[j]]];
	}
	o->dealt++;
}

/* Dealing costs nothing beside decoding, so what is passed over is dealt. */
static void
take_balanced(struct order *o, uint64_t epoch, uint64_t at)
{
	const uint64_t unit = epoch * o->epoch_units +
	    (uint64_t)o->config.shard + at * (uint64_t)o->config.n_shards;

	while (o->dealt <= unit)
		deal(o);
}

static void
permute(struct order *o, int64_t epoch)
{
	struct rng r = rng_at((uint64_t)o->config.seed, (uint64_t)epoch, 0, 0,
	    RNG_SHUFFLE);

	if (o->permuted == epoch)
		return;
	rng_permutation(&r, o->permutation, o->choice.n);
	o->permuted = epoch;
}

static size_t
take_plain(struct order *o, int64_t epoch, uint64_t at)
{
	const size_t first = (size_t)at * (size_t)o->config.batch;
	size_t n = o->shard_units - first;

	n = n > (size_t)o->config.batch ? (size_t)o->config.batch : n;
	if (o->permutation != NULL)
		permute(o, epoch);
	for (size_t i = 0; i < n; i++) {
		const size_t place = (size_t)o->config.shard +
		    (first + i) * (size_t)o->config.n_shards;

		o->batch[i] = o->choice.samples[o->permutation == NULL ?
		    place : o->permutation[place]];
	}
	return n;
}

int
order_next(struct order *o, struct order_batch *b)
{
	const uint64_t step = (uint64_t)o->step;
	const int64_t epoch = (int64_t)(step / epoch_steps(o));
	const uint64_t at = step % epoch_steps(o);

	if (o->config.epochs > 0 && epoch >= o->config.epochs)
		return 0;
	*b = (struct order_batch){ .epoch = epoch, .step = o->step++,
		.samples = o->batch, .n = (size_t)o->config.batch };
	if (is_balanced(o))
		take_balanced(o, (uint64_t)epoch, at);
	else
		b->n = take_plain(o, epoch, at);
	return 1;
}
