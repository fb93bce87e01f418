/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "kernel/simd.h"

#define SET(family) family##_generic
#define LANES 4
#define ROWS 6

#include "kernel/simd_tiles.h"
#include "kernel/simd_gather.h"
#include "kernel/simd_winograd.h"
#include "kernel/simd_norm.h"
#include "kernel/simd_loops.h"

const struct simd simd_generic = { SIMD_GENERIC, LANES, ROWS };
