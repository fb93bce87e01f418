/* SPDX-License-Identifier: MIT */
/* Heads, and an encoder with its heads as one network. */
#include <stdio.h>
#include <string.h>

#include "encoder/encoder.h"

struct enc_head
enc_head_mlp(int hidden, bool norm, int out, bool last_bias)
{
	struct enc_head h = { 0 };

	h.layer[h.n++] = (struct enc_layer){ ENC_LINEAR, hidden, true };
	if (norm)
		h.layer[h.n++] = (struct enc_layer){ .type = ENC_NORM };
	h.layer[h.n++] = (struct enc_layer){ .type = ENC_RELU };
	h.layer[h.n++] = (struct enc_layer){ ENC_LINEAR, out, last_bias };
	return h;
}

int
enc_head_build(const struct enc_head *h, struct nn_net *net, int v,
    const char *name)
{
	for (int i = 0; i < h->n; i++) {
		const struct enc_layer *l = &h->layer[i];
		char full[NN_NAME];

		snprintf(full, sizeof(full), "%s.%d", name, i);
		switch (l->type) {
		case ENC_LINEAR:
			v = nn_linear(net, v, full, l->channels, l->bias);
			break;
		case ENC_NORM:
			/* The ReLU behind it comes along. */
			v = nn_norm(net, v, full, -1, i + 1 < h->n &&
			    h->layer[i + 1].type == ENC_RELU);
			break;
		case ENC_RELU:
			if (i == 0 || h->layer[i - 1].type != ENC_NORM)
				v = nn_relu(net, v);
			break;
		}
	}
	return v;
}

int
enc_head_sizes(const struct enc_head *h, int sizes[ENC_HEAD_LAYERS])
{
	int n = 0;

	for (int i = 0; i < h->n; i++)
		if (h->layer[i].type == ENC_LINEAR)
			sizes[n++] = h->layer[i].channels;
	return n;
}

static int
check_shape(const struct enc_shape *s)
{
	if (s->width < 1 || s->width > ENC_WIDTH_MOST)
		return fail(FAIL_USAGE, "a width of %d is outside 1..%d",
		    s->width, ENC_WIDTH_MOST);
	if (s->channels < 1 || s->channels > 64)
		return fail(FAIL_USAGE, "pictures of %d channels; 1 to 64 "
		    "are possible", s->channels);
	if (strcmp(s->stem, "cifar") != 0 && strcmp(s->stem, "imagenet") != 0)
		return fail(FAIL_USAGE, "no stem is called %s; there are: "
		    "cifar imagenet", s->stem);
	return 0;
}

int
enc_model_init(struct enc_model *m, const struct enc_spec *s)
{
	int rc;

	memset(m, 0, sizeof(*m));
	m->projection = m->prediction = -1;
	if ((rc = check_shape(&s->shape)) < 0)
		return rc;
	nn_net_init(&m->net, s->shape.channels);
	m->feature = s->encoder->build(s->encoder, &m->net, &s->shape);
	if (s->projector.n > 0)
		m->projection = enc_head_build(&s->projector, &m->net,
		    m->feature, "projector");
	if (s->projector.n > 0 && s->predictor.n > 0)
		m->prediction = enc_head_build(&s->predictor, &m->net,
		    m->projection, "predictor");
	rc = nn_net_check(&m->net);
	if (rc < 0)
		enc_model_fini(m);
	return rc;
}

void
enc_model_fini(struct enc_model *m)
{
	nn_net_free(&m->net);
}
