/*
 * encoder: networks from pictures to features, and the heads behind them.
 *
 * An encoder is one file and one row of the table; it only says which layers
 * there are (nn/nn.h runs them).  Pictures are [N,H,W,C], features [N,D].
 */
#ifndef SELF_ENCODER_ENCODER_H
#define SELF_ENCODER_ENCODER_H

#include <stdbool.h>

#include "nn/nn.h"

#define ENC_HEAD_LAYERS 16
#define ENC_HEAD_MOST (1 << 20)	/* channels */
#define ENC_WIDTH_MOST 4096

struct enc_shape {
	int channels;		/* of the pictures */
	int width;		/* base channels; 64 is the standard */
	const char *stem;	/* "imagenet" or "cifar" */
};

struct encoder {
	const char *name, *help;
	const void *form;	/* what build wants to know */
	/* Adds layers named "encoder.…" that read value 0; the number of the
	 * feature's value. */
	int (*build)(const struct encoder *, struct nn_net *,
	    const struct enc_shape *);
};

/* The row of that name, or NULL and a failure that names the others. */
const struct encoder *enc_find(const char *name);

enum enc_layer_type { ENC_LINEAR, ENC_NORM, ENC_RELU };

struct enc_layer {
	enum enc_layer_type type;
	int channels;		/* of a linear layer's output */
	bool bias;
};

/* A sequence of layers, counted as torch.nn.Sequential does; n = 0: none. */
struct enc_head {
	int n;
	struct enc_layer layer[ENC_HEAD_LAYERS];
};

/* Linear to `hidden` (with bias), batch norm if asked, ReLU, linear to `out`
 * (with bias if asked). */
struct enc_head enc_head_mlp(int hidden, bool norm, int out, bool last_bias);

/*
 * A head from its text: "2048-bn-relu-128", where a number is a linear layer
 * of so many channels, d one of as many as `features`, and a width like
 * 256nobias has no bias; or a name: lin linbn mlp mlpbn mlpbn1.
 */
int enc_head_parse(const char *text, int features, struct enc_head *)
    FAIL_CHECKED;
bool enc_head_preset(const char *text);

/* Other widths for the last linear layer and for those before it; 0 leaves
 * them. */
void enc_head_resize(struct enc_head *, int hidden, int out);

/* Adds the layers as NAME.0, NAME.1, …; the number of the last value. */
int enc_head_build(const struct enc_head *, struct nn_net *, int in,
    const char *name);

/* Channels of each linear layer in turn; how many there are. */
int enc_head_sizes(const struct enc_head *, int sizes[ENC_HEAD_LAYERS]);

/* An encoder and what follows it. */
struct enc_spec {
	const struct encoder *encoder;
	struct enc_shape shape;
	struct enc_head projector, predictor;
};

/* Numbers in a feature, or a failure. */
int enc_features(const struct enc_spec *) FAIL_CHECKED;

/* A network made of them.  Values: -1 where there is no such head. */
struct enc_model {
	struct nn_net net;
	int feature, projection, prediction;
};

int enc_model_init(struct enc_model *, const struct enc_spec *) FAIL_CHECKED;
void enc_model_fini(struct enc_model *);

extern const struct encoder enc_resnet18, enc_resnet34, enc_resnet50,
    enc_resnet101, enc_resnet152;

#endif
