/*
 * floats: what is done to pictures of floats, 0..1, as the TensorFlow and JAX
 * codes of SimCLR and BYOL do it: numbers are not rounded in between, and only
 * cut off where a change says so.
 *
 * Changes of single pixels wait until somebody needs the pixels; then all are
 * made in one pass, strip by strip.
 */
#ifndef SELF_IMAGE_FLOATS_H
#define SELF_IMAGE_FLOATS_H

#include "image/image.h"

#define FLOATS_CHANGES 16
#define FLOATS_CHANNELS 4

enum floats_kind {
	FLOATS_ADD,		/* + by */
	FLOATS_SCALE,		/* times by */
	FLOATS_CONTRAST,	/* away from each channel's mean, times by */
	FLOATS_SATURATE,	/* HSV: S times by, cut off to 0..1 */
	FLOATS_HUE,		/* HSV: H + by turns */
	FLOATS_GRAY,		/* 0.2989 R + 0.5870 G + 0.1140 B everywhere */
	FLOATS_SOLARIZE,	/* x < by ? x : 1 - x */
	FLOATS_CLIP		/* cut off to 0..1 */
};

struct floats_change {
	enum floats_kind kind;
	float by, mean[FLOATS_CHANNELS];
};

/* All zeros is empty.  Storage is kept from picture to picture. */
struct floats {
	struct buf bytes;
	float *x;			/* [channels][height][width] */
	int height, width, channels;
	size_t stride;			/* floats from plane to plane */
	const unsigned char *from;	/* pixels not yet taken, or NULL */
	int n;
	struct floats_change changes[FLOATS_CHANGES];
};

/* Takes a packed picture of 1 to 4 channels, which is borrowed until the next
 * floats_settle or floats_store. */
int floats_load(struct floats *, const struct image *) FAIL_CHECKED;

/* Queues a change.  The colours' (saturate, hue, gray) are for 3 channels and
 * change nothing in others. */
void floats_change(struct floats *, enum floats_kind, float by);

/* Makes all changes; x then holds the pixels. */
void floats_settle(struct floats *);

/* Makes all changes and writes the picture, packed: cut off to 0..1, times
 * 255, rounded to nearest. */
void floats_store(struct floats *, const struct image *);

void floats_free(struct floats *);

#endif
