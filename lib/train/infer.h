/*
 * infer: a trained network at work: pictures in, features out.
 *
 * Evaluation mode: running statistics, so that a picture's feature does not
 * depend on what else is in the batch.
 */
#ifndef SELF_TRAIN_INFER_H
#define SELF_TRAIN_INFER_H

#include "train/batch.h"
#include "train/ckpt.h"

#define INFER_BATCH 64		/* pictures at a time, at most */

/* Rows of a tensor of pictures, and where (host memory) what is made of them
 * goes; NULL: not wanted. */
struct infer_part {
	const struct tensor *pixels;	/* u1 or f4 [N,h,w,C] */
	size_t first, n;
	float *feature;			/* [n,D] */
	float *projection, *prediction;	/* [n,P] */
};

struct infer;

/* The network "online" or "target" of a checkpoint; mean and std of
 * `n_channels` numbers.  With heads only when asked.  NULL and a failure. */
struct infer *infer_new(struct kernel *, struct ckpt *, const char *network,
    bool heads, const double *mean, const double *std, int n_channels);

/* The encoder alone of a network that is trained on views of `view_size` px (0:
 * not known): `params` (borrowed) begin with what the spec's encoder has, and
 * each run takes them as they are then. */
struct infer *infer_live(struct kernel *, const struct enc_spec *,
    const struct nn_params *, const struct batch_norm *, size_t view_size);
void infer_free(struct infer *);

/* Channels of pictures and sizes of what is made; 0: no such head. */
int infer_channels(const struct infer *);
int infer_features(const struct infer *);
int infer_projections(const struct infer *);
int infer_predictions(const struct infer *);

/* The size of images to come: FAIL_FORMAT when it is another than before, a
 * warning when it is another than the network was trained on. */
int infer_size(struct infer *, const struct tensor *) FAIL_CHECKED;

/* Images of one size that batch_check_pixels (train/batch.h) took, INFER_BATCH
 * of them at most in all the parts; a part by itself may have any number.
 * FAIL_DIVERGED, with the output and the sample, for NaN or infinity in what
 * is made; *bad is then the part. */
int infer_run(struct infer *, const struct infer_part *, int n_parts,
    int *bad) FAIL_CHECKED;

#endif
