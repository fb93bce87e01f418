/*
 * groups: rows by their labels (inside lib/loss only).
 */
#ifndef SELF_LOSS_GROUPS_H
#define SELF_LOSS_GROUPS_H

#include <stddef.h>
#include <stdint.h>

/* order [n] becomes the rows with a label of 0 or more, by label, then by
 * row; returns how many they are. */
size_t groups_order(size_t *order, const int64_t *label, size_t n);

/* Where the run of one label that begins at `first` of n ends. */
size_t groups_end(const size_t *order, const int64_t *label, size_t n,
    size_t first);

#endif
