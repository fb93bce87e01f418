/*
 * order: which sample comes when.
 *
 * First the choice: a subset, then so many of each class; it stays in the
 * order of the source.  Each epoch is a permutation of the choice (or the
 * choice as it is), or a run of balanced batches.  Shard I of N takes every
 * Nth sample of an epoch from the Ith on (every Nth batch when balanced), so
 * shards dealt out in turn give the whole again.  Batches are B samples in
 * a row; the last of an epoch may be short.
 */
#ifndef SELF_SOURCE_ORDER_H
#define SELF_SOURCE_ORDER_H

#include "source/source.h"

struct order_config {
	int64_t seed;
	bool shuffle;
	int64_t epochs;			/* 0: without end */
	int64_t shard, n_shards;	/* shard in 0 … n_shards - 1 */
	const char *subset;		/* path of keys or numbers, or NULL */
	int64_t per_class;		/* 0: all */
	int64_t classes, each;		/* balanced batches; 0: not */
	int64_t batch;			/* samples; balanced: classes * each */
	int64_t start_step;		/* batches passed over */
};

/* Samples that come together. */
struct order_batch {
	int64_t epoch;
	int64_t step;			/* batches before this one */
	const size_t *samples;		/* numbers in the source; borrowed */
	size_t n;
};

struct order;

/* Borrows the source.  NULL and a failure, also when nothing is chosen. */
struct order *order_new(const struct source *, const struct order_config *);
void order_free(struct order *);	/* NULL is fine */

/* The samples chosen, ascending, of all shards: how many; borrowed. */
size_t order_chosen(const struct order *, const size_t **samples);

/* Samples of this shard in one epoch, and those to come in all (0: no end).
 * Before the first order_next. */
uint64_t order_epoch_samples(const struct order *);
uint64_t order_samples(const struct order *);

/* Lines of the subset that name no sample; as source_report_lost. */
int order_report_lost(const struct order *, bool strict) FAIL_CHECKED;

/* 1 and the next batch, 0 at the end, or a failure. */
int order_next(struct order *, struct order_batch *) FAIL_CHECKED;

#endif
