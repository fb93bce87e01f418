/*
 * lossrec: a loss on the fields of a record, and its gradients as another.
 */
#ifndef SELF_TRAIN_LOSSREC_H
#define SELF_TRAIN_LOSSREC_H

#include "loss/loss.h"
#include "stream/rec.h"

/*
 * Reads the loss's fields of `rec` and writes "loss" f4 [1], its named parts,
 * and a "grad_NAME" f4 [N,P] for each field that has a gradient into `out`
 * (cleared first).  FAIL_FORMAT, with the field's name, for one that is
 * missing, of another shape, mixed without use, or not of finite numbers;
 * FAIL_DIVERGED when the result is not finite.
 */
int lossrec_run(const struct loss *, const struct loss_options *,
    const struct rec *, struct rec *out, struct loss_work *) FAIL_CHECKED;

/* Logs the fields of a record that other losses read and this one does
 * not. */
void lossrec_remark(const struct loss *, const struct rec *);

#endif
