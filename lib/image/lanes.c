/* SPDX-License-Identifier: MIT */
#include "image/lanes.h"

#include "base/clones.h"

size_t
lanes_columns_bytes(size_t n)
{
	return (n + LANES - 1) / LANES * LANES * LANES;
}

CLONES void
lanes_turn_rows(uint8_t *restrict columns, const uint8_t *restrict rows,
    size_t stride, size_t n, int n_rows)
{
	for (size_t x = 0; x < n; x += LANES) {
		lanes_u8 v[LANES];

		for (int i = 0; i < LANES; i++) {
			const int y = i < n_rows ? i : n_rows - 1;
			const uint8_t *p = rows + (size_t)y * stride + x;

			v[i] = (lanes_u8){ 0 };
			if (n - x >= LANES)
				memcpy(&v[i], p, LANES);
			else
				memcpy(&v[i], p, n - x);
		}
		lanes_transpose(v);
		memcpy(columns + x * LANES, v, sizeof(v));
	}
}

CLONES void
lanes_turn_columns(uint8_t *restrict rows, size_t stride,
    const uint8_t *restrict columns, size_t n, int n_rows)
{
	for (size_t x = 0; x < n; x += LANES) {
		lanes_u8 v[LANES];

		memcpy(v, columns + x * LANES, sizeof(v));
		lanes_transpose(v);
		for (int i = 0; i < n_rows; i++) {
			uint8_t *p = rows + (size_t)i * stride + x;

			if (n - x >= LANES)
				memcpy(p, &v[i], LANES);
			else
				memcpy(p, &v[i], n - x);
		}
	}
}
