/* SPDX-License-Identifier: MIT */
#include "kernel/simd.h"

/* The sets that simd_*.c define for this machine. */
#if defined(__x86_64__)
#define DECLARED(family) \
	family##_generic, family##_avx2, family##_avx512
#define OTHERS(family) \
	[SIMD_AVX2] = &family##_avx2, \
	[SIMD_AVX512] = &family##_avx512,
#elif defined(__aarch64__)
#define DECLARED(family) family##_generic, family##_neon
#define OTHERS(family) [SIMD_NEON] = &family##_neon,
#else
#define DECLARED(family) family##_generic
#define OTHERS(family)
#endif

#define TABLE(family) \
extern const struct family DECLARED(family); \
const struct family *const family[SIMD_SETS] = { \
	[SIMD_GENERIC] = &family##_generic, \
	OTHERS(family) \
}

extern const struct simd DECLARED(simd);
const struct simd *const simd_sets[SIMD_SETS] = {
	[SIMD_GENERIC] = &simd_generic,
	OTHERS(simd)
};

TABLE(simd_conv);
TABLE(simd_winograd);
TABLE(simd_outer);
TABLE(simd_winograd_back);
TABLE(simd_norm);
TABLE(simd_norm_back);
TABLE(simd_pass);
TABLE(simd_softmax);
TABLE(simd_step);
