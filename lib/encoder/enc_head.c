/* SPDX-License-Identifier: MIT */
/* Heads: small networks behind an encoder, and their texts. */
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "encoder/encoder.h"

#define OUT "128"	/* numbers in a projection, as most papers have it */

/* The names that i-Mix's code gives them. */
static const struct preset {
	const char *name, *text;
} presets[] = {
	{ "lin", OUT },
	{ "linbn", OUT "-bn" },
	{ "mlp", "d-relu-" OUT },
	{ "mlpbn", "d-bn-relu-" OUT "-bn" },
	{ "mlpbn1", "d-bn-relu-" OUT },
};

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
wrong(const char *text, const char *why)
{
	return fail(FAIL_USAGE, "%s: %s; a head is lin, linbn, mlp, mlpbn, "
	    "mlpbn1, or layers from the first to the last, as in "
	    "2048-bn-relu-128", text, why);
}

/* One layer: bn, relu, or a linear one's width, d for the features'. */
static int
parse_layer(const char *text, const char *word, int features,
    struct enc_head *h)
{
	static const char bare[] = "nobias";
	struct enc_layer l = { .bias = true, .channels = features };
	const size_t size = strlen(word), end = sizeof(bare) - 1;
	char number[16];
	int64_t n;

	if (strcmp(word, "bn") == 0 || strcmp(word, "relu") == 0) {
		l = (struct enc_layer){ .type = word[0] == 'b' ? ENC_NORM :
		    ENC_RELU };
		if (h->n == 0)
			return wrong(text, "it must begin with a linear layer");
		if (l.type == ENC_RELU &&
		    h->layer[h->n - 1].type == ENC_RELU)
			return wrong(text, "two ReLUs in a row");
		h->layer[h->n++] = l;
		return 0;
	}
	l.type = ENC_LINEAR;
	l.bias = size <= end || strcmp(word + size - end, bare) != 0;
	snprintf(number, sizeof(number), "%.*s", (int)(l.bias ? size :
	    size - end), word);
	if (strcmp(number, "d") != 0) {
		if (num_int(number, 1, ENC_HEAD_MOST, &n) < 0)
			return wrong(text, "a layer that is none");
		l.channels = (int)n;
	}
	h->layer[h->n++] = l;
	return 0;
}

int
enc_head_parse(const char *text, int features, struct enc_head *h)
{
	const char *at = text;

	memset(h, 0, sizeof(*h));
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
		if (strcmp(text, presets[i].name) == 0)
			at = presets[i].text;
	for (;;) {
		const size_t size = strcspn(at, "-");
		char word[32];
		int rc;

		if (size == 0 || size >= sizeof(word))
			return wrong(text, "an empty or long word");
		if (h->n == ENC_HEAD_LAYERS)
			return wrong(text, "too many layers");
		memcpy(word, at, size);
		word[size] = '\0';
		if ((rc = parse_layer(text, word, features, h)) < 0)
			return rc;
		if (at[size] == '\0')
			break;
		at += size + 1;
	}
	if (h->layer[h->n - 1].type == ENC_RELU)
		return wrong(text, "it ends with a ReLU");
	return 0;
}

bool
enc_head_preset(const char *text)
{
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
		if (strcmp(text, presets[i].name) == 0)
			return true;
	return false;
}

void
enc_head_resize(struct enc_head *h, int hidden, int out)
{
	int last = -1;

	for (int i = 0; i < h->n; i++)
		if (h->layer[i].type == ENC_LINEAR)
			last = i;
	for (int i = 0; i < h->n; i++) {
		const int to = i == last ? out : hidden;

		if (h->layer[i].type == ENC_LINEAR && to > 0)
			h->layer[i].channels = to;
	}
}
