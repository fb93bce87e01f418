/* SPDX-License-Identifier: MIT */
/*
 * The contrastive losses: values known from elsewhere on the fixture
 * a(i,j;s) = sin(1.1 (i + 1) + 0.7 (j + 1)^2 + s), identities between them,
 * and what is easily got wrong.
 */
#include <math.h>

#include "losses.h"
#include "tap.h"

enum { N = 4, D = 3, K = 5 };

static struct kernel *kernel;
static struct losses l, m;

static void
wave(float *x, int rows, double s)
{
	for (int i = 0; i < rows; i++)
		for (int j = 0; j < D; j++)
			x[i * D + j] = (float)sin(1.1 * (i + 1) +
			    0.7 * (j + 1) * (j + 1) + s);
}

/* A loss on waves; fields in order of their `s`. */
static void
waves(struct losses *w, const char *name, double temperature, bool mixed)
{
	static const char *const first[] = { "q", "z0", "z" };
	static const char *const second[] = { "k", "z1" };

	losses_begin(w, loss_find(name), kernel, N, D, K, mixed);
	w->call.options.temperature = temperature;
	w->call.n_strong = 1;
	for (int i = 0; i < 3; i++)
		if (losses_at(w->row, first[i]) >= 0)
			wave(losses_x(w, first[i]), N, 0);
	for (int i = 0; i < 2; i++)
		if (losses_at(w->row, second[i]) >= 0)
			wave(losses_x(w, second[i]), N, 0.5);
	wave(losses_x(w, "s0"), N, 1);
	if (losses_at(w->row, "queue") >= 0)
		wave(losses_x(w, "queue"), K, 2);
	if (mixed)
		for (int i = 0; i < N; i++)
			losses_x(w, "mix_lambda")[i] = 0.9f - 0.1f * (float)i;
	if (losses_at(w->row, "label") >= 0)
		for (int i = 0; i < N; i++)
			losses_whole(w, "label")[i] = i % 2;
}

static void
slope_is(const char *field, double a, double b, double c, const char *what)
{
	const float *g = losses_grad(&l, field);

	ok(fabs((double)g[0] - a) < 1e-6 && fabs((double)g[1] - b) < 1e-6 &&
	    fabs((double)g[2] - c) < 1e-6, "%s: first gradient of %s", what,
	    field);
}

static void
known(void)
{
	waves(&l, "simclr", 0.5, false);
	is_near(losses_run(&l), 0.989937636, 1e-6, "pitfalls 16, 17: simclr");
	slope_is("z0", -0.044257262, -0.044061918, 0.014237697, "simclr");
	losses_end(&l);
	waves(&l, "npair", 0.2, false);
	is_near(losses_run(&l), 0.448964384, 1e-6, "npair");
	slope_is("z0", -0.028703872, -0.028577178, 0.009234124, "npair");
	slope_is("z1", -0.137416213, -0.094080036, 0.012958948, "npair");
	losses_end(&l);
	waves(&l, "npair", 0.2, true);
	is_near(losses_run(&l), 2.043867290, 2e-6, "npair, mixed");
	slope_is("z0", 0.008879897, 0.008840703, -0.002856690, "npair mixed");
	slope_is("z1", -0.081624229, -0.055882856, 0.007697521,
	    "npair mixed");
	losses_end(&l);
	waves(&l, "moco", 0.2, false);
	is_near(losses_run(&l), 0.933979213, 1e-6, "moco, 1+K logits");
	slope_is("q", 0.087596206, 0.087209571, -0.028179968, "moco");
	losses_end(&l);
	waves(&l, "moco", 0.2, true);
	is_near(losses_run(&l), 2.753144853, 2e-6, "pitfall 22: moco mixed, "
	    "N+K logits");
	slope_is("q", 0.108956833, 0.108475916, -0.035051748, "moco mixed");
	for (int i = 0; i < N; i++)
		losses_x(&l, "mix_lambda")[i] = 1;
	is_near(losses_run(&l), 1.158241947, 1e-6, "moco, N+K logits");
	losses_end(&l);
}

static void
known_others(void)
{
	waves(&l, "clsa", 0.2, false);
	is_near(losses_run(&l), 4.129336990, 3e-6, "pitfall 23: clsa");
	is_near(l.call.part[0], 1.158241947, 1e-6, "its contrast");
	is_near(l.call.part[1], 2.971095043, 3e-6, "its divergence");
	slope_is("s0", -0.195000445, -0.082768169, -0.018714002, "clsa");
	losses_end(&l);
	waves(&l, "supcon", 0.1, false);
	is_near(losses_run(&l), 11.728974213, 2e-5, "pitfall 18: supcon");
	slope_is("z0", 0.169126363, 0.168379868, -0.054408471, "supcon");
	losses_end(&l);
	losses_begin(&l, loss_find("suncet"), kernel, 2 * N, D, 1, false);
	l.call.options.temperature = 0.1;
	wave(losses_x(&l, "z"), N, 0);
	wave(losses_x(&l, "z") + N * D, N, 0.5);
	for (int i = 0; i < 2 * N; i++)
		losses_whole(&l, "label")[i] = i % 2;
	is_near(losses_run(&l), 0.617526052, 1e-6, "pitfall 18: suncet on "
	    "the same rows");
	slope_is("z", -0.051198055, -0.050972076, 0.016470572, "suncet");
	losses_end(&l);
}

/* Equal rows: nothing can be told from anything. */
static double
equal_rows(const char *name, size_t n, size_t keys, int classes)
{
	double loss;

	losses_begin(&l, loss_find(name), kernel, n, 8, keys, false);
	l.call.n_strong = 1;
	for (size_t f = 0; f < LOSS_FIELDS + 4; f++)
		for (size_t i = 0; i < 100 * 8; i++)
			l.x[f][i] = 0.25f * (float)(i % 8) - 1;
	for (size_t i = 0; i < n && classes > 0; i++)
		losses_whole(&l, "label")[i] = (int64_t)i % classes;
	loss = losses_run(&l);
	losses_end(&l);
	return loss;
}

static void
chance(void)
{
	is_near(equal_rows("simclr", 9, 1, 0), log(17), 1e-5, "pitfall 15: "
	    "simclr by chance, ln(2N-1)");
	is_near(equal_rows("npair", 9, 1, 0), log(9), 1e-5, "npair, ln N");
	is_near(equal_rows("moco", 9, 70, 0), log(71), 1e-5, "moco, "
	    "ln(1+K)");
	equal_rows("clsa", 9, 70, 0);
	is_near(l.call.part[1], log(79), 1e-5, "clsa's divergence, ln(N+K)");
	is_near(equal_rows("suncet", 12, 1, 3), log(11.0 / 3), 1e-5,
	    "suncet, ln((cn-1)/(n-1))");
}

/* 2N orthogonal rows: all similarities are 0, and the self's is not there. */
static void
orthogonal(void)
{
	losses_begin(&l, loss_find("simclr"), kernel, 4, 8, 1, false);
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 8; j++) {
			losses_x(&l, "z0")[i * 8 + j] = i == j ? 3 : 0;
			losses_x(&l, "z1")[i * 8 + j] = i + 4 == j ? 2 : 0;
		}
	is_near(losses_run(&l), log(7), 1e-6, "pitfall 16: orthogonal rows "
	    "give ln(2N-1)");
	losses_end(&l);
}

/* Two losses on the same numbers; `limit` of their gradients too. */
static void
alike(const char *a, const char *b, double limit, const char *what)
{
	const double first = losses_run(&l), second = losses_run(&m);
	double worst = 0;

	for (size_t i = 0; i < l.call.n * l.call.p; i++)
		worst = worse(worst, fabs((double)losses_grad(&l, a)[i] -
		    (double)losses_grad(&m, b)[i]));
	if (!ok(fabs(first - second) <= limit && worst <= limit, "%s", what))
		printf("# %.9g and %.9g, gradients %g apart\n", first, second,
		    worst);
	losses_end(&l);
	losses_end(&m);
}

static void
identities(void)
{
	waves(&l, "supcon", 0.3, false);
	waves(&m, "simclr", 0.3, false);
	for (int i = 0; i < N; i++)
		losses_whole(&l, "label")[i] = 10 * i;
	alike("z0", "z0", 1e-7, "supcon of distinct labels is simclr");
	losses_begin(&l, loss_find("suncet"), kernel, 2 * N, D, 1, false);
	waves(&m, "supcon", 0.3, false);
	l.call.options.temperature = 0.3;
	wave(losses_x(&l, "z"), N, 0);
	wave(losses_x(&l, "z") + N * D, N, 0.5);
	for (int i = 0; i < N; i++) {
		losses_whole(&l, "label")[i] = i;
		losses_whole(&l, "label")[N + i] = i;
		losses_whole(&m, "label")[i] = i;
	}
	{
		const double first = losses_run(&l), second = losses_run(&m);

		is_near(first, second, 1e-6, "suncet with one positive is "
		    "supcon with one");
		is_near((double)losses_grad(&l, "z")[1],
		    (double)losses_grad(&m, "z0")[1], 1e-6, "… in gradients");
	}
	losses_end(&l);
	losses_end(&m);
	waves(&l, "npair", 0.3, true);
	waves(&m, "npair", 0.3, false);
	for (int i = 0; i < N; i++)
		losses_x(&l, "mix_lambda")[i] = 1;
	alike("z1", "z1", 0, "pitfall 21: npair at lambda 1 is npair");
	waves(&l, "npair", 0.3, true);
	waves(&m, "npair", 0.3, false);
	for (int i = 0; i < N; i++)
		losses_whole(&l, "mix_index")[i] = i;
	alike("z0", "z0", 1e-7, "a partner that is oneself is no mixing");
}

/* Strong views that are the weak one. */
static void
divergence(void)
{
	double most = 0, entropy;

	waves(&l, "clsa", 0.2, false);
	wave(losses_x(&l, "s0"), N, 0);
	losses_run(&l);
	entropy = l.call.part[1];
	for (int i = 0; i < N * D; i++)
		most = worse(most, fabs((double)losses_grad(&l, "s0")[i]));
	is_near(most, 0, 1e-6, "clsa: a strong view that is the weak one has "
	    "no slope");
	wave(losses_x(&l, "s0"), N, 0.3);
	losses_run(&l);
	ok(l.call.part[1] > entropy, "… and the least divergence");
	losses_end(&l);
	/* Pitfall 37: views are added, not averaged. */
	waves(&l, "clsa", 0.2, false);
	losses_run(&l);
	entropy = l.call.part[1];
	l.call.n_strong = 2;
	wave(losses_x(&l, "s1"), N, 1);
	l.call.strong[1] = l.call.strong[0];
	l.call.strong[1].real = losses_x(&l, "s1");
	losses_run(&l);
	is_near(l.call.part[1], 2 * entropy, 1e-6, "pitfall 37: two strong "
	    "views alike double the divergence");
	losses_end(&l);
	/* Pitfall 23: tails that vanish. */
	waves(&l, "clsa", 0.2, false);
	l.call.options.strong_temperature = 0.01;
	ok(isfinite(losses_run(&l)), "pitfall 23: T2 = 0.01 stays finite");
	losses_end(&l);
}

/* Pitfall 6: what is a constant has no gradient at all. */
static void
constants(void)
{
	const struct loss *row;
	float slope[N * D];

	for (size_t i = 0; (row = loss_row(i)) != NULL; i++)
		for (size_t f = 0; f < row->n_fields; f++) {
			const char *name = row->fields[f].name;
			const bool constant = strcmp(name, "k") == 0 ||
			    strcmp(name, "queue") == 0 ||
			    (strcmp(row->name, "byol") == 0 &&
				name[0] == 'z');

			if (constant)
				ok(!row->fields[f].grad, "pitfall 6: %s has "
				    "no gradient by %s", row->name, name);
		}
	waves(&l, "clsa", 0.2, false);
	losses_run(&l);
	memcpy(slope, losses_grad(&l, "q"), sizeof(slope));
	l.call.options.strong_weight = 50;
	losses_run(&l);
	ok(memcmp(slope, losses_grad(&l, "q"), sizeof(slope)) == 0,
	    "pitfall 6: the divergence has no slope by the weak view");
	losses_end(&l);
}

/* Pitfall 19: unlabelled rows are not there. */
static void
unlabelled(const char *name, const char *const *fields, size_t n_fields)
{
	const size_t gone[] = { 1, 4, 8 }, n = 9, p = 5;
	double all, less, worst = 0;

	losses_begin(&l, loss_find(name), kernel, n, p, 1, false);
	losses_begin(&m, loss_find(name), kernel, n, p, 1, false);
	for (size_t i = 0; i < 3; i++)
		losses_whole(&l, "label")[gone[i]] = -1;
	for (size_t f = 0; f < n_fields; f++)
		for (size_t i = 0, to = 0; i < n; i++) {
			if (i == 1 || i == 4 || i == 8)
				continue;
			memcpy(losses_x(&m, fields[f]) + to * p,
			    losses_x(&l, fields[f]) + i * p,
			    p * sizeof(float));
			losses_whole(&m, "label")[to++] = (int64_t)i % 3;
		}
	m.call.n = 6;
	all = losses_run(&l);
	less = losses_run(&m);
	is_near(all, less, 1e-7, "pitfall 19: %s without the unlabelled rows",
	    name);
	for (size_t f = 0; f < n_fields; f++)
		for (size_t i = 0; i < 3; i++)
			for (size_t d = 0; d < p; d++)
				worst = worse(worst, fabs((double)losses_grad(
				    &l, fields[f])[gone[i] * p + d]));
	is_near(worst, 0, 0, "… which have no gradient");
	losses_end(&l);
	losses_end(&m);
}

/* Nobody to be held against. */
static void
nobody(void)
{
	losses_begin(&l, loss_find("suncet"), kernel, 5, 4, 1, false);
	for (int i = 0; i < 5; i++)
		losses_whole(&l, "label")[i] = i;
	is_near(losses_run(&l), 0, 0, "suncet: classes of one have no loss");
	losses_end(&l);
	losses_begin(&l, loss_find("supcon"), kernel, 5, 4, 1, false);
	for (int i = 0; i < 5; i++)
		losses_whole(&l, "label")[i] = -1;
	is_near(losses_run(&l), 0, 0, "supcon: no labels, no loss");
	losses_end(&l);
	losses_begin(&l, loss_find("npair"), kernel, 1, 4, 1, false);
	is_near(losses_run(&l), 0, 0, "npair: one sample has no rivals");
	losses_end(&l);
}

/* Scaling one row changes its gradient alone; turning all changes nothing. */
static void
invariants(const struct loss *row)
{
	const double turn[2] = { cos(0.7), sin(0.7) };
	double loss, scaled, turned;
	int first = -1;

	losses_begin(&l, row, kernel, 8, 6, 10, false);
	l.call.options.temperature = 0.3;
	loss = losses_run(&l);
	for (size_t f = 0; f < row->n_fields && first < 0; f++)
		first = row->fields[f].type == LOSS_EMBEDDING ? (int)f : -1;
	for (int j = 0; j < 6; j++)
		l.x[first][6 + j] *= 64;
	memcpy(m.grad[0], l.grad[first], sizeof(m.grad[0]));
	scaled = losses_run(&l);
	is_near(scaled, loss, 1e-7, "%s: a row's length does not matter",
	    row->name);
	is_near((double)l.grad[first][8] * 64 - (double)m.grad[0][8], 0, 1e-7,
	    "… but divides its gradient");
	for (size_t f = 0; f < LOSS_FIELDS + 4; f++)
		for (size_t i = 0; i < 10; i++) {
			float *x = &l.x[f][6 * i];
			const double a = (double)x[1], b = (double)x[4];

			if (f < row->n_fields &&
			    row->fields[f].type == LOSS_SHARE)
				continue;
			x[1] = (float)(turn[0] * a - turn[1] * b);
			x[4] = (float)(turn[1] * a + turn[0] * b);
		}
	turned = losses_run(&l);
	is_near(turned, loss, 2e-6, "%s: nor does a common rotation",
	    row->name);
	losses_end(&l);
}

/* Pitfall 36: rows that are the same vector, and its opposite, at a
 * temperature where exp(1/tau) is more than 32 bits hold. */
static void
sharp(const struct loss *row)
{
	bool finite = true;

	losses_begin(&l, row, kernel, 6, 4, 6, false);
	l.call.options.temperature = 0.01;
	for (size_t f = 0; f < LOSS_FIELDS + 4; f++)
		for (size_t i = 0; i < 6 * 4; i++)
			if (f >= row->n_fields ||
			    row->fields[f].type != LOSS_SHARE)
				l.x[f][i] = (float)(1 + i % 4) *
				    (i / 4 % 2 == 0 ? 1.0f : -1.0f);
	finite = isfinite(losses_run(&l));
	for (size_t f = 0; f < LOSS_FIELDS + 4; f++)
		for (size_t i = 0; i < 6 * 4; i++)
			finite &= isfinite(l.grad[f][i]);
	ok(finite, "pitfall 36: %s is finite at 0.01", row->name);
	/* i and j alike where i - j is even: simclr has 5 equals of 11. */
	if (strcmp(row->name, "simclr") == 0)
		is_near(l.call.loss, log(5), 1e-5, "… and what it must be");
	losses_end(&l);
}

/* The loss with one number of a field being `bad`; a finite one is wrong. */
static bool
poisons(const struct loss *row, size_t f, size_t at, float bad)
{
	bool told;

	losses_begin(&l, row, kernel, 6, 4, 6, false);
	l.call.n_strong = f >= LOSS_FIELDS ? 1 : l.call.n_strong;
	l.x[f][at] = bad;
	told = !isfinite(losses_run(&l));
	losses_end(&l);
	return told;
}

/* No loss hides what is no number, wherever it is. */
static void
poisoned(const struct loss *row)
{
	const bool strong = loss_reads(row, LOSS_STRONG);

	for (size_t f = 0; f < LOSS_FIELDS + (strong ? 1 : 0); f++) {
		const bool series = f == LOSS_FIELDS;
		bool told = true;

		if (!series && (f >= row->n_fields ||
		    (row->fields[f].type != LOSS_EMBEDDING &&
			row->fields[f].type != LOSS_QUEUE)))
			continue;
		for (size_t i = 0; i < 6 * 4; i++)
			told &= poisons(row, f, i, NAN) &&
			    poisons(row, f, i, INFINITY) &&
			    poisons(row, f, i, -INFINITY);
		ok(told, "%s is not finite where %s is not", row->name,
		    series ? "s0" : row->fields[f].name);
	}
}

/* loss_check_values and what it says. */
static void
refused(const char *want, const char *what)
{
	const int rc = loss_check_values(l.row, &l.call);

	if (!ok(rc == FAIL_FORMAT && strstr(fail_text(), want) != NULL,
	    "%s is refused by name", what))
		printf("# got %d: %s\n", rc, rc < 0 ? fail_text() : "");
	losses_end(&l);
}

static void
checks(void)
{
	losses_begin(&l, loss_find("supcon"), kernel, 5, 4, 1, false);
	ok(loss_check_values(l.row, &l.call) == 0, "sound values are taken");
	losses_x(&l, "z1")[4 * 3 + 2] = NAN;
	refused("z1: NaN in row 3, column 2", "NaN");
	losses_begin(&l, loss_find("supcon"), kernel, 5, 4, 1, false);
	for (int i = 0; i < 5; i++)
		losses_whole(&l, "label")[i] = -1;
	refused("label: no row has one", "a record without labels");
	losses_begin(&l, loss_find("suncet"), kernel, 5, 4, 1, false);
	for (int i = 0; i < 5; i++)
		losses_whole(&l, "label")[i] = i;
	refused("label: no two rows share one", "classes of one row each");
	losses_begin(&l, loss_find("suncet"), kernel, 5, 4, 1, false);
	losses_whole(&l, "label")[2] = -2;
	refused("label: -2 in row 2", "a label below -1");
	losses_begin(&l, loss_find("byol"), kernel, 5, 4, 1, true);
	losses_x(&l, "mix_lambda")[1] = NAN;
	refused("mix_lambda: nan in row 1", "a share of NaN");
	losses_begin(&l, loss_find("npair"), kernel, 5, 4, 1, true);
	losses_whole(&l, "mix_index")[4] = 5;
	refused("mix_index: 5 in row 4", "a place outside the record");
}

/* Options belong to losses as their rows say. */
static void
options(void)
{
	const struct loss *clsa = loss_find("clsa");

	for (size_t i = 0; loss_row(i) != NULL; i++)
		ok(loss_uses(loss_row(i), "temperature") ==
		    (loss_row(i)->temperature > 0), "%s: a temperature where "
		    "there is one by default", loss_row(i)->name);
	ok(loss_check_option(clsa, "strong-weight") == 0 &&
	    loss_check_option(clsa, "output") == 0, "clsa's options");
	is_int(loss_check_option(loss_find("byol"), "temperature"),
	    FAIL_USAGE, "byol's temperature");
	is_text(fail_text(), "--temperature: byol does not use it; methods "
	    "that do: clsa moco npair simclr suncet supcon",
	    "… with those that have one");
}

static void
refusals(void)
{
	losses_begin(&l, loss_find("moco"), kernel, 3, 3, 3, true);
	l.call.in[LOSS_MOCO_LAMBDA].real = NULL;
	ok(isnan(losses_run(&l)) && fail_last() == FAIL_FORMAT,
	    "mix_index without mix_lambda");
	losses_end(&l);
	losses_begin(&l, loss_find("simclr"), kernel, 3, 3, 3, false);
	l.call.options.temperature = 1e-9;
	ok(isnan(losses_run(&l)) && fail_last() == FAIL_USAGE,
	    "a temperature of nearly nothing");
	losses_end(&l);
}

int
main(void)
{
	static const char *const rows[] = { "z" };
	static const char *const views[] = { "z0", "z1" };
	struct pool *pool = pool_new(2);
	const struct loss *row;

	kernel = pool == NULL ? NULL : kernel_new(pool);
	if (kernel == NULL)
		return 1;
	known();
	known_others();
	chance();
	orthogonal();
	identities();
	divergence();
	constants();
	unlabelled("suncet", rows, 1);
	unlabelled("supcon", views, 2);
	nobody();
	for (size_t i = 0; (row = loss_row(i)) != NULL; i++) {
		invariants(row);
		sharp(row);
		poisoned(row);
	}
	checks();
	options();
	refusals();
	kernel_free(kernel);
	pool_free(pool);
	return tap_done();
}
