/* SPDX-License-Identifier: MIT */
/* The ring of past keys, and batch norm in groups with their keys shuffled. */
#include "methods.h"

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
		worst = worse(worst, fabs(hypot((double)row[2 * i],
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
	    false) < 0 || nn_params_draw(&p, NN_TORCH, 1, 0) < 0)
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

int
main(void)
{
	struct pool *pool = pool_new(2);

	kernel = pool == NULL ? NULL : kernel_new(pool);
	if (kernel == NULL)
		return 1;
	ring();
	trace();
	shuffle();
	tracked();
	kernel_free(kernel);
	pool_free(pool);
	return tap_done();
}
