/* SPDX-License-Identifier: MIT */
/* elements: passes over arrays whose shape does not matter. */
#include <string.h>

#include "kernel/cpu.h"

/* Numbers in one task of a pass. */
#define GRAIN ((size_t)1 << 15)

/* What an elementwise pass works on. */
struct pass {
	const struct simd *simd;
	float *y, *z, *u;
	const float *x, *w;
	const void *what;
	float number;
};

static void
copy_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct pass *p = arg;

	(void)worker;
	memcpy(p->y + first, p->x + first, (end - first) * sizeof(*p->y));
}

void
kernel_copy(struct kernel *k, float *to, const float *from, size_t n)
{
	struct pass p = { .y = to, .x = from };

	cpu_pieces(k, n, GRAIN, copy_piece, &p);
}

void
kernel_upload(struct kernel *k, float *to, const float *host, size_t n)
{
	kernel_copy(k, to, host, n);
}

void
kernel_download(struct kernel *k, float *host, const float *from, size_t n)
{
	kernel_copy(k, host, from, n);
}

const float *
kernel_look(struct kernel *k, const float *from, size_t n, float *room)
{
	(void)k;
	(void)n;
	(void)room;
	return from;
}

static void
zero_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct pass *p = arg;

	(void)worker;
	memset(p->y + first, 0, (end - first) * sizeof(*p->y));
}

void
kernel_zero(struct kernel *k, float *x, size_t n)
{
	struct pass p = { .y = x };

	cpu_pieces(k, n, GRAIN, zero_piece, &p);
}

static void
relu_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct pass *p = arg;

	(void)worker;
	simd_pass[p->simd->set]->relu(p->y + first, p->x + first, end - first);
}

void
kernel_relu_forward(struct kernel *k, float *y, const float *x, size_t n)
{
	struct pass p = { .simd = k->simd, .y = y, .x = x };

	cpu_pieces(k, n, GRAIN, relu_piece, &p);
}

static void
relu_back_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct pass *p = arg;

	(void)worker;
	simd_pass[p->simd->set]->relu_back(p->y + first, p->x + first,
	    p->w + first, end - first);
}

void
kernel_relu_backward(struct kernel *k, float *dx, const float *dy,
    const float *y, size_t n)
{
	struct pass p = { .simd = k->simd, .y = dx, .x = dy, .w = y };

	cpu_pieces(k, n, GRAIN, relu_back_piece, &p);
}

static void
add_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct pass *p = arg;

	(void)worker;
	simd_pass[p->simd->set]->add(p->y + first, p->x + first, end - first);
}

void
kernel_add(struct kernel *k, float *y, const float *x, size_t n)
{
	struct pass p = { .simd = k->simd, .y = y, .x = x };

	cpu_pieces(k, n, GRAIN, add_piece, &p);
}

static void
scale_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct pass *p = arg;

	(void)worker;
	for (size_t i = first; i < end; i++)
		p->y[i] *= p->number;
}

void
kernel_scale(struct kernel *k, float *x, size_t n, float a)
{
	struct pass p = { .y = x, .number = a };

	cpu_pieces(k, n, GRAIN, scale_piece, &p);
}

static void
average_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct pass *p = arg;

	(void)worker;
	simd_pass[p->simd->set]->average(p->y + first, p->x + first,
	    end - first, p->number);
}

void
kernel_average(struct kernel *k, float *slow, const float *fast, size_t n,
    float m)
{
	struct pass p = { .simd = k->simd, .y = slow, .x = fast, .number = m };

	cpu_pieces(k, n, GRAIN, average_piece, &p);
}

/* Pieces whose sums are kept at a time. */
#define SQUARES ((size_t)512)

struct square {
	const struct simd *simd;
	const float *x;
	double *sums;
};

static void
square_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct square *s = arg;

	(void)worker;
	s->sums[first / GRAIN] = simd_pass[s->simd->set]->square_sum(s->x
	    + first, end - first);
}

double
kernel_square_sum(struct kernel *k, const float *x, size_t n)
{
	double sums[SQUARES], sum = 0;

	for (size_t at = 0; at < n; at += SQUARES * GRAIN) {
		const size_t left = n - at;
		const size_t here = left < SQUARES * GRAIN ? left
		    : SQUARES * GRAIN;
		struct square s = { k->simd, x + at, sums };

		cpu_pieces(k, here, GRAIN, square_piece, &s);
		for (size_t i = 0; i < (here + GRAIN - 1) / GRAIN; i++)
			sum += sums[i];
	}
	return sum;
}

static void
sgd_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct pass *p = arg;

	(void)worker;
	simd_step[p->simd->set]->sgd(p->y + first, p->z + first,
	    p->x + first, end - first, p->what);
}

void
kernel_sgd(struct kernel *k, float *p, float *v, const float *g, size_t n,
    const struct sgd *o)
{
	struct pass pass = { .simd = k->simd, .y = p, .z = v, .x = g,
		.what = o };

	cpu_pieces(k, n, GRAIN, sgd_piece, &pass);
}

static void
adam_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct pass *p = arg;

	(void)worker;
	simd_step[p->simd->set]->adam(p->y + first, p->z + first,
	    p->u + first, p->x + first, end - first, p->what);
}

void
kernel_adam(struct kernel *k, float *p, float *m, float *v, const float *g,
    size_t n, const struct adam *o)
{
	struct pass pass = { .simd = k->simd, .y = p, .z = m, .u = v, .x = g,
		.what = o };

	cpu_pieces(k, n, GRAIN, adam_piece, &pass);
}
