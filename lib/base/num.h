/*
 * num: numbers from text with bounds, and products that cannot overflow.
 */
#ifndef SELF_BASE_NUM_H
#define SELF_BASE_NUM_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

/*
 * The whole of `text` as a decimal integer in [min,max]; FAIL_USAGE with the
 * reason otherwise.  *out is written on success only.
 */
int num_int(const char *text, int64_t min, int64_t max, int64_t *out)
    FAIL_CHECKED;

/* The same for a finite decimal fraction, read alike in every locale. */
int num_float(const char *text, double min, double max, double *out)
    FAIL_CHECKED;

/* The same for bytes in [1,2^62]: a whole number, alone or followed by K, M
 * or G (powers of 1024). */
int num_bytes(const char *text, uint64_t *out) FAIL_CHECKED;

/* *out = a b, or FAIL_LIMIT when that does not fit into size_t. */
int num_mul(size_t a, size_t b, size_t *out) FAIL_CHECKED;

/* *out = a + b, or FAIL_LIMIT. */
int num_add(size_t a, size_t b, size_t *out) FAIL_CHECKED;

#endif
