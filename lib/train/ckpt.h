/*
 * ckpt: checkpoints, which are streams of the kind "checkpoint".
 *
 * A record is one tensor: {"name": "online.encoder.conv1.weight", "value"}.
 * What the network looks like stands in the header's meta (arch, stem,
 * width) and in the names and shapes of the heads' tensors.
 */
#ifndef SELF_TRAIN_CKPT_H
#define SELF_TRAIN_CKPT_H

#include "encoder/encoder.h"
#include "method/keys.h"
#include "nn/param.h"
#include "stream/stream.h"

/* A checkpoint in memory. */
struct ckpt;

/* Reads all of it.  NULL and a failure, also for a tensor with numbers that
 * no sound run writes. */
struct ckpt *ckpt_read(const char *path);
void ckpt_free(struct ckpt *);

/* FAIL_FORMAT, with the tensor's name, for NaN, infinity, a negative running
 * variance (or Adam's mean of squares), or keys of a norm above 1. */
int ckpt_check_values(const char *name, const struct tensor *) FAIL_CHECKED;

const struct head *ckpt_head(const struct ckpt *);
const char *ckpt_path(const struct ckpt *);

/* "height", "width" or "channels" of the views that the network was trained
 * on (meta.input); 0: not known. */
size_t ckpt_input(const struct ckpt *, const char *side);

/* The tensor of that name, or NULL; borrowed. */
const struct tensor *ckpt_find(const struct ckpt *, const char *name);

/* True when a tensor's name begins like this. */
bool ckpt_has(const struct ckpt *, const char *prefix);

/* The network that the checkpoint holds, with its heads. */
int ckpt_spec(const struct ckpt *, struct enc_spec *) FAIL_CHECKED;

/* A failure unless the first n slices could be loaded: asked before memory is
 * taken for a network that a damaged checkpoint only claims to hold. */
int ckpt_check(const struct ckpt *, const char *prefix,
    const struct nn_layout *, size_t n) FAIL_CHECKED;

/* Fills the slices of `params` from the tensors PREFIX + their names; one
 * that is missing or has another shape is a failure.  A head of which the
 * checkpoint has nothing stays as it is. */
int ckpt_load(struct ckpt *, const char *prefix, struct nn_params *)
    FAIL_CHECKED;

/* The same for an array laid out as the parameters' values (an optimizer's
 * state); buffers have none. */
int ckpt_load_array(struct ckpt *, const char *prefix, float *array,
    const struct nn_params *) FAIL_CHECKED;

/* The ring from "queue" and "queue_head", where the checkpoint has them; its
 * size is asked for beforehand and must be theirs. */
int ckpt_load_keys(struct ckpt *, struct keys *) FAIL_CHECKED;
int ckpt_write_keys(struct stream_out *, const struct keys *) FAIL_CHECKED;

/* Warns of tensors under the prefix that nobody loaded, a line for each part
 * ("online.predictor"). */
void ckpt_warn_unused(const struct ckpt *, const char *prefix);

/* Writes records for all slices, or for an array as above.  FAIL_DIVERGED
 * for values that ckpt_read would refuse. */
int ckpt_write(struct stream_out *, const char *prefix,
    const struct nn_params *) FAIL_CHECKED;
int ckpt_write_array(struct stream_out *, const char *prefix,
    const float *array, const struct nn_params *) FAIL_CHECKED;

/* meta.arch, stem, width, projector, predictor of a network. */
int ckpt_describe(struct head *, const struct enc_spec *) FAIL_CHECKED;

/* meta[name] = [x0, x1, …], and back: how many there are (at most `most`),
 * 0 when there is no such array of numbers. */
int ckpt_set_floats(struct head *, const char *name, const double *x, int n)
    FAIL_CHECKED;
int ckpt_get_floats(const struct head *, const char *name, double *x,
    int most);

#endif
