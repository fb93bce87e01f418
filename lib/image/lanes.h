/*
 * lanes: sixteen bytes of a picture worked on at a time.
 *
 * GCC's and clang's vector types, which become whatever registers the clone
 * of the function they stand in may use (base/clones.h).  Vectors go by
 * address: how to pass them by value depends on the processor.
 */
#ifndef SELF_IMAGE_LANES_H
#define SELF_IMAGE_LANES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LANES 16

/* A helper that becomes part of each clone of the function that calls it. */
#define LANES_PART static inline __attribute__((always_inline))

typedef uint8_t lanes_u8 __attribute__((vector_size(LANES)));
typedef int32_t lanes_i32 __attribute__((vector_size(LANES * 4)));

/* Elements of a, counted from 0, and of b, counted on from there.  GCC has
 * clang's name for it from version 12 on. */
#if defined(__clang__) || __GNUC__ >= 12
#define LANES_SHUFFLE(type, a, b, ...) \
	__builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define LANES_SHUFFLE(type, a, b, ...) \
	__builtin_shuffle(a, b, (type){ __VA_ARGS__ })
#endif

LANES_PART void
lanes_load(lanes_i32 *to, const uint8_t *from)
{
	int32_t wide[LANES];

	for (int i = 0; i < LANES; i++)
		wide[i] = from[i];
	memcpy(to, wide, sizeof(wide));
}

/* What is outside 0..255 becomes the nearer end: below 0 all bits are
 * cleared, above 255 all are set and eight of them stored. */
LANES_PART void
lanes_store(uint8_t *to, const lanes_i32 *from)
{
	const lanes_i32 low = *from & ~(*from >> 31);
	const lanes_i32 v = low | (255 - low) >> 31;
	const lanes_u8 bytes = __builtin_convertvector(v, lanes_u8);

	memcpy(to, &bytes, sizeof(bytes));
}

/* v [16][16] becomes its transpose, by four rounds of interleaving. */
LANES_PART void
lanes_transpose(lanes_u8 v[LANES])
{
	for (int round = 0; round < 4; round++) {
		lanes_u8 mixed[LANES];

		for (int i = 0; i < LANES / 2; i++) {
			const lanes_u8 a = v[i], b = v[i + LANES / 2];

			mixed[2 * i] = LANES_SHUFFLE(lanes_u8, a, b, 0, 16, 1,
			    17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
			mixed[2 * i + 1] = LANES_SHUFFLE(lanes_u8, a, b, 8,
			    24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30,
			    15, 31);
		}
		memcpy(v, mixed, sizeof(mixed));
	}
}

/* Up to sixteen rows of n bytes to columns [n][16], and back; rows that are
 * not there repeat the last.  Columns need lanes_columns_bytes(n). */
size_t lanes_columns_bytes(size_t n);
void lanes_turn_rows(uint8_t *restrict columns, const uint8_t *restrict rows,
    size_t stride, size_t n, int n_rows);
void lanes_turn_columns(uint8_t *restrict rows, size_t stride,
    const uint8_t *restrict columns, size_t n, int n_rows);

#endif
