/*
 * uses: options that a run would ignore are refused.
 *
 * What decides is the method, another option's value (the optimizer, the
 * schedule), or an option that is missing.  An option is refused where no
 * value of it could change the run; only options of the command line count,
 * not those that a preset or a checkpoint brings.
 */
#ifndef SELF_TRAIN_USES_H
#define SELF_TRAIN_USES_H

#include "train/ckpt.h"
#include "train/options.h"

/* FAIL_USAGE for the first option of the table's n rows that is `given` and
 * that the run described by the config does not use, with what does use it;
 * FAIL_USAGE also for an unknown method.  `first`: the checkpoint that the run
 * begins with, or NULL. */
int uses_check(const struct opt *rows, size_t n, const struct opt_said *given,
    const struct train_config *, const struct ckpt *first) FAIL_CHECKED;

#endif
