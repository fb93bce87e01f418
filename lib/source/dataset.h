/*
 * dataset: what tells one set of samples from another.
 *
 * Names and labels only: no image is read.
 */
#ifndef SELF_SOURCE_DATASET_H
#define SELF_SOURCE_DATASET_H

#include "source/order.h"

/* Sets meta.dataset = {"samples": N, "digest": hex} of the samples chosen, in
 * the order of the source, before shuffling and sharding: SHA-256 over each
 * sample's key, a NUL and its label.  The head keeps the text. */
int dataset_describe(struct head *, const struct source *,
    const struct order *) FAIL_CHECKED;

#endif
