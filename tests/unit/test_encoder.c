/* SPDX-License-Identifier: MIT */
/* Encoders and heads: numbers of parameters, names, shapes, first draws. */
#include <stdlib.h>

#include "encoder/encoder.h"
#include "tap.h"

struct row {
	const char *arch;
	int width, features;
	size_t imagenet, cifar;
};

/* Without the classifier; running statistics are not counted. */
static const struct row rows[] = {
	{ "resnet18", 64, 512, 11176512, 11168832 },
	{ "resnet34", 64, 512, 21284672, 21276992 },
	{ "resnet50", 64, 2048, 23508032, 23500352 },
	{ "resnet101", 64, 2048, 42500160, 42492480 },
	{ "resnet152", 64, 2048, 58143808, 58136128 },
	{ "resnet50", 128, 4096, 93907072, 0 },
	{ "resnet50", 256, 8192, 375378176, 0 },
};

static bool
make(struct enc_model *m, const char *arch, const char *stem, int width,
    bool heads)
{
	struct enc_spec s = { .encoder = enc_find(arch),
		.shape = { 3, width, stem } };

	if (heads) {
		s.projector = enc_head_mlp(4096, true, 256, false);
		s.predictor = enc_head_mlp(4096, true, 256, false);
	}
	return enc_model_init(m, &s) == 0;
}

static size_t
count(const char *arch, const char *stem, int width, int *features)
{
	struct enc_model m;
	size_t n;

	if (!make(&m, arch, stem, width, false))
		return 0;
	n = nn_layout_count(&m.net.layout, m.net.layout.n);
	*features = nn_channels(&m.net, m.feature);
	enc_model_fini(&m);
	return n;
}

static void
counts(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		int features = 0;

		is_int(count(r->arch, "imagenet", r->width, &features),
		    r->imagenet, "%s, width %d, imagenet stem", r->arch,
		    r->width);
		is_int(features, r->features, "… features");
		if (r->cifar > 0)
			is_int(count(r->arch, "cifar", r->width, &features),
			    r->cifar, "… cifar stem");
	}
}

/* Numbers trained under a prefix. */
static size_t
under(const struct nn_layout *l, const char *prefix)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (strncmp(l->slices[i].name, prefix, strlen(prefix)) == 0 &&
		    !nn_is_buffer(l->slices[i].kind))
			n += l->slices[i].n;
	return n;
}

/* Pitfalls 1 and 2. */
static void
heads(void)
{
	static const char *const names[] = { "0.weight", "0.bias",
		"1.weight", "1.bias", "1.running_mean", "1.running_var",
		"3.weight" };
	struct enc_model m;
	const struct nn_layout *l = &m.net.layout;
	const struct nn_slice *s;
	size_t first = 0;

	if (!ok(make(&m, "resnet50", "imagenet", 64, true), "with heads"))
		return;
	is_int(under(l, "projector."), 9449472, "pitfall 1: the projector");
	is_int(under(l, "predictor."), 2109440, "pitfall 1: the predictor");
	while (strncmp(l->slices[first].name, "projector.", 10) != 0)
		first++;
	is_int(l->n - first, 14, "pitfall 2: tensors of both heads");
	for (size_t i = 0; i < 7; i++) {
		is_text(l->slices[first + i].name + 10, names[i],
		    "pitfall 2: projector.%s", names[i]);
		is_text(l->slices[first + 7 + i].name + 10, names[i],
		    "pitfall 2: predictor.%s", names[i]);
	}
	s = nn_layout_find(l, "projector.3.weight");
	ok(s != NULL && s->n_dims == 2 && s->shape[0] == 256 &&
	    s->shape[1] == 4096, "linear layers are [out,in]");
	ok(nn_layout_find(l, "projector.3.bias") == NULL,
	    "pitfall 2: the last layer has no bias");
	is_int(nn_slices(&m.net, m.projection), first + 7,
	    "the target's slices come first");
	enc_model_fini(&m);
}

/* The order of torchvision's state_dict. */
static void
names(void)
{
	static const char *const want[] = { "encoder.conv1.weight",
		"encoder.bn1.weight", "encoder.bn1.bias",
		"encoder.bn1.running_mean", "encoder.bn1.running_var",
		"encoder.layer1.0.conv1.weight" };
	static const char *const block[] = { "conv1.weight", "bn1.weight",
		"conv2.weight", "bn2.weight", "conv3.weight", "bn3.weight",
		"downsample.0.weight", "downsample.1.weight" };
	struct enc_model m;
	const struct nn_layout *l = &m.net.layout;
	const struct nn_slice *s, *last = NULL;

	if (!ok(make(&m, "resnet50", "cifar", 16, false), "resnet50"))
		return;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		is_text(l->slices[i].name, want[i], "slice %zu", i);
	for (size_t i = 0; i < sizeof(block) / sizeof(block[0]); i++) {
		char name[NN_NAME];

		snprintf(name, sizeof(name), "encoder.layer2.0.%s", block[i]);
		s = nn_layout_find(l, name);
		ok(s != NULL && s > last, "%s, in order", name);
		last = s;
	}
	s = nn_layout_find(l, "encoder.layer2.0.conv2.weight");
	ok(s != NULL && s->shape[0] == 32 && s->shape[1] == 32 &&
	    s->shape[2] == 3 && s->shape[3] == 3, "convolutions are OIHW");
	enc_model_fini(&m);
}

static double
deviation(const float *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)x[i] * x[i];
	return sqrt(sum / (double)n);
}

/* Kaiming normal by fan out; uniform within 1/sqrt(fan in). */
static void
draws(struct kernel *k)
{
	struct enc_model m;
	struct nn_params p, q;
	const struct nn_slice *s;
	float *x, *y;
	bool same;

	if (!ok(make(&m, "resnet18", "cifar", 32, true), "resnet18") ||
	    nn_params_init(&p, k, &m.net.layout, m.net.layout.n, false) < 0 ||
	    nn_params_init(&q, k, &m.net.layout, m.net.layout.n, false) < 0 ||
	    nn_params_draw(&p, NN_TORCH, 1, 1) < 0 ||
	    nn_params_draw(&q, NN_TORCH, 1, 2) < 0)
		return;
	x = calloc(p.n_values, sizeof(*x));
	y = calloc(p.n_values, sizeof(*y));
	if (x == NULL || y == NULL)
		abort();
	kernel_download(k, x, p.value, p.n_values);
	kernel_download(k, y, q.value, p.n_values);
	s = nn_layout_find(&m.net.layout, "encoder.layer3.0.conv1.weight");
	is_near(deviation(x + s->at, s->n), sqrt(2.0 / (9 * 128)), 2e-4,
	    "convolutions: deviation by fan out");
	s = nn_layout_find(&m.net.layout, "predictor.0.weight");
	is_near(deviation(x + s->at, s->n), 1 / sqrt(3.0 * 256), 2e-4,
	    "linear: uniform by fan in");
	s = nn_layout_find(&m.net.layout, "projector.0.bias");
	is_near(deviation(x + s->at, s->n), 1 / sqrt(3.0 * 256), 2e-3,
	    "linear: the bias too");
	s = nn_layout_find(&m.net.layout, "encoder.layer4.1.bn2.weight");
	ok(x[s->at] == 1 && x[s->at + s->n - 1] == 1, "scales are 1");
	same = memcmp(x, y, 100 * sizeof(*x)) == 0;
	ok(!same, "another seed draws other numbers");
	if (nn_params_draw(&q, NN_TORCH, 1, 1) == 0)
		kernel_download(k, y, q.value, p.n_values);
	ok(memcmp(x, y, p.n_values * sizeof(*x)) == 0, "the same seed draws "
	    "the same");
	free(x);
	free(y);
	nn_params_fini(&p);
	nn_params_fini(&q);
	enc_model_fini(&m);
}

static double
largest(const float *x, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = fabs((double)x[i]) > most ? fabs((double)x[i]) : most;
	return most;
}

/* Normal by fan in, cut off; blocks begin near their shortcuts. */
static void
draws_haiku(struct kernel *k)
{
	static const char *const ends[] = { "encoder.layer4.1.bn2.weight",
		"projector.0.bias", "predictor.0.bias" };
	static const char *const ones[] = { "encoder.layer4.1.bn1.weight",
		"encoder.layer2.0.downsample.1.weight", "encoder.bn1.weight",
		"projector.1.weight" };
	const double cut = 2 / 0.8796256610342398;
	struct enc_model m;
	struct nn_params p;
	const struct nn_slice *s;
	float *x;

	if (!ok(make(&m, "resnet18", "cifar", 32, true), "resnet18") ||
	    nn_params_init(&p, k, &m.net.layout, m.net.layout.n, false) < 0 ||
	    nn_params_draw(&p, NN_HAIKU, 0.25f, 1) < 0)
		return;
	x = calloc(p.n_values, sizeof(*x));
	if (x == NULL)
		abort();
	kernel_download(k, x, p.value, p.n_values);
	s = nn_layout_find(&m.net.layout, "encoder.layer3.0.conv1.weight");
	is_near(deviation(x + s->at, s->n), sqrt(1.0 / (9 * 64)), 4e-4,
	    "convolutions: deviation by fan in");
	ok(largest(x + s->at, s->n) < cut / sqrt(9 * 64) &&
	    largest(x + s->at, s->n) > 0.99 * cut / sqrt(9 * 64),
	    "cut off at two of the normal's deviations");
	s = nn_layout_find(&m.net.layout, "predictor.0.weight");
	is_near(deviation(x + s->at, s->n), 1 / sqrt(256), 4e-4,
	    "linear: by fan in");
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		s = nn_layout_find(&m.net.layout, ends[i]);
		ok(largest(x + s->at, s->n) == (i == 0 ? 0.25 : 0),
		    "%s is as asked for, or 0", ends[i]);
	}
	for (size_t i = 0; i < sizeof(ones) / sizeof(ones[0]); i++) {
		s = nn_layout_find(&m.net.layout, ones[i]);
		ok(x[s->at] == 1 && x[s->at + s->n - 1] == 1, "%s is 1",
		    ones[i]);
	}
	free(x);
	nn_params_fini(&p);
	enc_model_fini(&m);
}

int
main(void)
{
	struct pool *pool = pool_new(1);
	struct kernel *k = pool == NULL ? NULL : kernel_new(pool);
	struct enc_model m;

	if (k == NULL)
		return 1;
	counts();
	heads();
	names();
	draws(k);
	draws_haiku(k);
	ok(!make(&m, "resnet18", "cifra", 64, false), "an unknown stem");
	ok(enc_find("resnet19") == NULL, "an unknown encoder");
	kernel_free(k);
	pool_free(pool);
	return tap_done();
}
