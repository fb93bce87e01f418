/*
 * gemm: one thread's matrix product by OpenBLAS; cpu.h's neighbours only.
 */
#ifndef SELF_KERNEL_GEMM_H
#define SELF_KERNEL_GEMM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

/* Reserves memory for products on n threads at a time; call before the first.
 * FAIL_MEMORY. */
int gemm_reserve(int threads) FAIL_CHECKED;

/* c [m,n] (rows ldc apart) = op(a) op(b), or += when accumulate. */
void gemm_panel(float *c, size_t ldc, const float *a, size_t lda,
    bool transpose_a, const float *b, size_t ldb, bool transpose_b, size_t m,
    size_t n, size_t k, bool accumulate);

#endif
