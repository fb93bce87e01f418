/* SPDX-License-Identifier: MIT */
#ifdef __aarch64__
#include <string.h>

#include "kernel/simd.h"

#define SET(family) family##_neon
#define LANES 4
#define ROWS 9

#include "kernel/simd_tiles.h"
#include "kernel/simd_gather.h"
#include "kernel/simd_winograd.h"
#include "kernel/simd_norm.h"
#include "kernel/simd_loops.h"

const struct simd simd_neon = { SIMD_NEON, LANES, ROWS };
#endif
