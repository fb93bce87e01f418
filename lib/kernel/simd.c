/* SPDX-License-Identifier: MIT */
#include "kernel/simd.h"

/* What simd_generic.c, simd_avx2.c and simd_avx512.c define. */
extern const struct simd_conv simd_conv_generic, simd_conv_avx2,
    simd_conv_avx512;
extern const struct simd_winograd simd_winograd_generic, simd_winograd_avx2,
    simd_winograd_avx512;
extern const struct simd_outer simd_outer_generic, simd_outer_avx2,
    simd_outer_avx512;
extern const struct simd_winograd_back simd_winograd_back_generic,
    simd_winograd_back_avx2, simd_winograd_back_avx512;
extern const struct simd_norm simd_norm_generic, simd_norm_avx2,
    simd_norm_avx512;
extern const struct simd_norm_back simd_norm_back_generic, simd_norm_back_avx2,
    simd_norm_back_avx512;
extern const struct simd_pass simd_pass_generic, simd_pass_avx2,
    simd_pass_avx512;
extern const struct simd_softmax simd_softmax_generic, simd_softmax_avx2,
    simd_softmax_avx512;
extern const struct simd_step simd_step_generic, simd_step_avx2,
    simd_step_avx512;

const struct simd_conv *const simd_conv[SIMD_SETS] = {
	[SIMD_GENERIC] = &simd_conv_generic,
	[SIMD_AVX2] = &simd_conv_avx2,
	[SIMD_AVX512] = &simd_conv_avx512,
};
const struct simd_winograd *const simd_winograd[SIMD_SETS] = {
	[SIMD_GENERIC] = &simd_winograd_generic,
	[SIMD_AVX2] = &simd_winograd_avx2,
	[SIMD_AVX512] = &simd_winograd_avx512,
};
const struct simd_outer *const simd_outer[SIMD_SETS] = {
	[SIMD_GENERIC] = &simd_outer_generic,
	[SIMD_AVX2] = &simd_outer_avx2,
	[SIMD_AVX512] = &simd_outer_avx512,
};
const struct simd_winograd_back *const simd_winograd_back[SIMD_SETS] = {
	[SIMD_GENERIC] = &simd_winograd_back_generic,
	[SIMD_AVX2] = &simd_winograd_back_avx2,
	[SIMD_AVX512] = &simd_winograd_back_avx512,
};
const struct simd_norm *const simd_norm[SIMD_SETS] = {
	[SIMD_GENERIC] = &simd_norm_generic,
	[SIMD_AVX2] = &simd_norm_avx2,
	[SIMD_AVX512] = &simd_norm_avx512,
};
const struct simd_norm_back *const simd_norm_back[SIMD_SETS] = {
	[SIMD_GENERIC] = &simd_norm_back_generic,
	[SIMD_AVX2] = &simd_norm_back_avx2,
	[SIMD_AVX512] = &simd_norm_back_avx512,
};
const struct simd_pass *const simd_pass[SIMD_SETS] = {
	[SIMD_GENERIC] = &simd_pass_generic,
	[SIMD_AVX2] = &simd_pass_avx2,
	[SIMD_AVX512] = &simd_pass_avx512,
};
const struct simd_softmax *const simd_softmax[SIMD_SETS] = {
	[SIMD_GENERIC] = &simd_softmax_generic,
	[SIMD_AVX2] = &simd_softmax_avx2,
	[SIMD_AVX512] = &simd_softmax_avx512,
};
const struct simd_step *const simd_step[SIMD_SETS] = {
	[SIMD_GENERIC] = &simd_step_generic,
	[SIMD_AVX2] = &simd_step_avx2,
	[SIMD_AVX512] = &simd_step_avx512,
};
