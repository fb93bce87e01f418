/*
 * needs: do batches hold the labels that a method learns from?
 *
 * Without them a loss is 0 and the network learns nothing, which no number in
 * its log would tell.
 */
#ifndef SELF_TRAIN_NEEDS_H
#define SELF_TRAIN_NEEDS_H

#include "method/method.h"

/* Steps and samples so far, and those without what the method needs. */
struct needs {
	uint64_t steps, useless, samples, unlabelled;
	uint64_t support_steps, useless_support;
};

/*
 * Before a step.  A method that reads labels needs one in the batch, and the
 * labelled stream two samples of a class and another class.  FAIL_FORMAT when
 * the run's first batch has no label at all, or its first labelled record
 * not those; later ones are counted, as small batches of few labels may miss
 * them by chance.
 */
int needs_step(struct needs *, const struct method *,
    const struct method_batch *) FAIL_CHECKED;

/* Behind the last step: logs how many had not what the method needs. */
void needs_tell(const struct needs *);

#endif
