/*
 * preset: a paper's setting in one word: options that a run takes unless the
 * command line says otherwise.
 *
 * Epochs, batch and views are made upstream; a row's help says which.
 */
#ifndef SELF_TRAIN_PRESET_H
#define SELF_TRAIN_PRESET_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/opt.h"

/* A line for each: name, help and options, TABs between. */
int preset_text(struct buf *) FAIL_CHECKED;

/* Gives the options in `args` (args_size bytes, as the rows point to them) the
 * values of the preset of that name, but for those that the command line said;
 * marks them as said.  Texts live in the arena.  A name that is unknown is
 * FAIL_USAGE with the names of all. */
int preset_apply(struct arena *, const char *name, const struct opt *rows,
    size_t n, void *args, size_t args_size, struct opt_said *) FAIL_CHECKED;

#endif
