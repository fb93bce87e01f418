/*
 * monitor: what a network has learnt so far, by images with labels.
 *
 * Now and then the encoder makes features of two streams of images, in
 * evaluation mode as ssl-encode does, and probe.h scores them: a vote of the
 * nearest neighbours, and a linear classifier fitted on the spot.  Nothing
 * flows back, and nothing is kept from one look to the next: a run's bytes are
 * the same with and without a monitor, also when it is resumed.
 */
#ifndef SELF_TRAIN_MONITOR_H
#define SELF_TRAIN_MONITOR_H

#include "base/pool.h"
#include "train/infer.h"

struct monitor;

/* `streams` is "TRAIN,TEST", two files, which are read anew at each look;
 * the network is borrowed as infer_live says, the pool too.  NULL and a
 * failure. */
struct monitor *monitor_new(const char *streams, struct kernel *,
    const struct enc_spec *, const struct nn_params *,
    const struct batch_norm *, size_t view_size, struct pool *);

/* Accuracies (top-1, rank.h) of TEST's labelled images; images of a class that
 * TRAIN does not have count as wrong.  The first look says how many those are
 * and how many have no label, and when images are of another size than
 * the views.  FAIL_FORMAT for streams that cannot be evaluated,
 * as with images of several sizes, FAIL_DIVERGED for features that are not
 * finite, with the file's name. */
int monitor_look(struct monitor *, double *knn, double *linear) FAIL_CHECKED;
void monitor_free(struct monitor *);		/* NULL is fine */

#endif
