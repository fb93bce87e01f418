/*
 * restore: a run's options, kept in its checkpoint for the day it goes on.
 *
 * meta.options holds the values of a tool's rows by name, all but those that
 * say how rather than what.
 */
#ifndef SELF_TRAIN_RESTORE_H
#define SELF_TRAIN_RESTORE_H

#include "base/opt.h"
#include "stream/stream.h"

/* Stores the values in `args`, as the rows point to them. */
int restore_store(struct head *, const struct opt *rows, size_t n,
    const void *args) FAIL_CHECKED;

/* Takes what the command line did not say; texts are borrowed from head. */
int restore_load(const struct head *, const struct opt *rows, size_t n,
    const struct opt_said *, void *args) FAIL_CHECKED;

#endif
