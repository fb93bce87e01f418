/*
 * ema: a slow copy of parameters.
 *
 * Batch norm's running statistics are not averaged: a momentum network has
 * its own, from its own passes.
 */
#ifndef SELF_METHOD_EMA_H
#define SELF_METHOD_EMA_H

#include "nn/param.h"

/* slow = m slow + (1 - m) fast over the slices that slow has; m in [0,1]. */
void ema_step(struct nn_params *slow, const struct nn_params *fast,
    double m);

#endif
