/*
 * resume: how a run takes up the checkpoint that it begins with.
 */
#ifndef SELF_TRAIN_RESUME_H
#define SELF_TRAIN_RESUME_H

#include "train/agree.h"
#include "train/loop.h"

/* Reads the checkpoint that --resume or --init names, all of it; NULL for none.
 * FAIL_USAGE for options about checkpoints that exclude each other, with the
 * output `out` ("-": no file). */
int resume_open(const struct train_config *, const char *out, struct ckpt **)
    FAIL_CHECKED;

/*
 * For --init, refuses options that contradict the checkpoint's network.  For
 * --resume, refuses what contradicts the checkpoint's run in the options given
 * or in the stream, with --resume-anyway only what cannot be overruled, and
 * takes from the checkpoint what was not given: the run's options, its log,
 * monitor and times to save.  An empty --log or --monitor is none; without a
 * file to write, nothing is saved on the way.  Texts are borrowed from the
 * checkpoint.  `args` is line->args, and `config` lies within it.
 */
int resume_begin(const struct ckpt *, const struct agree_line *,
    const struct head *stream, void *args, struct train_config *config,
    const char *out) FAIL_CHECKED;

/* The same for the labelled stream of a run that is resumed; 0 for others. */
int resume_support(const struct ckpt *, const struct train_config *,
    const struct head *stream) FAIL_CHECKED;

/* A checkpoint's header, into an empty head: the histories in `views`, which
 * is the stream's head with them, and all that is known of the run; of one
 * that goes on, also how it is watched and saved. */
int resume_describe(const struct train *, const struct head *views,
    const struct head *support, const struct agree_line *, bool goes_on,
    struct head *) FAIL_CHECKED;

/* A resumed run that has no step left: writes the checkpoint as it was, header
 * and all, to `path`, and says so. */
int resume_nothing(const struct train *, const struct ckpt *,
    const char *path, int level) FAIL_CHECKED;

#endif
