/*
 * resume: how a run takes up the checkpoint that it begins with.
 */
#ifndef SELF_TRAIN_RESUME_H
#define SELF_TRAIN_RESUME_H

#include "train/agree.h"
#include "train/loop.h"
#include "train/running.h"

/*
 * Reads the checkpoint that --resume or --init names, all of it; NULL for none.
 * --resume without a name is what running_find finds beside the output `out`,
 * and config->resume is then that, or NULL; --init may stand beside it, for a
 * run that has not begun yet.  FAIL_USAGE for options about checkpoints that
 * exclude each other.  `config` is line->config.
 */
int resume_open(struct train_config *config, const struct agree_line *line,
    struct running *, const char *out, struct ckpt **) FAIL_CHECKED;

/*
 * For --init, refuses options that contradict the checkpoint's network.  For
 * --resume, refuses what contradicts the checkpoint's run in the options given
 * or in the stream, with --resume-anyway only what cannot be overruled, and
 * takes from the checkpoint what was not given: the run's options, its log,
 * monitor and times to save.  An empty --log or --monitor is none.  Texts are
 * borrowed from the checkpoint; NULL is fine.  `args` is line->args, and `config` lies within it.
 */
int resume_begin(const struct ckpt *, const struct agree_line *,
    const struct head *stream, void *args, struct train_config *config)
    FAIL_CHECKED;

/* The labelled stream: it goes with the views (batch_support_agrees), and with
 * the checkpoint of a run that is resumed. */
int resume_support(const struct ckpt *, const struct train_config *,
    const struct head *views, const struct head *stream) FAIL_CHECKED;

/* A checkpoint's header, into an empty head: the histories in `views`, which
 * is the stream's head with them, and all that is known of the run; of one
 * that goes on, also how it is watched and saved. */
int resume_describe(const struct train *, const struct head *views,
    const struct head *support, const struct agree_line *, bool goes_on,
    struct head *) FAIL_CHECKED;

/*
 * The history of a resumed run is its predecessor's, so that its end is the
 * file of a run that was never stopped: puts it into the head (1), with this
 * command's --steps.  0 when nothing is resumed, or what is resumed is no longer
 * the same run (--resume-anyway, another --total-steps or version of the tool,
 * a checkpoint that other tools wrote): then the head's histories stay, and
 * the caller adds its own entry.  NULL is fine.
 */
int resume_history(const struct ckpt *, const struct agree_line *,
    const char *version, struct head *) FAIL_CHECKED;

/* A resumed run that has no step left: writes the checkpoint as it was, header
 * and all, to `path`, and says so. */
int resume_nothing(const struct train *, const struct ckpt *,
    struct running *, const char *path) FAIL_CHECKED;

#endif
