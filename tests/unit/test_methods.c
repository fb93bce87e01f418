/* SPDX-License-Identifier: MIT */
/* Steps of the contrastive methods: which network sees what, what moves,
 * when, and in which order. */
#include "methods.h"

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
	one = step(&whole, 0.01, 0.9);
	two = step(&parts, 0.01, 0.9);
	is_near(two, one, 5e-5, "%s in microbatches: the loss", m->name);
	n = whole.run.online.n_values;
	a = copy(whole.run.online.grad, n);
	b = copy(parts.run.online.grad, n);
	for (size_t i = 0; i < n; i++)
		worst = worse(worst, fabs((double)a[i]));
	ok(apart(a, b, n) < 2e-3 * worst, "… the gradient");
	free(a);
	free(b);
	step(&whole, 0.01, 0.9);
	step(&parts, 0.01, 0.9);
	n = whole.run.target.n_values;
	if (m->target) {
		a = copy(whole.run.target.value, n);
		b = copy(parts.run.target.value, n);
		is_near(apart(a, b, n), 0, 1e-4, "pitfall 8: … the target "
		    "moves once a step, not once a part");
		free(a);
		free(b);
	}
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
