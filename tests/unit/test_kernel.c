/* SPDX-License-Identifier: MIT */
/* Every operation of lib/kernel against the slow obvious version, in double,
 * for each instruction set this processor has and for 1 and 3 threads. */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "kernel/kernel.h"
#include "tap.h"

static struct rng rng;

static float *
numbers(size_t n)
{
	float *x = malloc((n > 0 ? n : 1) * sizeof(*x));

	if (x == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		x[i] = (float)rng_between(&rng, -1, 1);
	return x;
}

/* Largest |a - b| over the largest |b|. */
static double
distance(const float *a, const double *b, size_t n)
{
	double error = 0, scale = 1e-30;

	for (size_t i = 0; i < n; i++) {
		const double e = fabs((double)a[i] - b[i]);

		error = e > error || isnan(e) ? e : error;
		scale = fabs(b[i]) > scale ? fabs(b[i]) : scale;
	}
	return error / scale;
}

/* The definition: y, and what dy sends back to x and w. */
static void
slow_conv(double *y, double *dx, double *dw, const float *x, const float *w,
    const float *dy, const struct conv *s)
{
	const int rows = conv_extent(s, s->h), columns = conv_extent(s, s->w);
	size_t at = 0;

	for (int n = 0; n < s->n; n++)
	for (int r = 0; r < rows; r++)
	for (int q = 0; q < columns; q++)
	for (int o = 0; o < s->o; o++, at++) {
		y[at] = 0;
		for (int c = 0; c < s->c; c++)
		for (int i = 0; i < s->size * s->size; i++) {
			const int h = r * s->stride - s->pad + i / s->size;
			const int v = q * s->stride - s->pad + i % s->size;
			const size_t from = (size_t)(((n * s->h + h) * s->w
			    + v) * s->c + c);
			const size_t weight = (size_t)((o * s->c + c)
			    * s->size * s->size + i);

			if (h < 0 || h >= s->h || v < 0 || v >= s->w)
				continue;
			y[at] += (double)x[from] * (double)w[weight];
			dx[from] += (double)dy[at] * (double)w[weight];
			dw[weight] += (double)dy[at] * (double)x[from];
		}
	}
}

static void
check_conv(struct kernel *k, struct conv s, double worst[3])
{
	const size_t nx = (size_t)s.n * (size_t)s.h * (size_t)s.w
	    * (size_t)s.c;
	const size_t ny = (size_t)s.n * (size_t)conv_extent(&s, s.h)
	    * (size_t)conv_extent(&s, s.w) * (size_t)s.o;
	const size_t nw = (size_t)s.o * (size_t)s.c * (size_t)s.size
	    * (size_t)s.size;
	float *x = numbers(nx), *w = numbers(nw), *dy = numbers(ny);
	float *y = numbers(ny), *dx = numbers(nx), *dw = calloc(nw, 4);
	double *yy = calloc(ny, 8), *dxx = calloc(nx, 8), *dww = calloc(nw, 8);
	double e[3];

	if (kernel_conv_reserve(k, &s, true) < 0 || dw == NULL || yy == NULL
	    || dxx == NULL || dww == NULL)
		abort();
	slow_conv(yy, dxx, dww, x, w, dy, &s);
	kernel_conv_forward(k, y, x, w, &s);
	kernel_conv_backward_data(k, dx, dy, w, &s, false);
	kernel_conv_backward_data(k, dx, dy, w, &s, true);
	kernel_conv_backward_weight(k, dw, x, dy, &s);
	kernel_conv_backward_weight(k, dw, x, dy, &s);
	for (size_t i = 0; i < nx; i++)
		dxx[i] *= 2;
	for (size_t i = 0; i < nw; i++)
		dww[i] *= 2;
	e[0] = distance(y, yy, ny);
	e[1] = distance(dx, dxx, nx);
	e[2] = distance(dw, dww, nw);
	for (int i = 0; i < 3; i++)
		worst[i] = e[i] > worst[i] || isnan(e[i]) ? e[i] : worst[i];
	free(x);
	free(w);
	free(dy);
	free(y);
	free(dx);
	free(dw);
	free(yy);
	free(dxx);
	free(dww);
}

static void
test_conv(struct kernel *k, const char *name)
{
	static const int extents[] = { 1, 3, 5, 7, 17 };
	static const int channels[] = { 1, 3, 5, 64, 65 };
	static const int kinds[][3] = { { 1, 1, 0 }, { 1, 2, 0 }, { 3, 1, 1 },
		{ 3, 2, 1 }, { 7, 2, 3 } };

	for (int kind = 0; kind < 5; kind++) {
		double worst[3] = { 0 };

		for (int i = 0; i < 5; i++)
			for (int c = 0; c < 5; c++)
				check_conv(k, (struct conv){
				    .n = i % 2 == 0 ? 1 : 3, .h = extents[i],
				    .w = extents[(i + c) % 5],
				    .c = channels[c],
				    .o = channels[(2 * c + i) % 5],
				    .size = kinds[kind][0],
				    .stride = kinds[kind][1],
				    .pad = kinds[kind][2] }, worst);
		ok(worst[0] < 2e-6 && worst[1] < 2e-6 && worst[2] < 2e-6,
		    "%s: conv %dx%d stride %d: forward %.2g, data %.2g, "
		    "weight %.2g", name, kinds[kind][0], kinds[kind][0],
		    kinds[kind][1], worst[0], worst[1], worst[2]);
	}
}

/* Shapes that winograd.h takes; its sums lose digits, so a wider limit. */
static void
test_winograd(struct kernel *k, const char *name)
{
	static const struct conv shapes[] = {
		{ 1, 3, 3, 16, 16, 3, 1, 1 }, { 3, 5, 7, 32, 48, 3, 1, 1 },
		{ 2, 17, 4, 64, 16, 3, 1, 1 },
		{ 1, 17, 17, 64, 64, 3, 1, 1 }, { 3, 7, 7, 64, 64, 3, 1, 1 },
		{ 3, 5, 3, 64, 64, 3, 1, 1 }, { 1, 5, 5, 128, 128, 3, 1, 1 }, { 70, 4, 4, 16, 80, 3, 1, 1 },
		{ 1, 8, 8, 192, 256, 3, 1, 1 }, { 3, 31, 33, 16, 32, 3, 1, 1 }
	};
	double worst[3] = { 0 };

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		check_conv(k, shapes[i], worst);
	ok(worst[0] < 1e-5 && worst[1] < 1e-5 && worst[2] < 1e-5,
	    "%s: Winograd: forward %.2g, data %.2g, weight %.2g of the "
	    "scale", name, worst[0], worst[1], worst[2]);
}

static double
apart(const float *a, const float *b, size_t n)
{
	double *d = calloc(n, sizeof(*d)), worst;

	for (size_t i = 0; i < n; i++)
		d[i] = (double)b[i];
	worst = distance(a, d, n);
	free(d);
	return worst;
}

/* A convolution with its epilogue against the convolution and then the pass
 * over its result. */
static void
check_epilogue(struct kernel *k, const struct conv *s, double worst[2])
{
	const size_t rows = (size_t)s->n * (size_t)conv_extent(s, s->h)
	    * (size_t)conv_extent(s, s->w), c = (size_t)s->o, n = rows * c;
	const struct norm norm = { rows, s->o, 1e-5f, true };
	float *x = numbers((size_t)s->n * (size_t)s->h * (size_t)s->w
	    * (size_t)s->c);
	float *w = numbers(c * (size_t)s->c * (size_t)s->size
	    * (size_t)s->size);
	float *y = numbers(n), *z = numbers(n), *residual = numbers(n);
	float *found = numbers(2 * c), *want = numbers(2 * c);
	float *scale = numbers(c), *shift = numbers(c), *var = numbers(c);

	for (size_t i = 0; i < c; i++)
		var[i] += 1.5f;
	if (kernel_conv_reserve(k, s, false) < 0)
		abort();
	kernel_conv_forward(k, y, x, w, s);
	kernel_norm_measure(k, want, want + c, y, &norm);
	kernel_conv_forward_moments(k, z, found, found + c, norm.epsilon, x,
	    w, s);
	worst[0] = worse(worst[0], apart(found, want, c));
	worst[0] = worse(worst[0], apart(found + c, want + c, c));
	worst[0] = worse(worst[0], apart(z, y, n));
	kernel_norm_infer(k, y, y, scale, shift, want, var, residual, &norm);
	kernel_conv_infer(k, z, x, w, s, scale, shift, want, var, residual,
	    &norm);
	worst[1] = worse(worst[1], apart(z, y, n));
	free(x);
	free(w);
	free(y);
	free(z);
	free(residual);
	free(found);
	free(want);
	free(scale);
	free(shift);
	free(var);
}

static void
test_epilogues(struct kernel *k, const char *name)
{
	static const struct conv shapes[] = {
		{ 3, 7, 5, 3, 16, 3, 1, 1 }, { 2, 9, 9, 16, 65, 3, 2, 1 },
		{ 3, 17, 17, 16, 16, 3, 1, 1 }, { 1, 7, 7, 64, 48, 3, 1, 1 },
		{ 9, 5, 6, 128, 144, 3, 1, 1 }, { 3, 5, 5, 65, 5, 1, 1, 0 }
	};
	double worst[2] = { 0 };

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		check_epilogue(k, &shapes[i], worst);
	ok(worst[0] < 1e-5 && worst[1] < 1e-6, "%s: in a convolution's "
	    "epilogue: statistics %.2g, norm %.2g", name, worst[0], worst[1]);
}

/* A whole batch norm in double, through its ReLU and residual. */
static void
test_norm(struct kernel *k, const char *name, size_t rows, int channels,
    bool relu, bool add)
{
	const size_t c = (size_t)channels, n = rows * c;
	const struct norm s = { rows, channels, 1e-5f, relu };
	float *x = numbers(n), *scale = numbers(c), *shift = numbers(c);
	float *residual = numbers(n), *dy = numbers(n), *y = numbers(n);
	float *dx = numbers(n), *dr = numbers(n), *mean = numbers(c);
	float *inv = numbers(c), *d_scale = calloc(c, 4);
	float *d_shift = calloc(c, 4);
	double *yy = calloc(n, 8), *dxx = calloc(n, 8), *drr = calloc(n, 8);
	double *dsc = calloc(c, 8), *dsh = calloc(c, 8);
	double e[5];

	for (size_t i = 0; i < n; i++)
		x[i] += (float)(i % c % 8);	/* means far from zero */
	if (kernel_norm_reserve(k, &s) < 0)
		abort();
	kernel_norm_forward(k, y, mean, inv, x, scale, shift,
	    add ? residual : NULL, &s);
	kernel_norm_backward(k, dx, dr, d_scale, d_shift, dy, x,
	    relu && add ? y : NULL, scale, shift, mean, inv, &s);
	for (size_t j = 0; j < c; j++) {
		double m = 0, v = 0, g = 0, gh = 0;

		for (size_t i = j; i < n; i += c)
			m += (double)x[i] / (double)rows;
		for (size_t i = j; i < n; i += c)
			v += ((double)x[i] - m) * ((double)x[i] - m)
			    / (double)rows;
		v = 1 / sqrt(v + (double)s.epsilon);
		for (size_t i = j; i < n; i += c) {
			yy[i] = ((double)x[i] - m) * v * (double)scale[j]
			    + (double)shift[j]
			    + (add ? (double)residual[i] : 0);
			yy[i] = relu && yy[i] < 0 ? 0 : yy[i];
			drr[i] = !relu || y[i] > 0 ? (double)dy[i] : 0;
			g += drr[i];
			gh += drr[i] * ((double)x[i] - m) * v;
		}
		dsh[j] = g;
		dsc[j] = gh;
		for (size_t i = j; i < n; i += c)
			dxx[i] = (double)scale[j] * v * (drr[i]
			    - g / (double)rows - ((double)x[i] - m) * v * gh
			    / (double)rows);
	}
	e[0] = distance(y, yy, n);
	e[1] = rows > 1 ? distance(dx, dxx, n) : 0;
	e[2] = distance(dr, drr, n);
	e[3] = rows > 1 ? distance(d_scale, dsc, c) : 0;
	e[4] = distance(d_shift, dsh, c);
	ok(e[0] < 1e-5 && e[1] < 1e-5 && e[2] == 0 && e[3] < 1e-5
	    && e[4] < 1e-5, "%s: norm %zux%d relu %d add %d: %.2g %.2g %.2g "
	    "%.2g %.2g", name, rows, channels, relu, add, e[0], e[1], e[2],
	    e[3], e[4]);
	free(x);
	free(scale);
	free(shift);
	free(residual);
	free(dy);
	free(y);
	free(dx);
	free(dr);
	free(mean);
	free(inv);
	free(d_scale);
	free(d_shift);
	free(yy);
	free(dxx);
	free(drr);
	free(dsc);
	free(dsh);
}

/* METHODS: the column 1,2,3,4 normalises with 1.25 and is kept as 1.6667. */
static void
test_running(struct kernel *k, const char *name)
{
	const struct norm s = { 4, 1, 1e-5f, false };
	const float x[4] = { 1, 2, 3, 4 }, one = 1, zero = 0;
	float y[4], mean, inv, running_mean = 0, running_var = 1;

	if (kernel_norm_reserve(k, &s) < 0)
		abort();
	kernel_norm_forward(k, y, &mean, &inv, x, &one, &zero, NULL, &s);
	kernel_norm_track(k, &running_mean, &running_var, &mean, &inv, 0.1f,
	    &s);
	ok(fabs((double)running_mean - 0.25) < 1e-6
	    && fabs((double)running_var - 1.0666667) < 1e-6
	    && fabs((double)y[3] - 1.5 / sqrt(1.25 + 1e-5)) < 1e-6,
	    "%s: running mean %g, variance %g", name, (double)running_mean,
	    (double)running_var);
}

static void
test_maxpool(struct kernel *k, const char *name)
{
	const struct conv s = { .n = 2, .h = 5, .w = 6, .c = 3, .o = 3,
		.size = 3, .stride = 2, .pad = 1 };
	const int rows = conv_extent(&s, s.h), columns = conv_extent(&s, s.w);
	const size_t nx = 2 * 5 * 6 * 3;
	const size_t ny = 2 * (size_t)rows * (size_t)columns * 3;
	float *x = numbers(nx), *dy = numbers(ny), *y = numbers(ny);
	float *dx = numbers(nx);
	double *dxx = calloc(nx, 8);
	uint8_t *which = calloc(ny, 1);
	bool same = true;
	size_t at = 0;

	for (size_t i = 0; i < nx; i++)
		x[i] -= 2;		/* padding would win if it counted */
	kernel_maxpool_forward(k, y, which, x, &s);
	kernel_maxpool_backward(k, dx, dy, which, &s);
	for (int n = 0; n < 2; n++)
	for (int r = 0; r < rows; r++)
	for (int q = 0; q < columns; q++)
	for (int c = 0; c < 3; c++, at++) {
		size_t best = nx;

		for (int i = 0; i < 9; i++) {
			const int h = 2 * r - 1 + i / 3, w = 2 * q - 1 + i % 3;
			const size_t from = (size_t)(((n * 5 + h) * 6 + w) * 3
			    + c);

			if (h >= 0 && h < 5 && w >= 0 && w < 6
			    && (best == nx || x[from] > x[best]))
				best = from;
		}
		same = same && y[at] == x[best];
		dxx[best] += (double)dy[at];
	}
	ok(same && distance(dx, dxx, nx) < 1e-6, "%s: max-pooling", name);
	free(x);
	free(dy);
	free(y);
	free(dx);
	free(dxx);
	free(which);
}

static void
test_product(struct kernel *k, const char *name)
{
	const size_t m = 130, n = 515, d = 37;
	float *a = numbers(m * d), *b = numbers(d * n), *c = numbers(m * n);
	double *cc = calloc(m * n, 8), worst = 0;

	for (int way = 0; way < 8; way++) {
		const struct product p = { m, n, d, way & 1, way & 2,
			way & 4 };

		for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++) {
			double sum = p.accumulate ? (double)c[i * n + j] : 0;

			for (size_t l = 0; l < d; l++)
				sum += (double)a[p.transpose_a ? l * m + i
				    : i * d + l]
				    * (double)b[p.transpose_b ? j * d + l
				    : l * n + j];
			cc[i * n + j] = sum;
		}
		kernel_product(k, c, a, b, p);
		worst = worse(worst, distance(c, cc, m * n));
	}
	ok(worst < 2e-6, "%s: products, transposed or not: %.2g", name,
	    worst);
	free(a);
	free(b);
	free(c);
	free(cc);
}

static void
test_small(struct kernel *k, const char *name)
{
	const size_t rows = 33, c = 71, n = rows * c;
	float *x = numbers(n), *y = numbers(n), *b = numbers(c);
	float *sum = calloc(c, 4), *mean = numbers(c * 3);
	double *want = calloc(n, 8), square = 0, e[5];

	for (size_t i = 0; i < n; i++)
		want[i] = (double)x[i] + (double)b[i % c];
	memcpy(y, x, n * sizeof(*y));
	kernel_add_rows(k, y, b, rows, c);
	e[0] = distance(y, want, n);
	memset(want, 0, n * sizeof(*want));
	for (size_t i = 0; i < n; i++)
		want[i % c] += (double)x[i];
	if (kernel_sum_reserve(k, rows, c) < 0)
		abort();
	kernel_sum_rows(k, sum, x, rows, c);
	e[1] = distance(sum, want, c);
	memset(want, 0, n * sizeof(*want));
	for (size_t i = 0; i < n; i++)
		want[i / (11 * c) * c + i % c] += (double)x[i] / 11;
	kernel_meanpool_forward(k, mean, x, 3, 11, (int)c);
	e[2] = distance(mean, want, 3 * c);
	for (size_t i = 0; i < n; i++)
		want[i] = (double)mean[i / (11 * c) * c + i % c] / 11;
	kernel_meanpool_backward(k, y, mean, 3, 11, (int)c);
	e[3] = distance(y, want, n);
	for (size_t i = 0; i < n; i++)
		square += (double)x[i] * (double)x[i];
	e[4] = fabs(kernel_square_sum(k, x, n) / square - 1);
	ok(e[0] < 1e-6 && e[1] < 1e-5 && e[2] < 1e-5 && e[3] < 1e-6
	    && e[4] < 1e-6, "%s: rows %.2g, sums %.2g, means %.2g %.2g, "
	    "squares %.2g", name, e[0], e[1], e[2], e[3], e[4]);
	for (size_t i = 0; i < n; i++)
		want[i] = x[i] > 0 ? (double)x[i] : 0;
	kernel_relu_forward(k, y, x, n);
	e[0] = distance(y, want, n);
	for (size_t i = 0; i < n; i++)
		want[i] = y[i] > 0 ? (double)mean[i % c] : 0;
	for (size_t i = 0; i < n; i++)
		x[i] = mean[i % c];
	kernel_relu_backward(k, x, x, y, n);
	ok(e[0] == 0 && distance(x, want, n) == 0, "%s: ReLU", name);
	free(x);
	free(y);
	free(b);
	free(sum);
	free(mean);
	free(want);
}

/* The same bytes for 1 and 3 threads, statistics in the epilogue too. */
static void
test_winograd_threads(struct pool *one, struct pool *three)
{
	const struct conv s = { .n = 5, .h = 13, .w = 9, .c = 16, .o = 48,
		.size = 3, .stride = 1, .pad = 1 };
	const size_t nx = 5 * 13 * 9 * 16, ny = 5 * 13 * 9 * 48;
	const size_t nw = 48 * 16 * 9;
	float *x = numbers(nx), *w = numbers(nw), *out[2];

	for (int i = 0; i < 2; i++) {
		struct kernel *k = kernel_new(i == 0 ? one : three);

		if (k == NULL || kernel_conv_reserve(k, &s, true) < 0)
			abort();
		out[i] = calloc(ny + 2 * 48 + nw, sizeof(float));
		kernel_conv_forward_moments(k, out[i], out[i] + ny,
		    out[i] + ny + 48, 1e-5f, x, w, &s);
		kernel_conv_backward_weight(k, out[i] + ny + 2 * 48, x,
		    out[i], &s);
		kernel_free(k);
	}
	ok(memcmp(out[0], out[1], (ny + 2 * 48 + nw) * sizeof(float)) == 0,
	    "Winograd: the same bytes for 1 and 3 threads");
	free(x);
	free(w);
	free(out[0]);
	free(out[1]);
}

/* The same bytes for 1 and 3 threads. */
static void
test_threads(struct pool *one, struct pool *three)
{
	const struct conv s = { .n = 9, .h = 13, .w = 13, .c = 19, .o = 37,
		.size = 3, .stride = 1, .pad = 1 };
	const size_t nx = 9 * 13 * 13 * 19, ny = 9 * 13 * 13 * 37;
	const size_t nw = 37 * 19 * 9;
	const struct norm norm = { 9 * 13 * 13, 37, 1e-5f, true };
	float *x = numbers(nx), *w = numbers(nw), *scale = numbers(37);
	float *y[2], *dw[2];
	bool same;

	for (int i = 0; i < 2; i++) {
		struct kernel *k = kernel_new(i == 0 ? one : three);
		float mean[37], inv[37];

		if (k == NULL || kernel_conv_reserve(k, &s, true) < 0 ||
		    kernel_norm_reserve(k, &norm) < 0)
			abort();
		y[i] = numbers(ny);
		dw[i] = calloc(nw, 4);
		kernel_conv_forward(k, y[i], x, w, &s);
		kernel_norm_forward(k, y[i], mean, inv, y[i], scale, scale,
		    NULL, &norm);
		kernel_conv_backward_weight(k, dw[i], x, y[i], &s);
		kernel_free(k);
	}
	same = memcmp(y[0], y[1], ny * sizeof(float)) == 0
	    && memcmp(dw[0], dw[1], nw * sizeof(float)) == 0;
	ok(same, "the same bytes for 1 and 3 threads");
	for (int i = 0; i < 2; i++) {
		free(y[i]);
		free(dw[i]);
	}
	free(x);
	free(w);
	free(scale);
}

int
main(void)
{
	static const char *const sets[] = { "generic", "avx2", "avx512",
		"neon" };
	struct pool *one = pool_new(1), *three = pool_new(3);

	if (one == NULL || three == NULL)
		abort();
	for (int i = 0; i < 4; i++) {
		struct kernel *k;

		setenv("SELF_SIMD", sets[i], 1);
		k = kernel_new(three);
		if (k == NULL) {
			printf("# %s\n", fail_text());
			continue;
		}
		rng = rng_at(7, 0, 0, 0, 1000);
		test_conv(k, sets[i]);
		test_winograd(k, sets[i]);
		test_epilogues(k, sets[i]);
		test_norm(k, sets[i], 300, 65, true, true);
		test_norm(k, sets[i], 5, 16, true, false);
		test_norm(k, sets[i], 1000, 3, false, true);
		test_norm(k, sets[i], 7, 130, false, false);
		test_running(k, sets[i]);
		test_maxpool(k, sets[i]);
		test_product(k, sets[i]);
		test_small(k, sets[i]);
		kernel_free(k);
	}
	unsetenv("SELF_SIMD");
	test_threads(one, three);
	test_winograd_threads(one, three);
	setenv("SELF_SIMD", "mmx", 1);
	ok(kernel_new(one) == NULL && fail_last() == FAIL_USAGE,
	    "an unknown SELF_SIMD is refused: %s", fail_text());
	pool_free(one);
	pool_free(three);
	return tap_done();
}
