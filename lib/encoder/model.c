/* SPDX-License-Identifier: MIT */
/* An encoder with its heads as one network. */
#include <string.h>

#include "encoder/encoder.h"

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
	if (s->predictor.n > 0)
		m->prediction = enc_head_build(&s->predictor, &m->net,
		    s->projector.n > 0 ? m->projection : m->feature,
		    "predictor");
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

int
enc_features(const struct enc_spec *s)
{
	struct enc_spec bare = *s;
	struct enc_model m;
	int rc, n;

	bare.projector.n = bare.predictor.n = 0;
	if ((rc = enc_model_init(&m, &bare)) < 0)
		return rc;
	n = nn_channels(&m.net, m.feature);
	enc_model_fini(&m);
	return n;
}
