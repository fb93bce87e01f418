/*
 * spec: which network a run trains, from its options and its checkpoint.
 */
#ifndef SELF_TRAIN_SPEC_H
#define SELF_TRAIN_SPEC_H

#include "method/method.h"
#include "train/ckpt.h"
#include "train/options.h"

/* The head that a text describes ("none": no layer), for `features` inputs,
 * with the widths asked for (0: the text's).  The option's name is for
 * messages. */
int spec_head(const char *option, const char *text, int features,
    int64_t hidden, int64_t out, struct enc_head *) FAIL_CHECKED;

/* The checkpoint's network, or without one (NULL) that of the options; heads
 * that the method wants and the checkpoint lacks are the options'. */
int spec_make(struct enc_spec *, const struct method *,
    const struct train_config *, const struct ckpt *init) FAIL_CHECKED;

#endif
