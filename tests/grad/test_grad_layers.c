/* SPDX-License-Identifier: MIT */
/* Every layer, alone and where values are read several times, at odd sizes:
 * backward against central differences. */
#include "grad.h"
#include "nn/nn_op.h"

static struct kernel *kernel;
static bool seen[16];		/* rows of the table that a case used */

static void
note_ops(const struct nn_net *net)
{
	for (int i = 0; i < net->n_nodes; i++)
		for (size_t j = 0; j < nn_n_backs; j++)
			seen[j] |= nn_backs[j].op == net->nodes[i].op;
}

static void
check(struct grad *g, int n, int h, int w, bool corners, const char *name)
{
	char what[128];

	snprintf(what, sizeof(what), "%s, %d of %dx%dx%d", name, n, h, w,
	    g->net.channels);
	note_ops(&g->net);
	if (ok(grad_begin(g, kernel, n, h, w), "%s: a plan", what))
		grad_check(g, corners, 1e-2, what);
	else
		printf("# %s\n", fail_text());
	grad_end(g);
}

/* Two convolutions, so that the first sees the second's dx. */
static void
conv(int n, int h, int w, int c, int size, int stride, int pad)
{
	struct grad g = { 0 };
	char name[64];
	int v;

	nn_net_init(&g.net, c);
	v = nn_conv(&g.net, 0, "a", 3, 3, 1, 1);
	nn_conv(&g.net, v, "b", 5, size, stride, pad);
	snprintf(name, sizeof(name), "conv %d/%d+%d", size, stride, pad);
	check(&g, n, h, w, false, name);
}

static void
convs(void)
{
	conv(1, 1, 1, 1, 3, 1, 1);
	conv(3, 3, 5, 3, 3, 1, 1);
	conv(3, 7, 5, 1, 3, 2, 1);
	conv(1, 5, 7, 5, 1, 1, 0);
	conv(3, 7, 3, 3, 1, 2, 0);
	conv(1, 7, 7, 3, 7, 2, 3);
	conv(3, 1, 3, 3, 7, 2, 3);
	conv(3, 13, 11, 3, 3, 1, 1);
}

/* Batch norm behind a convolution, and right on the input. */
static void
norm(int n, int h, int w, int c, bool relu)
{
	struct grad g = { 0 };
	int v;

	nn_net_init(&g.net, c);
	v = nn_norm(&g.net, 0, "a", -1, false);
	v = nn_conv(&g.net, v, "b", 5, 3, 1, 1);
	nn_norm(&g.net, v, "c", -1, relu);
	check(&g, n, h, w, relu, relu ? "norm and relu" : "norm");
}

static void
linear(int n, int c)
{
	struct grad g = { 0 };
	int v;

	nn_net_init(&g.net, c);
	v = nn_linear(&g.net, 0, "a", 5, true);
	nn_linear(&g.net, v, "b", 3, false);
	check(&g, n, 1, 1, false, "linear");
	nn_net_init(&g.net, c);
	v = nn_linear(&g.net, 0, "a", 7, true);
	v = nn_relu(&g.net, v);
	nn_linear(&g.net, v, "b", 3, true);
	check(&g, n, 1, 1, true, "linear, relu, linear");
}

static void
pools(int n, int h, int w)
{
	struct grad g = { 0 };
	int v;

	nn_net_init(&g.net, 3);
	v = nn_conv(&g.net, 0, "a", 5, 3, 1, 1);
	nn_maxpool(&g.net, v, 3, 2, 1);
	check(&g, n, h, w, true, "max-pool");
	nn_net_init(&g.net, 3);
	v = nn_conv(&g.net, 0, "a", 5, 3, 1, 1);
	nn_meanpool(&g.net, v);
	check(&g, n, h, w, false, "mean-pool");
}

/* A block whose input is its shortcut, one with a convolution there. */
static void
residuals(int n, int h, int w)
{
	struct grad g = { 0 };
	int a, b, c;

	nn_net_init(&g.net, 3);
	a = nn_conv(&g.net, 0, "a", 3, 3, 1, 1);
	b = nn_conv(&g.net, a, "b", 3, 3, 1, 1);
	nn_norm(&g.net, b, "c", a, true);
	check(&g, n, h, w, true, "shortcut");

	nn_net_init(&g.net, 3);
	a = nn_conv(&g.net, 0, "a", 3, 3, 1, 1);
	b = nn_conv(&g.net, a, "b", 5, 3, 2, 1);
	c = nn_conv(&g.net, a, "d", 5, 1, 2, 0);
	c = nn_norm(&g.net, c, "e", -1, false);
	nn_norm(&g.net, b, "f", c, false);
	check(&g, n, h, w, false, "shortcut with a convolution");

	nn_net_init(&g.net, 3);
	a = nn_conv(&g.net, 0, "a", 3, 3, 1, 1);
	nn_norm(&g.net, a, "b", 0, true);
	check(&g, n, h, w, true, "shortcut from the input");
}

/* One value read by layers that cannot add to its gradient. */
static void
shared(int n, int h, int w)
{
	struct grad g = { 0 };
	int a, b;

	nn_net_init(&g.net, 3);
	a = nn_conv(&g.net, 0, "a", 3, 3, 1, 1);
	b = nn_relu(&g.net, a);
	nn_norm(&g.net, a, "b", b, false);
	check(&g, n, h, w, true, "read by relu and norm");

	nn_net_init(&g.net, 3);
	a = nn_conv(&g.net, 0, "a", 3, 3, 1, 1);
	b = nn_norm(&g.net, nn_conv(&g.net, a, "b", 3, 3, 1, 1), "c", a,
	    false);
	nn_norm(&g.net, nn_conv(&g.net, b, "d", 3, 1, 1, 0), "e", a, false);
	check(&g, n, h, w, false, "a shortcut twice");

	nn_net_init(&g.net, 3);
	a = nn_norm(&g.net, nn_conv(&g.net, 0, "a", 3, 3, 1, 1), "b", -1,
	    true);
	b = nn_conv(&g.net, a, "c", 3, 3, 1, 1);
	nn_norm(&g.net, b, "d", nn_conv(&g.net, a, "e", 3, 1, 1, 0), false);
	check(&g, n, h, w, true, "made again for two convolutions");

	nn_net_init(&g.net, 3);
	a = nn_norm(&g.net, nn_conv(&g.net, 0, "a", 3, 3, 1, 1), "b", -1,
	    true);
	b = nn_conv(&g.net, a, "c", 3, 3, 1, 1);
	nn_conv(&g.net, a, "unread", 3, 3, 1, 1);
	nn_norm(&g.net, b, "d", a, true);
	check(&g, n, h, w, true, "made again and added");

	nn_net_init(&g.net, 3);
	a = nn_conv(&g.net, 0, "a", 3, 3, 1, 1);
	nn_norm(&g.net, a, "b", a, false);
	check(&g, n, h, w, false, "its own shortcut");

	nn_net_init(&g.net, 3);
	a = nn_conv(&g.net, 0, "a", 3, 3, 1, 1);
	nn_conv(&g.net, a, "unread", 3, 3, 1, 1);
	nn_meanpool(&g.net, a);
	check(&g, n, h, w, false, "beside a value that nobody reads");
}

/* Parameters' gradients add up over calls. */
static void
accumulation(void)
{
	struct grad g = { 0 };
	double worst = 0, largest = 0;
	float *once;
	int v;

	nn_net_init(&g.net, 3);
	v = nn_conv(&g.net, 0, "a", 5, 3, 2, 1);
	v = nn_norm(&g.net, v, "b", -1, true);
	v = nn_meanpool(&g.net, v);
	nn_linear(&g.net, v, "c", 3, true);
	if (!ok(grad_begin(&g, kernel, 3, 7, 5), "a small network"))
		return;
	once = malloc(g.params.n_values * sizeof(*once));
	if (once == NULL)
		abort();
	grad_slope(&g, 1);
	memcpy(once, g.slope, g.params.n_values * sizeof(*once));
	grad_slope(&g, 3);
	for (size_t i = 0; i < g.params.n_values; i++) {
		worst = worse(worst, fabs((double)g.slope[i] -
		    3 * (double)once[i]));
		largest = worse(largest, fabs((double)g.slope[i]));
	}
	ok(largest > 0.1, "there are gradients");
	is_near(worst / largest, 0, 1e-5, "three passes are three times one");
	free(once);
	grad_end(&g);
}

/* A few coordinates of every slice: networks too wide for all of them. */
static bool
some_slopes(struct grad *g, struct rng *r)
{
	size_t bad = 0, all = 0;

	grad_slope(g, 1);
	for (size_t i = 0; i < g->params.n; i++) {
		const struct nn_slice *s = &g->net.layout.slices[i];
		double scale = 5e-2;

		if (nn_is_buffer(s->kind))
			continue;
		for (size_t j = 0; j < s->n; j++)
			scale = worse(scale, fabs((double)g->slope[s->at + j]));
		for (int j = 0; j < 3; j++, all++)
			bad += !(grad_error(g, s->at + rng_below(r, s->n),
			    1e-2 * scale) <= 1e-2 * scale);
	}
	return bad <= all / 20;
}

/* Every kind of layer, n pictures of side x side with c channels. */
static bool
wide(int n, int side, int c, struct rng *r)
{
	struct grad g = { 0 };
	bool good;
	int a, b, v;

	nn_net_init(&g.net, 3);
	a = nn_conv(&g.net, 0, "a", c, 3, 1, 1);
	a = nn_norm(&g.net, a, "b", -1, true);
	b = nn_conv(&g.net, a, "c", c, 3, 1, 1);
	v = nn_norm(&g.net, b, "d", a, true);
	b = nn_conv(&g.net, v, "e", c, 3, 2, 1);
	v = nn_norm(&g.net, b, "f", nn_conv(&g.net, v, "g", c, 1, 2, 0),
	    false);
	v = nn_maxpool(&g.net, v, 3, 2, 1);
	v = nn_conv(&g.net, v, "h", c, 7, 2, 3);
	v = nn_meanpool(&g.net, v);
	nn_relu(&g.net, nn_linear(&g.net, v, "i", c, true));
	good = grad_begin(&g, kernel, n, side, side) && some_slopes(&g, r);
	grad_end(&g);
	return good;
}

static void
sizes(const char *simd)
{
	static const int sides[] = { 1, 3, 5, 7, 17 };
	static const int channels[] = { 1, 3, 5, 64, 65 };
	struct rng r = rng_at(3, 1, 4, 1, 5);

	for (int i = 0; i < 5; i++)
		for (int c = 0; c < 5; c++) {
			const int n = (i + c) % 2 == 0 || sides[i] < 5 ? 3 : 1;

			ok(wide(n, sides[i], channels[c], &r),
			    "%s: %d pictures of %d px, %d channels", simd, n,
			    sides[i], channels[c]);
		}
}

/* Too small for statistics, too small for a window. */
static void
refusals(void)
{
	struct nn_net net;
	struct nn_plan *p;
	int v;

	nn_net_init(&net, 3);
	v = nn_conv(&net, 0, "a", 3, 5, 1, 0);
	v = nn_norm(&net, v, "b", -1, false);
	p = nn_plan_new(&net, kernel, NN_TRAIN, 1, 5, 5, &v, 1);
	ok(p == NULL, "batch norm of one value a channel is refused");
	p = nn_plan_new(&net, kernel, NN_INFER, 1, 5, 5, &v, 1);
	ok(p != NULL, "… but not with running statistics");
	nn_plan_free(p);
	p = nn_plan_new(&net, kernel, NN_INFER, 1, 4, 5, &v, 1);
	ok(p == NULL, "a picture smaller than the window is refused");
	nn_net_free(&net);
}

int
main(void)
{
	static const char *const sets[] = { "generic", "avx2", "avx512",
		"neon" };
	struct pool *pool = pool_new(2);

	for (int i = 0; i < 4 && pool != NULL; i++) {
		setenv("SELF_SIMD", sets[i], 1);
		if ((kernel = kernel_new(pool)) == NULL)
			continue;
		sizes(sets[i]);
		kernel_free(kernel);
	}
	unsetenv("SELF_SIMD");
	kernel = pool == NULL ? NULL : kernel_new(pool);
	if (kernel == NULL)
		return 1;
	convs();
	norm(3, 1, 1, 3, false);
	norm(3, 5, 3, 1, false);
	norm(1, 7, 5, 5, true);
	linear(1, 3);
	linear(3, 5);
	pools(1, 1, 1);
	pools(3, 7, 5);
	residuals(3, 5, 3);
	residuals(1, 7, 5);
	shared(3, 3, 5);
	accumulation();
	refusals();
	for (size_t i = 0; i < nn_n_backs; i++)
		ok(seen[i], "%s was differentiated", nn_backs[i].op->name);
	kernel_free(kernel);
	pool_free(pool);
	return tap_done();
}
