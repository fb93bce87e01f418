/*
 * restore: a run's options, kept in its checkpoint for the day it goes on.
 *
 * meta.options holds the values of a tool's rows by name.  What says how rather
 * than what is kept only while the run is to go on: the end has the same bytes
 * however it was watched and saved.
 */
#ifndef SELF_TRAIN_RESTORE_H
#define SELF_TRAIN_RESTORE_H

#include "base/buf.h"
#include "base/opt.h"
#include "stream/stream.h"

/* Stores the values in `args`, as the rows point to them; of a run that is
 * to go on also those that say how it is watched and saved. */
int restore_store(struct head *, const struct opt *rows, size_t n,
    const void *args, bool goes_on) FAIL_CHECKED;

/* Takes what the command line did not say; texts are borrowed from head. */
int restore_load(const struct head *, const struct opt *rows, size_t n,
    const struct opt_said *, void *args) FAIL_CHECKED;

/* True for an option that must be the same when the run goes on. */
bool restore_binds(const struct opt *);

/* An option's value in `args`; texts are borrowed, NIL for none. */
struct value restore_value(const struct opt *, const void *args);

/* Lines of "name<TAB>value" of a map, values as JSON; members of maps in it
 * have their map's name and a dot before their own. */
int restore_text(const struct value *map, struct buf *) FAIL_CHECKED;

#endif
