/*
 * kernel: the one narrow face of all arithmetic on the network's arrays.
 *
 * Models, losses and methods see nothing else, so that another device is one
 * more folder behind this header.  Device memory is `float *` from
 * kernel_alloc: callers may add to such a pointer but never look through it;
 * kernel_upload and kernel_download carry numbers across.  Pointers named
 * `host` are ordinary memory.
 *
 * Activations are [N,H,W,C], row-major; matrices [rows,columns], row-major.
 * Each function says whether an output is written or accumulates.  Functions
 * return void: shapes are agreed on before, and where there is a reserve for
 * an operation (conv, norm, sum_rows, attend, gram), it has succeeded for the
 * same shape.  Sums over a batch add up in a fixed order, whatever the
 * number of threads.
 */
#ifndef SELF_KERNEL_KERNEL_H
#define SELF_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pool.h"

struct kernel;

/* A device that works on the threads of `pool` (borrowed).  The instruction
 * set is the best this processor has, or what SELF_SIMD names (generic, avx2,
 * avx512, neon).  NULL and a failure for a name it does not know or cannot run. */
struct kernel *kernel_new(struct pool *pool);
void kernel_free(struct kernel *);
const char *kernel_simd(const struct kernel *);

/* n floats, all zero; NULL and a failure when there is no memory. */
float *kernel_alloc(struct kernel *, size_t n);
void kernel_release(struct kernel *, float *);

/* n floats of the host as device memory, for reading: not copied where the
 * device reads the host's own.  They must stay and not change until they are
 * given back.  NULL and a failure. */
const float *kernel_share(struct kernel *, const float *host, size_t n);
void kernel_unshare(struct kernel *, const float *);

void kernel_upload(struct kernel *, float *to, const float *host, size_t n);
void kernel_download(struct kernel *, float *host, const float *from,
    size_t n);
/* n floats of device memory for the host to look at, until they change: where
 * they are if it can, else copied into room [n]. */
const float *kernel_look(struct kernel *, const float *from, size_t n,
    float *room);
void kernel_copy(struct kernel *, float *to, const float *from, size_t n);
void kernel_zero(struct kernel *, float *x, size_t n);

/* y [pixels,C] = host [pixels,C] * scale[c] + shift[c], written; scale and
 * shift are host arrays of C <= 64 numbers. */
void kernel_upload_pixels(struct kernel *, float *y, const uint8_t *host,
    size_t pixels, int channels, const float *scale, const float *shift);

/* The same from float pixels (after mixing). */
void kernel_upload_scaled(struct kernel *, float *y, const float *host,
    size_t pixels, int channels, const float *scale, const float *shift);

/* Products: c [m,n] = op(a) op(b), written or (accumulate) added to.
 * op(a) is [m,k], op(b) is [k,n]; a transposed operand is stored the other
 * way round. */
struct product {
	size_t m, n, k;
	bool transpose_a, transpose_b, accumulate;
};
void kernel_product(struct kernel *, float *c, const float *a,
    const float *b, struct product);

/* How far apart the rows of a Gram matrix of d columns lie; as many rows need
 * room. */
size_t kernel_gram_stride(size_t d);
int kernel_gram_reserve(struct kernel *, size_t d) FAIL_CHECKED;

/* g [d,d] = x^T x of n rows, evenly spaced among those of x [among,d]: the
 * diagonal and what lies left of it; the rest has no meaning. */
void kernel_gram(struct kernel *, float *g, const float *x, size_t n,
    size_t among, size_t d);

/*
 * Rows that are multiplied with many other rows, laid out for it once: those
 * on the left of a product become its rows, those on the right its columns.
 * n and dim are 1 or more; NULL and a failure when there is no memory.
 */
struct bundle;
struct bundle *kernel_bundle_new(struct kernel *, size_t n, size_t dim,
    bool right);
void kernel_bundle_free(struct kernel *, struct bundle *);

/* Rows at..at+n-1 of the bundle become the host's x [n,dim]. */
void kernel_bundle_put(struct kernel *, struct bundle *, size_t at,
    const float *x, size_t n);

/* How far apart the rows of a product with the first n of these columns lie,
 * and floats of such a product of m rows. */
size_t kernel_bundle_stride(const struct kernel *, size_t n);
size_t kernel_bundle_room(const struct kernel *, size_t m, size_t n);

/* c [m,stride] = left rows at..at+m-1 times the first n right ones, on the
 * thread that calls; what lies between n and the stride, and behind the rows
 * up to the room, has no meaning. */
void kernel_bundle_product(struct kernel *, float *c, const struct bundle *left,
    size_t at, size_t m, const struct bundle *right, size_t n);

/* A square convolution without bias, zero padding on all four sides. */
struct conv {
	int n, h, w;		/* input [n,h,w,c] */
	int c, o;		/* channels in and out; weights [o,c,size,size] */
	int size, stride, pad;
};

/* Output rows for an input of `extent` rows (or columns). */
int conv_extent(const struct conv *, int extent);

/* Reserves scratch so that convolutions of this shape allocate nothing. */
int kernel_conv_reserve(struct kernel *, const struct conv *, bool backward)
    FAIL_CHECKED;

/* y [n,h',w',o] is written. */
void kernel_conv_forward(struct kernel *, float *y, const float *x,
    const float *w, const struct conv *);

/* The same, and mean and 1 / sqrt(variance + epsilon) [o] of y by channel, as
 * batch norm wants them: written. */
void kernel_conv_forward_moments(struct kernel *, float *y, float *mean,
    float *inv_std, float epsilon, const float *x, const float *w,
    const struct conv *);

/* dx [n,h,w,c] is written, or added to when `accumulate`. */
void kernel_conv_backward_data(struct kernel *, float *dx, const float *dy,
    const float *w, const struct conv *, bool accumulate);

/* dw [o,c,size,size] accumulates. */
void kernel_conv_backward_weight(struct kernel *, float *dw, const float *x,
    const float *dy, const struct conv *);

/*
 * Batch normalisation over the rows of x [rows,C] (Ioffe & Szegedy 2015),
 * biased variance, followed by an optional addition of `residual` [rows,C]
 * and an optional ReLU.
 */
struct norm {
	size_t rows;
	int channels;
	float epsilon;
	bool relu;
};

/* Reserves scratch for all of the following with these rows and channels
 * (epsilon and relu do not matter).  FAIL_MEMORY. */
int kernel_norm_reserve(struct kernel *, const struct norm *) FAIL_CHECKED;

/* mean and inv_std [C], 1 / sqrt(variance + epsilon), are written. */
void kernel_norm_measure(struct kernel *, float *mean, float *inv_std,
    const float *x, const struct norm *);

/* By statistics that are there already: y is written (may be x). */
void kernel_norm_apply(struct kernel *, float *y, const float *x,
    const float *scale, const float *shift, const float *mean,
    const float *inv_std, const float *residual, const struct norm *);

/* One after the other. */
void kernel_norm_forward(struct kernel *, float *y, float *mean,
    float *inv_std, const float *x, const float *scale, const float *shift,
    const float *residual, const struct norm *);

/* running = (1 - momentum) running + momentum batch, the variance unbiased
 * (n / (n - 1)), as PyTorch; from what norm_forward wrote. */
void kernel_norm_track(struct kernel *, float *running_mean,
    float *running_var, const float *mean, const float *inv_std,
    float momentum, const struct norm *);

/* Evaluation mode: running statistics. y is written (may be x). */
void kernel_norm_infer(struct kernel *, float *y, const float *x,
    const float *scale, const float *shift, const float *running_mean,
    const float *running_var, const float *residual, const struct norm *);

/* A convolution with that folded into it: results are normalised while they
 * are in the cache.  norm.rows are those of y. */
void kernel_conv_infer(struct kernel *, float *y, const float *x,
    const float *w, const struct conv *, const float *scale,
    const float *shift, const float *running_mean, const float *running_var,
    const float *residual, const struct norm *);

/*
 * dx [rows,C] is written (may be dy), d_residual too unless NULL (may be dy
 * when dx is not): dy with the ReLU's zeros in it; d_scale and d_shift [C]
 * accumulate.  y is the forward output, looked at only for its ReLU; NULL
 * where there was no residual: then x tells what it was.
 */
void kernel_norm_backward(struct kernel *, float *dx, float *d_residual,
    float *d_scale, float *d_shift, const float *dy, const float *x,
    const float *y, const float *scale, const float *shift,
    const float *mean, const float *inv_std, const struct norm *);

/* y = max(x, 0), written; dx = dy where y > 0, written (each may be the
 * other's storage). */
void kernel_relu_forward(struct kernel *, float *y, const float *x, size_t n);
void kernel_relu_backward(struct kernel *, float *dx, const float *dy,
    const float *y, size_t n);

/* Max-pooling `size` x `size`, no padding value ever wins: y [n,h',w',c] is
 * written, `which` the window's place (0 … size*size-1) of each maximum, the
 * first when several are equal.  dx is written. conv.o = conv.c. */
void kernel_maxpool_forward(struct kernel *, float *y, uint8_t *which,
    const float *x, const struct conv *);
void kernel_maxpool_backward(struct kernel *, float *dx, const float *dy,
    const uint8_t *which, const struct conv *);

/* y [n,c] = mean over the `area` pixels of x [n,area,c], written; dx [n,area,c]
 * is written. */
void kernel_meanpool_forward(struct kernel *, float *y, const float *x,
    size_t n, size_t area, int c);
void kernel_meanpool_backward(struct kernel *, float *dx, const float *dy,
    size_t n, size_t area, int c);

/* y [rows,columns] += b [columns]; db [columns] accumulates the column sums
 * of dy, in scratch that kernel_sum_reserve reserved (FAIL_MEMORY). */
void kernel_add_rows(struct kernel *, float *y, const float *b, size_t rows,
    size_t columns);
int kernel_sum_reserve(struct kernel *, size_t rows, size_t columns)
    FAIL_CHECKED;
void kernel_sum_rows(struct kernel *, float *db, const float *dy, size_t rows,
    size_t columns);

/* y += x. */
void kernel_add(struct kernel *, float *y, const float *x, size_t n);

/* slow = m slow + (1 - m) fast. */
void kernel_average(struct kernel *, float *slow, const float *fast, size_t n,
    float m);

/* Sum of squares, in double. */
double kernel_square_sum(struct kernel *, const float *x, size_t n);

/* x *= a, written in place. */
void kernel_scale(struct kernel *, float *x, size_t n, float a);

/*
 * Softmax over many columns, which never stand in memory together: with rows
 * a [n,p] and c [m,p], s_ij = scale a_i . c_j.  Where `period` is above 0, a
 * row i leaves out the columns j that are i modulo the period: itself and
 * its other views.  lse is a host array.
 */
struct attend {
	size_t n, m, p;
	float scale;
	size_t period;
	bool accumulate;	/* go on from what is there */
};
int kernel_attend_reserve(struct kernel *, const struct attend *)
    FAIL_CHECKED;

/* lse[i] = log sum_j exp(s_ij), -inf over no columns; mean [n,p] = sum_j
 * exp(s_ij - lse[i]) c_j, 0 over none.  With `accumulate` both take in m
 * columns more. */
void kernel_attend(struct kernel *, double *lse, float *mean, const float *a,
    const float *c, const struct attend *);

/* The columns' side: back [m,p] = (or +=) sum_i exp(s_ij - lse[i]) a_i; a row
 * whose lse is infinite takes no part. */
void kernel_attend_back(struct kernel *, float *back, const double *lse,
    const float *a, const float *c, const struct attend *);

/* One pass of SGD (torch): g' = g + decay p; v = momentum v + rate_in g';
 * p -= rate_out (nesterov ? g' + momentum v : v).  g is left as it is.
 * Plain SGD has rate_in 1; LARS puts its trust ratio there. */
struct sgd {
	float decay, momentum, rate_in, rate_out;
	bool nesterov;
};
void kernel_sgd(struct kernel *, float *p, float *v, const float *g, size_t n,
    const struct sgd *);

/* One pass of AdamW or (coupled) Adam; correct1/2 = 1 - beta^t. */
struct adam {
	float rate, beta1, beta2, epsilon, decay, correct1, correct2;
	bool decoupled;
};
void kernel_adam(struct kernel *, float *p, float *m, float *v,
    const float *g, size_t n, const struct adam *);

#endif
