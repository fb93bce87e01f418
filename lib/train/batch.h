/*
 * batch: records become device arrays, the next one read while the last is
 * at work.
 *
 * A record is one step: view0, view1, … [N,h,w,C] as u1, or as f4 in the same
 * units of 0..255 (after mixing); with mix_index [N] and mix_lambda [N] when
 * mixed.  The network gets (x / 255 - mean) / std by channel.
 */
#ifndef SELF_TRAIN_BATCH_H
#define SELF_TRAIN_BATCH_H

#include "kernel/kernel.h"
#include "method/method.h"
#include "stream/stream.h"

#define BATCH_CHANNELS 64

/* y = x scale + shift, by channel. */
struct batch_norm {
	int channels;
	float scale[BATCH_CHANNELS], shift[BATCH_CHANNELS];
};

/* n numbers of each, one for every channel or one for all, in units of
 * pixels / 255; FAIL_USAGE for a mean outside 0 to 1, or a standard deviation
 * that is 0 or outside. */
int batch_norm_init(struct batch_norm *, int channels, const double *mean,
    const double *std, int n) FAIL_CHECKED;

/* Numbers from "0.5,0.4,0.3"; how many. */
int batch_numbers(const char *text, double min, double max, double *x,
    int most) FAIL_CHECKED;

/* Device memory [pixels,C] that grows; all zeros is empty. */
struct batch_pixels {
	struct kernel *kernel;
	float *x;
	size_t room;
};

/* Room for n floats; what was there is lost when it grows. */
int batch_room(struct batch_pixels *, size_t n) FAIL_CHECKED;

/* Pictures of a u1 or f4 tensor [N,h,w,C], normalised, from place `at` on. */
void batch_upload(struct batch_pixels *, size_t at, const struct tensor *,
    const struct batch_norm *);
void batch_pixels_free(struct batch_pixels *);

/* FAIL_FORMAT unless it is such a tensor of pictures, f4 within 0 to 255 (and
 * not within 0 to 1). */
int batch_check_pixels(const struct rec *, const char *name, int channels,
    const struct tensor **) FAIL_CHECKED;

struct batch;

/*
 * Reads `in` (borrowed, and not to be touched before batch_free) ahead, with
 * the views and labels that the method needs; the first `skip` steps are left
 * out: records whose "step" is lower, where they have one.  NULL and a
 * failure.
 */
struct batch *batch_new(struct stream_in *in, struct kernel *,
    const struct batch_norm *, const struct method *, uint64_t skip);

/* Whether a labelled stream can go with a stream of views: FAIL_FORMAT when
 * both say how pixels are normalized, and differently. */
int batch_support_agrees(const struct head *views, const struct head *support)
    FAIL_CHECKED;

/* A second stream for the steps before `end`: a record of it, view0 and
 * label, joins each batch. */
int batch_support(struct batch *, struct stream_in *, uint64_t end)
    FAIL_CHECKED;
void batch_free(struct batch *);

/* 1 and the next batch (valid until the next call), 0 for the end, or a
 * failure.  epoch is the record's, or -1. */
int batch_next(struct batch *, struct method_batch *, int64_t *epoch)
    FAIL_CHECKED;

/* Reads what is left to the stream's end, `most` batches of it, and counts
 * them. */
int batch_drain(struct batch *, uint64_t most, uint64_t *n) FAIL_CHECKED;

#endif
