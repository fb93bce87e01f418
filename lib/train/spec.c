/* SPDX-License-Identifier: MIT */
#include "train/spec.h"

#include <string.h>

int
spec_head(const char *option, const char *text, int features,
    int64_t hidden, int64_t out, struct enc_head *h)
{
	int rc;

	memset(h, 0, sizeof(*h));
	if (strcmp(text, "none") == 0)
		return 0;
	if ((rc = enc_head_parse(text, features, h)) < 0)
		return fail_note("--%s", option);
	enc_head_resize(h, (int)hidden, (int)out);
	return 0;
}

/* A predictor gives as many numbers as the projector; a text that spells its
 * layers out is taken by its word. */
static int
make_predictor(struct enc_spec *s, const struct method *m,
    const struct train_config *c, int features)
{
	const char *text = c->predictor != NULL ? c->predictor :
	    m->projector;
	const bool fits = c->predictor == NULL || enc_head_preset(text);
	int sizes[ENC_HEAD_LAYERS];
	const int n = enc_head_sizes(&s->projector, sizes);
	const int out = n > 0 ? sizes[n - 1] : features;

	return spec_head("predictor", text, features, c->predictor_hidden,
	    fits ? out : 0, &s->predictor);
}

/* Heads that the method wants and the checkpoint (or nobody) gives. */
static int
complete_heads(struct enc_spec *s, const struct method *m,
    const struct train_config *c)
{
	const int features = enc_features(s);
	int rc = features < 0 ? features : 0;

	if (rc == 0 && s->projector.n == 0)
		rc = spec_head("projector", c->projector != NULL ?
		    c->projector : m->projector, features,
		    c->projector_hidden, c->projector_out, &s->projector);
	if (!m->predictor)
		s->predictor.n = 0;
	else if (rc == 0 && s->predictor.n == 0)
		rc = make_predictor(s, m, c, features);
	return rc;
}

/* Before any memory is taken: does the checkpoint hold what it says? */
static int
check_init(const struct ckpt *init, const struct enc_spec *s)
{
	struct enc_model m;
	int rc = enc_model_init(&m, s);

	if (rc < 0)
		return rc;
	rc = ckpt_check(init, "online.", &m.net.layout, m.net.layout.n);
	enc_model_fini(&m);
	return rc;
}

int
spec_make(struct enc_spec *s, const struct method *m,
    const struct train_config *c, const struct ckpt *init)
{
	int rc;

	memset(s, 0, sizeof(*s));
	if (init != NULL) {
		if ((rc = ckpt_spec(init, s)) < 0 ||
		    (rc = complete_heads(s, m, c)) < 0)
			return rc;
		return check_init(init, s);
	}
	if ((s->encoder = enc_find(c->arch)) == NULL)
		return fail_last();
	s->shape = (struct enc_shape){ (int)c->channels, (int)c->width,
		c->stem };
	return complete_heads(s, m, c);
}
