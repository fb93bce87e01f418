/*
 * check: what a loss may be given (inside lib/loss only).
 */
#ifndef SELF_LOSS_CHECK_H
#define SELF_LOSS_CHECK_H

#include "loss/loss.h"

/* FAIL_FORMAT, with field and row, for a label below -1, a share outside 0
 * to 1, or a place outside the record. */
int check_fields(const struct loss *, const struct loss_call *) FAIL_CHECKED;

#endif
