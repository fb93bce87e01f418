/* SPDX-License-Identifier: MIT */
/* Heads from their texts: layers, biases, counts of numbers. */
#include "encoder/encoder.h"
#include "tap.h"

/* The parameters' names behind an encoder of 8 numbers, and how many. */
static size_t
names(const char *text, int features, char *out, size_t room)
{
	struct enc_head h;
	struct nn_net net;
	size_t used = 0, n;

	out[0] = '\0';
	if (enc_head_parse(text, features, &h) < 0)
		return 0;
	nn_net_init(&net, features);
	enc_head_build(&h, &net, 0, "h");
	if (nn_net_check(&net) < 0)
		return 0;
	for (size_t i = 0; i < net.layout.n; i++)
		if (!nn_is_buffer(net.layout.slices[i].kind))
			used += (size_t)snprintf(out + used, room - used,
			    "%s ", net.layout.slices[i].name + 2);
	n = nn_layout_count(&net.layout, net.layout.n);
	nn_net_free(&net);
	return n;
}

static void
check(const char *text, int features, const char *want, size_t count,
    const char *what)
{
	char got[512];
	const size_t n = names(text, features, got, sizeof(got));

	is_text(got, want, "%s: %s", what, text);
	is_int((long long)n, (long long)count, "… %zu numbers", count);
}

static void
refused(const char *text)
{
	struct enc_head h;

	ok(enc_head_parse(text, 8, &h) == FAIL_USAGE, "refused: '%s'", text);
}

int
main(void)
{
	struct enc_head h;
	int sizes[ENC_HEAD_LAYERS];

	/* METHODS of the papers, at the features of a ResNet-50. */
	check("4096-bn-relu-256nobias", 2048, "0.weight 0.bias 1.weight "
	    "1.bias 3.weight ", 9449472, "pitfalls 1, 2: BYOL's projector");
	check("4096-bn-relu-256nobias", 256, "0.weight 0.bias 1.weight "
	    "1.bias 3.weight ", 2109440, "pitfalls 1, 2: its predictor");
	check("d-relu-128", 2048, "0.weight 0.bias 2.weight 2.bias ",
	    2048 * 2049 + 2049 * 128, "MoCo v2, SimCLR, CLSA, SuNCEt");
	check("mlp", 2048, "0.weight 0.bias 2.weight 2.bias ",
	    2048 * 2049 + 2049 * 128, "the same by name");
	check("lin", 512, "0.weight 0.bias ", 513 * 128, "MoCo v1");
	check("linbn", 8, "0.weight 0.bias 1.weight 1.bias ", 9 * 128 + 256,
	    "i-Mix");
	check("mlpbn", 8, "0.weight 0.bias 1.weight 1.bias 3.weight 3.bias "
	    "4.weight 4.bias ", 9 * 8 + 16 + 9 * 128 + 256, "i-Mix");
	check("mlpbn1", 8, "0.weight 0.bias 1.weight 1.bias 3.weight 3.bias ",
	    9 * 8 + 16 + 9 * 128, "i-Mix");
	check("5nobias-bn-relu-dnobias-bn-relu-3-bn", 8, "0.weight 1.weight "
	    "1.bias 3.weight 4.weight 4.bias 6.weight 6.bias 7.weight "
	    "7.bias ", 40 + 10 + 40 + 16 + 27 + 6, "three layers");
	if (enc_head_parse("mlpbn", 8, &h) < 0)
		return 1;
	enc_head_resize(&h, 30, 7);
	is_int(enc_head_sizes(&h, sizes), 2, "two linear layers");
	ok(sizes[0] == 30 && sizes[1] == 7, "of other widths");
	enc_head_resize(&h, 0, 9);
	enc_head_sizes(&h, sizes);
	ok(sizes[0] == 30 && sizes[1] == 9, "of which one stays");
	ok(enc_head_preset("mlpbn1") && !enc_head_preset("d-relu-128"),
	    "names and texts");
	refused("");
	refused("bn-relu-128");
	refused("128-relu");
	refused("128-relu-relu-64");
	refused("128--64");
	refused("0");
	refused("12x");
	refused("nobias");
	refused("99999999999");
	refused("mlp2");
	refused("1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1");
	return tap_done();
}
