/*
 * gather: every convolution as a product of gathered rows and packed weights.
 *
 * A row of the product belongs to one pixel of a grid laid over the result;
 * its K = taps * channels numbers are pixels of the source around it.  The
 * forward pass is one such product; the backward pass over the data with
 * stride s is s*s of them, one for each position of the grid.
 * Rows are gathered a block at a time into a tile that stays in the cache.
 */
#ifndef SELF_KERNEL_GATHER_H
#define SELF_KERNEL_GATHER_H

#include <stddef.h>

#include "kernel/kernel.h"

#define GATHER_TAPS 49		/* 7 x 7 */

struct gather {
	int n, rows, columns;	/* grid: pictures, rows and columns */
	int h0, w0, step;	/* grid point (r,c) is (h0 + step r, …) there */
	int to_h, to_w;		/* extent of the result */
	int from_h, from_w;	/* extent of the source */
	int from_step;		/* … and reads the source from from_step r */
	int channels;		/* of the source */
	int n_taps;
	int tap_h[GATHER_TAPS], tap_w[GATHER_TAPS];	/* + these */
	int tap[GATHER_TAPS];	/* which weight: size*kh + kw */
	int run_end[GATHER_TAPS];	/* taps up to here are neighbours */
};

/* Pixels of the grid, and numbers in a gathered row. */
size_t gather_rows(const struct gather *);
int gather_k(const struct gather *);

void gather_forward(struct gather *, const struct conv *);

/* The grid of input pixels h = h0 mod stride, w = w0 mod stride. */
void gather_backward(struct gather *, const struct conv *, int h0, int w0);

#endif
