/*
 * remarks: settings that are possible and almost surely not meant.
 */
#ifndef SELF_TRAIN_REMARKS_H
#define SELF_TRAIN_REMARKS_H

#include "train/loop.h"

/* Logs, once, what looks wrong about a run that train_init has made, by its
 * options and by what the stream's header says; `fresh`: the encoder is not
 * a checkpoint's. */
void remarks_log(const struct train *, const struct head *stream, bool fresh);

/* Logs when a run that is resumed has another length than its checkpoint's
 * header `old` says, and schedules that follow it. */
void remarks_resumed(const struct train *, const struct head *old);

#endif
