/*
 * views: both views of every sample against all other rows, where rows of
 * one class are positives (inside lib/loss only).
 *
 * NT-Xent is SupCon whose classes are the samples, so both are this.
 */
#ifndef SELF_LOSS_VIEWS_H
#define SELF_LOSS_VIEWS_H

#include "loss/loss.h"

/*
 * Fields 0 and 1 are the views z0 and z1 [N,P]; labels [N] of >= 0, or -1 for
 * samples that take no part, or NULL when each sample is its own class.  The
 * mean over 2N anchors a of -1/|P(a)| sum over p in P(a) of
 * log softmax_p(z_a . z / tau), the softmax over all rows but a itself.
 */
int views_run(struct loss_call *, const int64_t *label) FAIL_CHECKED;

#endif
