/* SPDX-License-Identifier: MIT */
#ifdef __x86_64__
#include <string.h>

#include "kernel/simd.h"

#define SET(family) family##_avx2
#define LANES 8
#define ROWS 6

#include "kernel/simd_tiles.h"
#include "kernel/simd_gather.h"
#include "kernel/simd_winograd.h"
#include "kernel/simd_norm.h"
#include "kernel/simd_loops.h"

const struct simd simd_avx2 = { SIMD_AVX2, LANES, ROWS };
#endif
