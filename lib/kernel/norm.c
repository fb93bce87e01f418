/* SPDX-License-Identifier: MIT */
/* norm: batch normalisation, with the addition and ReLU that follow it. */
#include "kernel/moments.h"

/* Numbers in one task, whole rows. */
#define GRAIN ((size_t)1 << 15)

/* One pass over the rows of a matrix [rows,c]. */
struct pass {
	const struct simd *simd;
	const struct norm *s;
	size_t c, grain, pieces;
	float *y, *d_residual;
	const float *x, *dy, *out, *residual;
	const float *a, *b;		/* coefficients by channel */
	struct slopes slopes;
	double *sums;			/* [pieces][2][c] */
};

static struct pass
pass_over(struct kernel *k, const struct norm *s)
{
	const size_t c = (size_t)s->channels;
	struct pass p = { .simd = k->simd, .s = s, .c = c };

	p.grain = GRAIN / c > 0 ? GRAIN / c : 1;
	p.pieces = (s->rows + p.grain - 1) / p.grain;
	return p;
}

int
kernel_norm_reserve(struct kernel *k, const struct norm *s)
{
	const struct pass p = pass_over(k, s);

	if (cpu_reserve_sums(k, moments_room(p.pieces, p.c)) < 0)
		return fail_last();
	return cpu_reserve(k, 0, 4 * p.c);
}

struct measure {
	struct moments moments;
	size_t rows, grain;
};

/* sums of all pieces, in order, in the first piece's place: [2][c]. */
static double *
add_up(const struct pass *p)
{
	for (size_t i = 1; i < p->pieces; i++)
		for (size_t j = 0; j < 2 * p->c; j++)
			p->sums[j] += p->sums[2 * p->c * i + j];
	return p->sums;
}

static double *
clear(const struct pass *p, size_t first)
{
	double *sums = p->sums + first / p->grain * 2 * p->c;

	for (size_t i = 0; i < 2 * p->c; i++)
		sums[i] = 0;
	return sums;
}

static void
apply_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct pass *p = arg;
	const size_t at = first * p->c;

	(void)worker;
	simd_norm[p->simd->set]->apply(p->y + at, p->x + at, p->a, p->b,
	    p->residual != NULL ? p->residual + at : NULL, p->s->relu,
	    end - first, p->c);
}

/* y = a x + b for all rows; a and b [c] are scratch. */
static void
apply(struct kernel *k, struct pass *p, float *y, const float *x,
    const float *a, const float *b, const float *residual)
{
	p->y = y;
	p->x = x;
	p->a = a;
	p->b = b;
	p->residual = residual;
	cpu_pieces(k, p->s->rows, p->grain, apply_piece, p);
}

static void
measure_piece(void *arg, size_t piece, int worker)
{
	const struct measure *m = arg;
	const size_t first = piece * m->grain;
	const size_t left = m->rows - first;

	(void)worker;
	moments_begin(&m->moments, piece, first);
	moments_add(&m->moments, piece, first,
	    left < m->grain ? left : m->grain);
}

void
kernel_norm_measure(struct kernel *k, float *mean, float *inv_std,
    const float *x, const struct norm *s)
{
	const struct pass p = pass_over(k, s);
	struct measure m = { .moments = { .simd = k->simd, .y = x, .c = p.c,
		.pieces = p.pieces, .mean = mean, .inv_std = inv_std,
		.epsilon = (double)s->epsilon,
		.sums = cpu_sums(k, moments_room(p.pieces, p.c)) },
		.rows = s->rows, .grain = p.grain };

	pool_each(k->pool, p.pieces, measure_piece, &m);
	moments_end(k, &m.moments);
}

/* y = a x + b of batch statistics. */
static void
coefficients(float *a, float *b, const float *scale, const float *shift,
    const float *mean, const float *inv_std, size_t c)
{
	for (size_t i = 0; i < c; i++) {
		const double slope = (double)scale[i] * (double)inv_std[i];

		a[i] = (float)slope;
		b[i] = (float)((double)shift[i] - (double)mean[i] * slope);
	}
}

void
kernel_norm_apply(struct kernel *k, float *y, const float *x,
    const float *scale, const float *shift, const float *mean,
    const float *inv_std, const float *residual, const struct norm *s)
{
	struct pass p = pass_over(k, s);
	float *a = cpu_partial(k, 2 * p.c), *b = a + p.c;

	coefficients(a, b, scale, shift, mean, inv_std, p.c);
	apply(k, &p, y, x, a, b, residual);
}

void
kernel_norm_forward(struct kernel *k, float *y, float *mean, float *inv_std,
    const float *x, const float *scale, const float *shift,
    const float *residual, const struct norm *s)
{
	kernel_norm_measure(k, mean, inv_std, x, s);
	kernel_norm_apply(k, y, x, scale, shift, mean, inv_std, residual, s);
}

void
kernel_norm_track(struct kernel *k, float *running_mean, float *running_var,
    const float *mean, const float *inv_std, float momentum,
    const struct norm *s)
{
	const double n = (double)s->rows, m = (double)momentum;
	const double unbias = s->rows > 1 ? n / (n - 1) : 1;

	(void)k;
	for (int i = 0; i < s->channels; i++) {
		const double inverse = (double)inv_std[i];
		const double variance = 1 / (inverse * inverse)
		    - (double)s->epsilon;

		running_mean[i] = (float)((1 - m) * (double)running_mean[i]
		    + m * (double)mean[i]);
		running_var[i] = (float)((1 - m) * (double)running_var[i]
		    + m * unbias * (variance > 0 ? variance : 0));
	}
}

void
kernel_norm_infer(struct kernel *k, float *y, const float *x,
    const float *scale, const float *shift, const float *running_mean,
    const float *running_var, const float *residual, const struct norm *s)
{
	struct pass p = pass_over(k, s);
	float *a = cpu_partial(k, 2 * p.c), *b = a + p.c;

	finish_coefficients(a, b, scale, shift, running_mean, running_var, s);
	apply(k, &p, y, x, a, b, residual);
}

static void
back_sums_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct pass *p = arg;
	const size_t at = first * p->c;
	double *sums = clear(p, first);

	(void)worker;
	simd_norm_back[p->simd->set]->sums(sums, sums + p->c, p->dy + at,
	    p->x + at, p->out != NULL ? p->out + at : NULL, &p->slopes, end - first);
}

static void
back_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct pass *p = arg;
	const size_t at = first * p->c;

	(void)worker;
	simd_norm_back[p->simd->set]->apply(p->y + at,
	    p->d_residual != NULL ? p->d_residual + at : NULL, p->dy + at,
	    p->x + at, p->out != NULL ? p->out + at : NULL, &p->slopes,
	    end - first);
}

/*
 * With g the slope behind the ReLU, h = (x - mean) inv_std and n rows:
 * dx = scale inv_std (g - mean(g) - h mean(g h)), written as
 * a g + b (x - mean) + d.
 */
void
kernel_norm_backward(struct kernel *k, float *dx, float *d_residual,
    float *d_scale, float *d_shift, const float *dy, const float *x,
    const float *y, const float *scale, const float *shift,
    const float *mean, const float *inv_std, const struct norm *s)
{
	struct pass p = pass_over(k, s);
	float *a = cpu_partial(k, 4 * p.c), *b = a + p.c, *d = b + p.c;
	const double n = (double)s->rows;
	const double *sums;

	coefficients(a, d + p.c, scale, shift, mean, inv_std, p.c);
	p.slopes = (struct slopes){ p.c, s->relu, a, b, d, d + p.c, mean };
	p.dy = dy;
	p.x = x;
	p.out = y;
	p.sums = cpu_sums(k, p.pieces * 2 * p.c);
	cpu_pieces(k, s->rows, p.grain, back_sums_piece, &p);
	sums = add_up(&p);
	for (size_t i = 0; i < p.c; i++) {
		const double inverse = (double)inv_std[i];
		const double slope = (double)scale[i] * inverse;
		const double along = sums[p.c + i] * inverse;

		d_shift[i] += (float)sums[i];
		d_scale[i] += (float)along;
		b[i] = (float)(-slope * along * inverse / n);
		d[i] = (float)(-slope * sums[i] / n);
	}
	p.y = dx;
	p.d_residual = d_residual;
	cpu_pieces(k, s->rows, p.grain, back_piece, &p);
}
