/* SPDX-License-Identifier: MIT */
#ifdef __x86_64__
#include <string.h>

#include "kernel/simd.h"

#define SET(family) family##_avx512
#define LANES 16
#define ROWS 14

#include "kernel/simd_tiles.h"
#include "kernel/simd_gather.h"
#include "kernel/simd_winograd.h"
#include "kernel/simd_norm.h"
#include "kernel/simd_loops.h"

const struct simd simd_avx512 = { SIMD_AVX512, LANES, ROWS };
#endif
