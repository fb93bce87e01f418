/* SPDX-License-Identifier: MIT */
/* i-Mix: its draws by Kolmogorov's test, its operators by the obvious loops,
 * and METHODS' pitfalls 20 and 21. */
#include "augment/mix.h"

#include <stdlib.h>

#include "base/rng.h"
#include "loss/loss.h"
#include "tap.h"
#include "view/mixer.h"

#define DRAWS 20000
/* Where the draws are right, 999 of 1000 seeds stay below. */
#define KOLMOGOROV (1.95 / sqrt(DRAWS))

static struct pool *pool;

static int
by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The largest distance of the draws' distribution from cdf. */
static double
distance(double *x, double (*cdf)(double))
{
	double most = 0;

	qsort(x, DRAWS, sizeof(*x), by_size);
	for (size_t i = 0; i < DRAWS; i++) {
		const double want = cdf(x[i]);

		most = worse(most, fabs(want - (double)i / DRAWS));
		most = worse(most, fabs(want - (double)(i + 1) / DRAWS));
	}
	return most;
}

static double
gamma_half(double x)
{
	return erf(sqrt(x));
}

static double
gamma_one(double x)
{
	return 1 - exp(-x);
}

static double
gamma_two(double x)
{
	return 1 - exp(-x) * (1 + x);
}

/* Shape 10: one less the chance of nine events or fewer. */
static double
gamma_ten(double x)
{
	double term = exp(-x), sum = 0;

	for (int i = 0; i < 10; i++) {
		sum += term;
		term *= x / (i + 1);
	}
	return 1 - sum;
}

static double
beta_half(double x)
{
	return 2 / 3.141592653589793 * asin(sqrt(x));
}

static double
beta_one(double x)
{
	return x;
}

static double
beta_two(double x)
{
	return x * x * (3 - 2 * x);
}

/* One of three shares of Dirichlet(1, 1, 1) is Beta(1, 2). */
static double
beta_one_two(double x)
{
	return 1 - (1 - x) * (1 - x);
}

static void
test_draws(void)
{
	static const struct {
		double shape;
		double (*cdf)(double);
	} gammas[] = { { 0.5, gamma_half }, { 1, gamma_one },
		{ 2, gamma_two }, { 10, gamma_ten } },
	    betas[] = { { 0.5, beta_half }, { 1, beta_one },
		{ 2, beta_two } };
	static double x[DRAWS];
	double share[3], worst = 0;

	for (size_t g = 0; g < 4; g++) {
		struct rng r = rng_at(1, 0, g, 0, 99);

		for (size_t i = 0; i < DRAWS; i++)
			x[i] = exp(rng_log_gamma(&r, gammas[g].shape));
		ok(distance(x, gammas[g].cdf) < KOLMOGOROV,
		    "Gamma(%g) by Kolmogorov", gammas[g].shape);
	}
	for (size_t b = 0; b < 3; b++) {
		struct rng r = rng_at(2, 0, b, 0, 99);

		for (size_t i = 0; i < DRAWS; i++)
			x[i] = rng_beta(&r, betas[b].shape, betas[b].shape);
		ok(distance(x, betas[b].cdf) < KOLMOGOROV,
		    "Beta(%g, %g) by Kolmogorov", betas[b].shape,
		    betas[b].shape);
	}
	for (size_t i = 0; i < DRAWS; i++) {
		struct rng r = rng_at(3, 0, i, 0, 99);

		rng_dirichlet(&r, 1, share, 3);
		x[i] = share[i % 3];
		worst = worse(worst, fabs(share[0] + share[1] + share[2] - 1));
	}
	ok(distance(x, beta_one_two) < KOLMOGOROV,
	    "a share of Dirichlet(1, 1, 1) by Kolmogorov");
	is_near(worst, 0, 1e-15, "… which sum to 1");
}

/* So small that a draw of Gamma would be 0 in a double. */
static void
test_small_alpha(void)
{
	struct rng r = rng_at(4, 0, 0, 0, 99);
	bool right = true;
	size_t edge = 0;

	for (size_t i = 0; i < 1000; i++) {
		const double x = rng_beta(&r, 1e-3, 1e-3);

		right = right && x >= 0 && x <= 1;
		edge += x < 1e-6 || x > 1 - 1e-6;
	}
	ok(right, "Beta(0.001, 0.001) is a share");
	ok(edge > 950, "… and nearly always all or nothing");
}

/* Pitfall 20: one lambda for the whole batch in mixup, lambda not folded to
 * 1/2 and above, CutMix's lambda not recomputed. */
static void
pitfall_20(void)
{
	static float share[10000];
	struct mix_key key = { .seed = 5 };
	struct mix_box box;
	double mean = 0, least = 1;
	size_t equal = 0;

	for (key.step = 0; key.step < 10; key.step++)
		mix_shares(share + 1000 * key.step, 1000, 1, true, key);
	for (size_t i = 0; i < 10000; i++) {
		mean += share[i] / 10000;
		if (!(share[i] >= least))
			least = share[i];
		equal += i > 0 && share[i] == share[i - 1];
	}
	is_near(mean, 0.75, 0.005, "pitfall 20: the mean share is 3/4");
	ok(least >= 0.5, "pitfall 20: none is below 1/2");
	ok(equal < 5, "pitfall 20: each row has its own");
	is_near(mix_cut(&box, 0.64, 32, 32, 16, 16), 0.68359375, 0,
	    "pitfall 20: CutMix's share is that of the pixels");
	ok(box.bottom - box.top == 18 && box.right - box.left == 18,
	    "pitfall 20: … a box of 18x18");
	is_near(mix_cut(&box, 0.64, 32, 32, 0, 0), 1 - 81.0 / 1024, 0,
	    "pitfall 20: … also where it is cut off, in the corner");
	ok(box.top == 0 && box.bottom == 9 && box.left == 0
	    && box.right == 9, "pitfall 20: … to 9x9");
	mix_shares(share, 10000, 1, false, key);
	for (size_t i = 0; i < 10000; i++)
		if (!(share[i] >= least))
			least = share[i];
	ok(least < 0.01, "unfolded where asked for");
}

/* A record of two views of n pictures of 6x4, and its numbers again. */
struct pictures {
	struct rec rec;
	uint8_t *view[2];
	size_t n;
};

#define PIXELS ((size_t)6 * 4 * 3)

static void
begin(struct pictures *p, size_t n, int64_t step)
{
	const size_t shape[] = { n, 6, 4, 3 };
	struct rng r = rng_at(6, 0, n, 0, 99);
	void *data;

	rec_clear(&p->rec);
	p->n = n;
	for (int v = 0; v < 2; v++) {
		p->view[v] = realloc(p->view[v], n * PIXELS);
		for (size_t i = 0; i < n * PIXELS; i++)
			p->view[v][i] = (uint8_t)rng_below(&r, 256);
		if (rec_add_tensor(&p->rec, v == 0 ? "view0" : "view1",
		    DTYPE_U1, 4, shape, &data) < 0)
			abort();
		memcpy(data, p->view[v], n * PIXELS);
	}
	if (rec_add(&p->rec, "step", value_int(step)) < 0)
		abort();
}

static void
end(struct pictures *p)
{
	rec_free(&p->rec);
	free(p->view[0]);
	free(p->view[1]);
}

static const void *
field(const struct pictures *p, const char *name)
{
	return rec_find(&p->rec, name)->tensor->data;
}

static struct mixer
how(enum mixer_mode mode, int view)
{
	return (struct mixer){ .mode = mode, .alpha = 1, .fold = true,
		.partners = 1, .view = view, .seed = 3 };
}

/* Row i of the view is share x + (1 - share) x[index[i]], as is written. */
static bool
is_mixed(const struct pictures *p)
{
	const float *y = field(p, "view0"), *share = field(p, "mix_lambda");
	const int64_t *index = field(p, "mix_index");
	bool right = true;

	for (size_t i = 0; i < p->n; i++)
		for (size_t j = 0; j < PIXELS; j++)
			right = right && fabs(y[i * PIXELS + j]
			    - ((double)share[i] * p->view[0][i * PIXELS + j]
			    + (1 - (double)share[i]) * p->view[0][
			    (size_t)index[i] * PIXELS + j])) < 1e-4;
	return right;
}

/* Pitfall 20, where one share for a record is asked for: the first row's, of
 * all rows, and other records have others. */
static void
one_share(void)
{
	struct mixer m = how(MIXER_UP, 0);
	struct pictures p = { 0 };
	float first, other;
	const float *share;
	size_t unequal = 0;

	begin(&p, 50, 7);
	if (mixer_apply(&m, &p.rec, 0, pool) < 0)
		abort();
	share = field(&p, "mix_lambda");
	first = share[0];
	ok(share[49] != first, "pitfall 20: a share for each sample, unless");
	m.one_share = true;
	begin(&p, 50, 7);
	is_int(mixer_apply(&m, &p.rec, 0, pool), 0, "… a record has one");
	share = field(&p, "mix_lambda");
	for (size_t i = 0; i < 50; i++)
		unequal += share[i] != first;
	is_int((long long)unequal, 0, "… which is the first sample's");
	ok(first >= 0.5f && first < 1 && is_mixed(&p), "… by which all are "
	    "mixed");
	begin(&p, 50, 8);
	if (mixer_apply(&m, &p.rec, 0, pool) < 0)
		abort();
	other = ((const float *)field(&p, "mix_lambda"))[0];
	ok(other != first, "… and the next record has another");
	end(&p);
}

/* InputMix of two views, all 0 and all 200: with one set of shares a row is
 * 0, or what partners of the other view have by their shares. */
static void
one_set_of_shares(void)
{
	struct mixer m = how(MIXER_INPUT, -1);
	struct pictures p = { 0 };
	size_t distinct[2] = { 0 };

	m.partners = 1;
	for (int one = 0; one < 2; one++) {
		const float *y;
		float seen = 0;

		m.one_share = one == 1;
		begin(&p, 50, 0);
		memset(rec_find(&p.rec, "view0")->tensor->data, 0,
		    50 * PIXELS);
		memset(rec_find(&p.rec, "view1")->tensor->data, 200,
		    50 * PIXELS);
		if (mixer_apply(&m, &p.rec, 0, pool) < 0)
			abort();
		y = field(&p, "view0");
		for (size_t i = 0; i < 50; i++) {
			const float got = y[i * PIXELS];

			distinct[one] += got != 0 && got != seen;
			seen = got != 0 ? got : seen;
		}
	}
	ok(distinct[0] > 10, "InputMix: many shares");
	is_int((long long)distinct[1], 1, "… or one for the record");
	end(&p);
}

static double
loss_with(const struct pictures *p, const int64_t *index, const float *share)
{
	const float *y = field(p, "view0");

	return loss_byol_direction(p->n, PIXELS, y, y + 5, index, share,
	    NULL);
}

/* Pitfall 21: partners counted in the device or the data set, not in the
 * record; both views mixed. */
static void
pitfall_21(void)
{
	struct mixer m = how(MIXER_UP, 0);
	struct pictures p = { 0 };
	bool seen[50] = { false };
	const int64_t *index;
	float *ones, *y;
	size_t wrong = 0, moved = 0;

	begin(&p, 50, 7);
	is_int(mixer_apply(&m, &p.rec, 0, pool), 0, "a record is mixed");
	index = field(&p, "mix_index");
	for (size_t i = 0; i < 50; i++) {
		if (index[i] < 0 || index[i] >= 50 || seen[index[i]])
			wrong++;
		else
			seen[index[i]] = true;
		moved += index[i] != (int64_t)i;
	}
	is_int((long long)wrong, 0, "pitfall 21: partners are a permutation");
	ok(moved > 40, "pitfall 21: … and not the same rows");
	ok(is_mixed(&p), "pitfall 21: … of this record's rows");
	ok(memcmp(field(&p, "view1"), p.view[1], 50 * PIXELS) == 0
	    && rec_find(&p.rec, "view1")->tensor->dtype == DTYPE_U1,
	    "pitfall 21: the other view keeps its bytes");

	/* lambda = 1: what a share of 1 leaves is the row itself. */
	ones = malloc(50 * sizeof(*ones));
	y = malloc(PIXELS * sizeof(*y));
	for (size_t i = 0; i < 50; i++)
		ones[i] = 1;
	mix_add_bytes(y, p.view[0], 1, PIXELS, false);
	mix_add_bytes(y, p.view[0] + PIXELS, 0, PIXELS, true);
	wrong = 0;
	for (size_t j = 0; j < PIXELS; j++)
		wrong += y[j] != p.view[0][j];
	is_int((long long)wrong, 0, "pitfall 21: a share of 1 changes nothing");
	ok(loss_with(&p, index, ones) == loss_with(&p, NULL, NULL),
	    "pitfall 21: … nor the loss, to the last bit");
	free(ones);
	free(y);
	end(&p);
}

static void
test_cutmix(void)
{
	struct mixer m = how(MIXER_CUT, 0);
	struct pictures p = { 0 };
	size_t wrong = 0, pasted = 0;
	const int64_t *index;
	const float *y, *share;

	begin(&p, 20, 3);
	is_int(mixer_apply(&m, &p.rec, 0, pool), 0, "CutMix");
	y = field(&p, "view0");
	share = field(&p, "mix_lambda");
	index = field(&p, "mix_index");
	for (size_t i = 0; i < 20; i++)
		for (size_t j = 0; j < PIXELS; j++) {
			const size_t at = i * PIXELS + j;
			const uint8_t own = p.view[0][at];
			const uint8_t other = p.view[0][
			    (size_t)index[i] * PIXELS + j];

			wrong += y[at] != own && y[at] != other;
			pasted += index[i] != (int64_t)i && own != other
			    && y[at] == other;
		}
	is_int((long long)wrong, 0, "… takes pixels, and blends none");
	ok(pasted > 0, "… some of the partner's");
	ok(share[0] == share[19] && share[0] >= 0.5f && share[0] < 1,
	    "… one box and one share for the batch");
	end(&p);
}

/* Two views as one batch: shares at least 1/2, partners of either view. */
static void
test_inputmix(size_t partners)
{
	const size_t n = 2000;
	struct mix_key key = { .seed = 9 };
	size_t *index = malloc(partners * n * sizeof(*index)), wrong = 0;
	float *w = malloc(n * (1 + partners) * sizeof(*w));
	double mean = 0, worst = 0;

	mix_draw_input(index, w, n, partners, 1, true, key);
	for (size_t i = 0; i < n; i++) {
		double sum = 0;

		for (size_t a = 0; a <= partners; a++)
			sum += w[i * (1 + partners) + a];
		wrong += w[i * (1 + partners)] < 0.5f;
		worst = worse(worst, fabs(sum - 1));
		mean += w[i * (1 + partners)] / (double)n;
	}
	is_int((long long)wrong, 0, "%zu partners: a row's own share is 1/2 "
	    "or more", partners);
	is_near(worst, 0, 1e-6, "… and all sum to 1");
	/* Folded Beta(1, 1): 3/4; else 1/2 + 1/2 of 1 / (1 + partners). */
	is_near(mean, partners == 1 ? 0.75 : 0.5 + 0.5
	    / (double)(1 + partners), 0.01, "… their mean as it should be");
	free(index);
	free(w);
}

static void
test_inputmix_views(void)
{
	struct mixer m = how(MIXER_INPUT, -1);
	struct pictures p = { 0 };
	const float *y;
	double least = 255, most = 0;

	m.partners = 2;
	begin(&p, 10, 0);
	memset(p.view[0], 0, 10 * PIXELS);
	memset(rec_find(&p.rec, "view0")->tensor->data, 0, 10 * PIXELS);
	memset(rec_find(&p.rec, "view1")->tensor->data, 200, 10 * PIXELS);
	is_int(mixer_apply(&m, &p.rec, 0, pool), 0, "InputMix of two views");
	ok(rec_find(&p.rec, "mix_index") == NULL
	    && rec_find(&p.rec, "mix_lambda") == NULL, "… leaves labels");
	y = field(&p, "view0");
	for (size_t i = 0; i < 10 * PIXELS; i++)
		most = worse(most, y[i]);
	y = field(&p, "view1");
	for (size_t i = 0; i < 10 * PIXELS; i++)
		if (!(y[i] >= least))
			least = y[i];
	ok(most > 0 && most <= 100, "… view 0 has some of view 1, not half");
	ok(least < 200 && least >= 99.99, "… and view 1 of view 0");
	m.mode = MIXER_UP;
	m.view = 1;
	is_int(mixer_apply(&m, &p.rec, 0, pool), 0, "i-Mix comes after");
	is_int(mixer_apply(&m, &p.rec, 0, pool), FAIL_FORMAT, "… once");
	end(&p);
}

static void
test_numbers(void)
{
	static const size_t flat[] = { 5, 7 }, deep[] = { 5, 8, 6 };
	struct mixer m = how(MIXER_UP, 0);
	struct rec rec = { 0 };
	void *x;

	if (rec_add_tensor(&rec, "view0", DTYPE_F4, 2, flat, &x) < 0)
		abort();
	memset(x, 0, 35 * sizeof(float));
	is_int(mixer_apply(&m, &rec, 0, pool), 0, "rows of numbers");
	m.mode = MIXER_CUT;
	rec_remove(&rec, "mix_index");
	rec_remove(&rec, "mix_lambda");
	is_int(mixer_apply(&m, &rec, 0, pool), FAIL_USAGE,
	    "… have no box to cut");
	if (rec_add_tensor(&rec, "view0", DTYPE_F4, 3, deep, &x) < 0)
		abort();
	memset(x, 0, 240 * sizeof(float));
	is_int(mixer_apply(&m, &rec, 0, pool), 0, "a spectrogram has one");
	m.view = 1;
	rec_remove(&rec, "mix_index");
	rec_remove(&rec, "mix_lambda");
	is_int(mixer_apply(&m, &rec, 0, pool), FAIL_FORMAT, "no such view");
	rec_free(&rec);
}

static void
test_key(void)
{
	struct mix_key key = { .seed = 1, .epoch = 2, .step = 3, .view = 0 };
	struct mix_key other = key;
	float a[50], b[50];

	mix_shares(a, 50, 1, true, key);
	mix_shares(b, 50, 1, true, other);
	ok(memcmp(a, b, sizeof(a)) == 0, "the same key, the same shares");
	other.step++;
	mix_shares(b, 50, 1, true, other);
	ok(memcmp(a, b, sizeof(a)) != 0, "another step, others");
	other = key;
	other.epoch++;
	mix_shares(b, 50, 1, true, other);
	ok(memcmp(a, b, sizeof(a)) != 0, "another epoch, others");
	other = key;
	other.view++;
	mix_shares(b, 50, 1, true, other);
	ok(memcmp(a, b, sizeof(a)) != 0, "another view, others");
}

int
main(void)
{
	pool = pool_new(2);
	test_draws();
	test_small_alpha();
	pitfall_20();
	one_share();
	one_set_of_shares();
	pitfall_21();
	test_cutmix();
	test_inputmix(1);
	test_inputmix(2);
	test_inputmix(5);
	test_inputmix_views();
	test_numbers();
	test_key();
	pool_free(pool);
	return tap_done();
}
