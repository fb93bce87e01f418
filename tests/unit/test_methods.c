/* SPDX-License-Identifier: MIT */
/* Steps of the contrastive methods: which network sees what, what moves,
 * when, and in which order. */
#include <stdlib.h>

#include "base/rng.h"
#include "method/parts.h"
#include "nn/optim.h"
#include "tap.h"

enum { N = 8, SIDE = 9, COLORS = 3, P = 6, VIEWS = 4, K = 24,
	VIEW = N * SIDE * SIDE * COLORS };

static struct kernel *kernel;

struct work {
	struct method_run run;
	struct optim optim;
	struct method_batch batch;
	int64_t label[N];
	float *x;		/* device, [VIEWS][VIEW] */
};

/* View v: random pixels, or one colour. */
static void
set_view(struct work *w, int v, bool plain)
{
	struct rng r = rng_at(3, 0, (uint64_t)v, 0, 99);
	float *x = malloc(VIEW * sizeof(*x));

	if (x == NULL)
		abort();
	for (size_t i = 0; i < VIEW; i++)
		x[i] = plain ? 0.5f : (float)rng_normal(&r);
	kernel_upload(kernel, w->x + v * VIEW, x, VIEW);
	free(x);
}

static void
begin(struct work *w, const char *method, int groups)
{
	const struct method *m = method_find(method);
	struct optim_config c = optim_defaults();
	struct enc_spec s = { .encoder = enc_find("resnet18"),
		.shape = { COLORS, 4, "cifar" } };

	memset(w, 0, sizeof(*w));
	s.projector = enc_head_mlp(16, true, P, false);
	s.predictor = enc_head_mlp(16, true, P, false);
	if (!m->predictor)
		s.predictor.n = 0;
	w->x = kernel_alloc(kernel, VIEWS * VIEW);
	if (w->x == NULL || method_init(&w->run, m, kernel, &s) < 0 ||
	    method_draw(&w->run, 5) < 0 || (m->queue &&
	    keys_init(&w->run.keys, kernel, K, P, 1) < 0) ||
	    optim_init(&w->optim, optim_find("sgd"), &c, &w->run.online) < 0)
		abort();
	w->run.options.groups = groups;
	w->run.options.loss.strong_weight = 1;
	w->batch = (struct method_batch){ .n = N, .n_views = m->n_views,
		.label = w->label };
	for (int v = 0; v < VIEWS; v++) {
		w->batch.view[v] = (struct method_view){ w->x + v * VIEW, SIDE,
			SIDE, v > 1 };
		set_view(w, v, false);
	}
	for (int i = 0; i < N; i++)
		w->label[i] = i % 3;
}

static void
end(struct work *w)
{
	optim_fini(&w->optim);
	method_fini(&w->run);
	kernel_release(kernel, w->x);
}

static double
step(struct work *w, double rate, double ema)
{
	double loss;

	method_before(&w->run, ema);
	if (method_gradients(&w->run, &w->batch, &loss) < 0)
		return NAN;
	optim_step(&w->optim, rate);
	method_after(&w->run, ema);
	w->batch.step++;
	return loss;
}

static float *
copy(const float *device, size_t n)
{
	float *x = malloc((n + 1) * sizeof(*x));

	if (x == NULL)
		abort();
	kernel_download(kernel, x, device, n);
	return x;
}

static bool
equal(const float *device, const float *x, size_t n)
{
	float *y = copy(device, n);
	const bool same = memcmp(x, y, n * sizeof(*x)) == 0;

	free(y);
	return same;
}

/* Largest difference. */
static double
apart(const float *a, const float *b, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = fmax(most, fabs((double)a[i] - (double)b[i]));
	return most;
}

/* With m = 0 the target is the online network as the step found it. */
static void
order(const char *method)
{
	struct work w;

	begin(&w, method, 1);
	for (int i = 0; i < 2; i++) {
		const size_t n = w.run.target.n_values;
		float *before = copy(w.run.online.value, n);

		step(&w, 0.1, 0);
		ok(equal(w.run.target.value, before, n), "pitfall 7: %s: the "
		    "target follows before the batch, step %d", method, i);
		ok(!equal(w.run.online.value, before, n), "… which moves the "
		    "network");
		free(before);
	}
	end(&w);
}

/* Pitfall 9 for key networks, and the policies that depart from it. */
static void
statistics(enum method_buffers policy)
{
	struct work w;
	float *value, *buffer;
	size_t n;

	begin(&w, "moco", 1);
	w.run.options.buffers = policy;
	n = w.run.target.n_buffers;
	value = copy(w.run.target.value, w.run.target.n_values);
	buffer = copy(w.run.target.buffer, n);
	step(&w, 0.1, 1);
	ok(equal(w.run.target.value, value, w.run.target.n_values),
	    "pitfall 9: moco: m = 1 leaves the target's parameters");
	ok(!equal(w.run.target.buffer, buffer, n), "pitfall 9: moco: but not "
	    "its running statistics");
	free(buffer);
	buffer = copy(w.run.online.buffer, n);
	method_before(&w.run, 0);
	ok(equal(w.run.target.buffer, buffer, n) == (policy != METHOD_OWN),
	    "target buffers, policy %d", (int)policy);
	free(value);
	free(buffer);
	end(&w);
}

/* Pitfall 10: logits come from the ring as it was; then the keys go in. */
static void
ring(void)
{
	struct work w;
	struct loss_call c;
	float *before, *after, query[N * P], key[N * P];
	double loss;

	begin(&w, "moco", 1);
	before = copy(w.run.keys.row, K * P);
	method_before(&w.run, 1);
	if (method_gradients(&w.run, &w.batch, &loss) < 0)
		abort();
	ok(equal(w.run.keys.row, before, K * P), "pitfall 10: a step does not "
	    "touch the ring");
	memcpy(query, w.run.host[2], sizeof(query));
	memcpy(key, w.run.host[1], sizeof(key));
	c = parts_call(&w.run, N);
	c.k = K;
	c.in[LOSS_MOCO_Q].real = query;
	c.in[LOSS_MOCO_K].real = key;
	c.in[LOSS_MOCO_QUEUE].real = w.run.keys.row;
	is_near(loss_run(&loss_moco, &c) < 0 ? NAN : c.loss, loss, 0,
	    "pitfall 10: the loss is that of the ring before");
	method_after(&w.run, 1);
	after = copy(w.run.keys.row, K * P);
	is_int((long long)w.run.keys.head, N, "the ring's head moves on");
	ok(memcmp(before + N * P, after + N * P, (K - N) * P * 4) == 0,
	    "the other keys stay");
	for (int i = 0; i < N; i++) {
		double square = 0, along = 0, length = 0;

		for (int j = 0; j < P; j++) {
			square += pow((double)after[i * P + j], 2);
			along += (double)after[i * P + j] *
			    (double)key[i * P + j];
			length += pow((double)key[i * P + j], 2);
		}
		if (fabs(square - 1) > 1e-6 ||
		    fabs(along - sqrt(length)) > 1e-5)
			ok(false, "key %d of the ring", i);
	}
	free(before);
	free(after);
	end(&w);
}

/* Pitfall 11: K 6, N 2. */
static void
trace(void)
{
	static const size_t heads[] = { 0, 2, 4, 0 };
	struct keys q;
	float key[4], *row;
	double worst = 0;

	if (keys_init(&q, kernel, 6, 2, 9) < 0)
		abort();
	row = copy(q.row, 12);
	for (int i = 0; i < 6; i++)
		worst = fmax(worst, fabs(hypot((double)row[2 * i],
		    (double)row[2 * i + 1]) - 1));
	is_near(worst, 0, 1e-6, "pitfall 11: the ring begins with unit rows");
	free(row);
	for (int i = 0; i < 4; i++) {
		is_int((long long)q.head, (long long)heads[i],
		    "pitfall 11: the head before step %d", i);
		for (int j = 0; j < 4; j++)
			key[j] = (float)(j % 2 == 0 ? i + 1 : 10);
		keys_push(&q, key, 2);
	}
	row = copy(q.row, 12);
	is_near((double)row[0], 4 / hypot(4, 10), 1e-6, "pitfall 11: batch 4 "
	    "is in row 0");
	is_near((double)row[4], 2 / hypot(2, 10), 1e-6, "… batch 2 in row 2");
	is_int(keys_check(&q, 4), FAIL_USAGE, "pitfall 11: 4 does not divide "
	    "6");
	is_int(keys_check(&q, 3), FAIL_USAGE, "pitfall 11: 3 does, but not "
	    "from head 2 on");
	is_int(keys_check(&q, 2), 0, "2 does");
	free(row);
	keys_fini(&q);
	is_int(keys_init(&q, kernel, 0, 2, 9), FAIL_USAGE, "a ring of no "
	    "keys");
}

/* Keys of view 1 by a pass with groups, as a step has them or unshuffled. */
static void
keys_of(struct work *w, int groups, bool shuffled, float *key)
{
	double loss;

	w->run.options.groups = groups;
	parts_unplan(&w->run);
	if (method_gradients(&w->run, &w->batch, &loss) < 0)
		abort();
	if (shuffled)
		memcpy(key, w->run.host[1], N * P * sizeof(*key));
	else
		parts_target(&w->run, 1, w->batch.view[1].x, key);
}

/* Pitfalls 13 and 14: groups of 2 of 8 samples. */
static void
shuffle(void)
{
	enum { S = 4, EACH = N / S, PIXELS = VIEW / N };
	float whole[N * P], plain[N * P], mixed[N * P], part[N * P];
	size_t order_of[N];
	struct nn_plan *plan;
	struct rng r;
	float *memory, *x;
	struct work w;

	begin(&w, "moco", 1);
	keys_of(&w, 1, true, whole);
	keys_of(&w, 1, false, plain);
	is_near(apart(whole, plain, N * P), 0, 1e-6, "pitfall 13: without "
	    "groups nothing is shuffled");
	keys_of(&w, S, true, mixed);
	ok(apart(whole, mixed, N * P) > 1e-2, "pitfall 13: with groups keys "
	    "are others");
	keys_of(&w, S, false, plain);
	ok(apart(plain, mixed, N * P) > 1e-2, "pitfall 13: and the shuffle "
	    "tells");
	/* The same by hand: each group is a batch of its own. */
	r = rng_at(0, 0, 0, 1, RNG_SPLIT);
	rng_permutation(&r, order_of, N);
	plan = nn_plan_new(&w.run.model.net, kernel, NN_TRACK, EACH, SIDE,
	    SIDE, &w.run.model.projection, 1);
	memory = kernel_alloc(kernel, nn_plan_memory(plan));
	x = kernel_alloc(kernel, EACH * PIXELS);
	for (int g = 0; g < S; g++) {
		for (int i = 0; i < EACH; i++)
			kernel_copy(kernel, x + i * PIXELS,
			    w.batch.view[1].x + order_of[g * EACH + i] *
			    PIXELS, PIXELS);
		nn_forward(plan, &w.run.target, memory, x);
		kernel_download(kernel, plain, nn_value(plan, memory,
		    w.run.model.projection), EACH * P);
		for (int i = 0; i < EACH; i++)
			memcpy(part + order_of[g * EACH + i] * P,
			    plain + i * P, P * sizeof(*part));
	}
	is_near(apart(part, mixed, N * P), 0, 1e-5, "pitfall 14: keys are "
	    "their groups', in the record's order");
	w.batch.step = 1;
	keys_of(&w, S, true, plain);
	ok(apart(plain, mixed, N * P) > 1e-3, "another step, another order");
	w.run.options.groups = 3;
	parts_unplan(&w.run);
	ok(isnan(step(&w, 0.1, 1)) && fail_last() == FAIL_USAGE,
	    "8 samples in 3 groups");
	kernel_release(kernel, memory);
	kernel_release(kernel, x);
	nn_plan_free(plan);
	end(&w);
}

/* Running statistics move by the mean of the groups' steps. */
static void
tracked(void)
{
	const float x[4] = { 1, 3, 10, 14 };
	float y[4], *buffer, *memory, *in;
	struct nn_params p;
	struct nn_plan *plan;
	struct nn_net net;
	int v;

	nn_net_init(&net, 1);
	v = nn_norm(&net, 0, "a", -1, false);
	plan = nn_plan_grouped(&net, kernel, NN_TRACK,
	    (struct nn_batch){ 4, 2, 1, 1 }, &v, 1);
	if (plan == NULL || nn_params_init(&p, kernel, &net.layout, 4,
	    false) < 0 || nn_params_draw(&p, 0) < 0)
		abort();
	memory = kernel_alloc(kernel, nn_plan_memory(plan));
	in = kernel_alloc(kernel, 4);
	kernel_upload(kernel, in, x, 4);
	nn_forward(plan, &p, memory, in);
	kernel_download(kernel, y, nn_value(plan, memory, v), 4);
	is_near((double)y[1], 1, 1e-4, "a group by its own mean");
	is_near((double)y[2], -1, 1e-4, "… and the second by its");
	buffer = copy(p.buffer, p.n_buffers);
	is_near((double)buffer[net.layout.slices[2].at], 0.1 * (2 + 12) / 2,
	    1e-6, "running mean");
	is_near((double)buffer[net.layout.slices[3].at], 0.9 + 0.1 * (2 + 8) /
	    2, 1e-6, "running variance, unbiased");
	free(buffer);
	kernel_release(kernel, memory);
	kernel_release(kernel, in);
	nn_plan_free(plan);
	nn_params_fini(&p);
	nn_net_free(&net);
}

/* Pitfall 24: one batch of both views, or one each. */
static void
batches(const char *method, bool together)
{
	struct work w;
	float random[N * P];
	double loss;
	const int at = together ? PARTS_Z : 2;

	begin(&w, method, 1);
	if (method_gradients(&w.run, &w.batch, &loss) < 0)
		abort();
	memcpy(random, w.run.host[at], sizeof(random));
	set_view(&w, 1, true);
	if (method_gradients(&w.run, &w.batch, &loss) < 0)
		abort();
	ok((apart(random, w.run.host[at], N * P) > 1e-4) == together,
	    "pitfall 24: %s: view 0 %s view 1", method, together ?
	    "shares statistics with" : "does not see");
	end(&w);
}

/* SuNCEt without support is SimCLR; with it, their sum. */
static void
support(void)
{
	struct work w, s;
	struct loss_call c;
	double loss, simclr;

	begin(&w, "suncet", 1);
	begin(&s, "simclr", 1);
	is_near(step(&w, 0.1, 1), simclr = step(&s, 0.1, 1), 0, "suncet "
	    "without support is simclr");
	ok(isfinite(simclr) && apart(w.run.online.value, s.run.online.value,
	    s.run.online.n_values) == 0, "… in what it does");
	w.batch.n_support = N;
	w.batch.support = w.batch.view[2];
	w.batch.support_label = w.label;
	if (method_gradients(&w.run, &w.batch, &loss) < 0)
		abort();
	c = parts_call(&w.run, N);
	c.in[LOSS_SIMCLR_Z0].real = w.run.host[PARTS_Z];
	c.in[LOSS_SIMCLR_Z1].real = w.run.host[PARTS_Z] + N * P;
	if (loss_run(&loss_simclr, &c) < 0)
		abort();
	simclr = c.loss;
	c = parts_call(&w.run, N);
	c.in[LOSS_SUNCET_Z].real = w.run.host[PARTS_Z] + 2 * N * P;
	c.in[LOSS_SUNCET_LABEL].whole = w.label;
	is_near(loss_run(&loss_suncet, &c) < 0 ? NAN : simclr + c.loss, loss,
	    1e-12, "with it, the sum, labelled rows behind both views");
	end(&w);
	end(&s);
}

/* CLSA: two strong views alike, and roles. */
static void
roles(void)
{
	struct work w;
	double one, two;

	begin(&w, "clsa", 1);
	w.run.options.loss.strong_weight = 0;
	if (method_gradients(&w.run, &w.batch, &one) < 0)
		abort();
	w.run.options.loss.strong_weight = 1;
	if (method_gradients(&w.run, &w.batch, &two) < 0)
		abort();
	w.batch.n_views = 4;
	kernel_copy(kernel, w.x + 3 * VIEW, w.x + 2 * VIEW, VIEW);
	{
		double three;

		if (method_gradients(&w.run, &w.batch, &three) < 0)
			abort();
		is_near(three - one, 2 * (two - one), 1e-5, "pitfall 37: the "
		    "same strong view twice counts twice");
	}
	w.batch.view[3].strong = false;
	w.batch.view[2].strong = false;
	ok(method_gradients(&w.run, &w.batch, &one) == FAIL_USAGE, "clsa "
	    "without a strong view");
	end(&w);
}

/* Two samples at a time or all at once with groups of two: the same loss,
 * gradients, and statistics, in less memory. */
static void
microbatches(const struct method *m, int groups)
{
	struct work whole, parts;
	double one, two, worst = 0;
	float *a, *b;
	size_t n;

	begin(&whole, m->name, groups);
	begin(&parts, m->name, 0);
	parts.run.options.microbatch = (m->target ? N : 2 * N) / groups;
	for (int i = 0; i < 2; i++) {
		one = step(&whole, 0.01, 0.9);
		two = step(&parts, 0.01, 0.9);
	}
	is_near(two, one, 1e-5, "%s in microbatches: the loss", m->name);
	n = whole.run.online.n_values;
	a = copy(whole.run.online.grad, n);
	b = copy(parts.run.online.grad, n);
	for (size_t i = 0; i < n; i++)
		worst = fmax(worst, fabs((double)a[i]));
	ok(apart(a, b, n) < 2e-3 * worst, "… the gradient");
	free(a);
	free(b);
	n = whole.run.online.n_buffers;
	a = copy(whole.run.online.buffer, n);
	b = copy(parts.run.online.buffer, n);
	is_near(apart(a, b, n), 0, 1e-3, "… running statistics");
	free(a);
	free(b);
	ok(nn_plan_memory(parts.run.plan[0]) <
	    nn_plan_memory(whole.run.plan[0]) / 2, "… in less memory");
	end(&whole);
	end(&parts);
}

static void
refusals(void)
{
	const int64_t index[N] = { 0 };
	const float lambda[N] = { 1 };
	struct work w;

	begin(&w, "moco", 1);
	w.batch.n = 5;
	ok(isnan(step(&w, 0.1, 1)) && fail_last() == FAIL_USAGE, "pitfall 11: "
	    "a queue of 24 and a batch of 5: %s", fail_text());
	w.batch.n = N;
	w.run.options.symmetric = true;
	ok(isnan(step(&w, 0.1, 1)) && fail_last() == FAIL_USAGE, "pitfall 11: "
	    "or of 16, for both directions");
	end(&w);
	begin(&w, "simclr", 1);
	w.run.options.microbatch = 5;
	ok(isnan(step(&w, 0.1, 1)) && fail_last() == FAIL_USAGE, "16 samples "
	    "in microbatches of 5");
	w.run.options.microbatch = 4;
	w.run.options.groups = 2;
	ok(isnan(step(&w, 0.1, 1)) && fail_last() == FAIL_USAGE,
	    "microbatches and groups");
	end(&w);
	begin(&w, "npair", 1);
	w.run.options.symmetric = true;
	w.batch.mix_index = index;
	w.batch.mix_lambda = lambda;
	ok(isnan(step(&w, 0.1, 1)) && fail_last() == FAIL_USAGE, "mixed "
	    "records both ways");
	w.batch.mix_index = NULL;
	w.batch.view[1].h = 7;
	ok(isnan(step(&w, 0.1, 1)) && fail_last() == FAIL_USAGE, "views of "
	    "two sizes in one batch");
	end(&w);
}

/* A target drawn by itself, not copied. */
static void
fresh(void)
{
	struct work w;
	float *online;
	size_t n;

	begin(&w, "byol", 1);
	n = w.run.target.n_values;
	online = copy(w.run.online.value, n);
	ok(equal(w.run.target.value, online, n), "a target that is a copy");
	w.run.options.fresh_target = true;
	if (method_draw(&w.run, 5) < 0)
		abort();
	ok(equal(w.run.online.value, online, n), "the same seed");
	ok(!equal(w.run.target.value, online, n), "a target of its own");
	free(online);
	end(&w);
}

/* Eight samples, the same every time: every method's loss goes down. */
static void
overfit(const struct method *m)
{
	struct work w;
	double first = 0, last = 0;

	begin(&w, m->name, 1);
	w.run.options.loss.temperature = 0.5;
	for (int i = 0; i < 30; i++) {
		const double loss = step(&w, 0.05, 0.9);

		first = i == 3 ? loss : first;
		last = loss;
	}
	ok(last < first - 0.1, "%s on 8 samples: %.3f to %.3f", m->name,
	    first, last);
	end(&w);
}

int
main(void)
{
	struct pool *pool = pool_new(2);

	kernel = pool == NULL ? NULL : kernel_new(pool);
	if (kernel == NULL)
		return 1;
	order("moco");
	order("clsa");
	statistics(METHOD_OWN);
	statistics(METHOD_AVERAGE);
	statistics(METHOD_COPY);
	ring();
	trace();
	shuffle();
	tracked();
	batches("simclr", true);
	batches("npair", true);
	batches("supcon", true);
	batches("suncet", true);
	batches("moco", false);
	support();
	roles();
	refusals();
	fresh();
	for (size_t i = 0; method_row(i) != NULL; i++)
		microbatches(method_row(i), 4);
	for (size_t i = 0; method_row(i) != NULL; i++)
		if (method_row(i) != &method_byol)	/* test_byol.c */
			overfit(method_row(i));
	kernel_free(kernel);
	pool_free(pool);
	return tap_done();
}
