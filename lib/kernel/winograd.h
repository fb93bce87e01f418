/*
 * winograd: 3x3 convolutions of stride 1 with a quarter of the products.
 *
 * F(4x4,3x3) of Lavin & Gray, "Fast algorithms for convolutional neural
 * networks" (CVPR 2016): a tile of 4x4 results is made from 6x6 inputs d and
 * weights g as A'[(G g G') * (B' d B)]A; the elementwise products of many
 * tiles and channels are 36 matrix products.
 */
#ifndef SELF_KERNEL_WINOGRAD_H
#define SELF_KERNEL_WINOGRAD_H

#include "kernel/moments.h"

#define WINOGRAD_POINTS 36

/*
 * Tiles over the pictures [n,h,w], first to last along the rows, and how their
 * transformed numbers lie: parts of the channels, each with its tiles and
 * points, either a tile's points together (what a task makes for itself, so
 * that it is written from one end to the other) or a point's tiles.
 */
struct tiles {
	int n, h, w, down, across;	/* tiles down and across a picture */
	int channels;
	const float *zeros;		/* a pixel of them */
	size_t part;			/* channels that lie together */
	size_t part_step, tile_step, point_step;	/* floats from one to
							 * the next */
};

struct tiles tiles_over(const struct kernel *, const struct conv *,
    int channels);
size_t tiles_count(const struct tiles *);

/* Floats from tile to tile where `part` channels of all points lie together;
 * not a power of two, so that tiles spread over the cache. */
#define TILE_STEP(part) (WINOGRAD_POINTS * (part) + 16)

/* Lays out `room` tiles, their points together or apart; the floats. */
size_t tiles_lay(struct tiles *, size_t part, size_t room, bool together);

/* True where it applies and pays: size 3, stride 1, pad 1, channels in
 * sixteens, pictures of at least 3 pixels. */
bool winograd_fits(const struct conv *);

/* Pieces in which the forward pass has an epilogue; 0: it has none, since
 * results are only whole when all of them are there. */
size_t winograd_pieces(const struct simd *, const struct conv *);

/* As kernel_conv_*; backward_data is the forward pass of turned weights. */
void winograd_forward(struct kernel *, float *y, const float *x,
    const float *w, const struct conv *, struct epilogue);
void winograd_backward_data(struct kernel *, float *dx, const float *dy,
    const float *w, const struct conv *, bool accumulate);
void winograd_backward_weight(struct kernel *, float *dw, const float *x,
    const float *dy, const struct conv *);
int winograd_reserve(struct kernel *, const struct conv *, bool backward)
    FAIL_CHECKED;
int winograd_reserve_weight(struct kernel *, const struct conv *)
    FAIL_CHECKED;

#endif
