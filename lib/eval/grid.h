/*
 * grid: numbers to try, from text: "1", "0.1,1,10", or "1e-6:1e5:45" for
 * that many with equal ratios, ends included.
 */
#ifndef SELF_EVAL_GRID_H
#define SELF_EVAL_GRID_H

#include "base/fail.h"

#define GRID_MOST 256

/* Writes x [GRID_MOST], each in [min,max]; how many, or FAIL_USAGE. */
int grid_parse(const char *text, double min, double max, double *x)
    FAIL_CHECKED;

#endif
