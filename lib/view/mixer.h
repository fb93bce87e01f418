/*
 * mixer: the views of a record mixed with each other, as augment/mix.h has it.
 *
 * Views are pictures (u1 or f4 [N,h,w,C]) or numbers (f4 [N,D], [N,T,D]) and
 * become f4 in the same units.  What is drawn depends on the record's epoch
 * and step, never on the number of threads.
 */
#ifndef SELF_VIEW_MIXER_H
#define SELF_VIEW_MIXER_H

#include "augment/mix.h"
#include "base/pool.h"
#include "stream/rec.h"

enum mixer_mode { MIXER_UP, MIXER_CUT, MIXER_INPUT };

struct mixer {
	enum mixer_mode mode;
	double alpha;
	bool fold;		/* lambda to 1/2 and above */
	bool one_share;		/* the first row's is that of all rows */
	size_t partners;	/* InputMix: 1..MIX_PARTNERS */
	int view;		/* which; -1 (InputMix): all, as one batch */
	uint64_t seed;
};

/*
 * Mixes in place.  mixup and CutMix write mix_index [N] and mix_lambda [N]
 * beside the view, and refuse a record that has them; InputMix leaves labels
 * alone and writes neither.  `step` stands in for a field of that name.
 */
int mixer_apply(const struct mixer *, struct rec *, uint64_t step,
    struct pool *) FAIL_CHECKED;

#endif
