/* SPDX-License-Identifier: MIT */
/* rows: passes over matrices and pictures whose columns are channels. */
#include "kernel/cpu.h"

/* Numbers in one task, whole rows. */
#define GRAIN ((size_t)1 << 15)

static size_t
rows_at_a_time(size_t columns)
{
	const size_t rows = GRAIN / (columns > 0 ? columns : 1);

	return rows > 0 ? rows : 1;
}

struct upload {
	float *y;
	const uint8_t *bytes;
	const float *floats;
	const float *scale, *shift;
	size_t channels;
};

static void
upload_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct upload *u = arg;
	const size_t c = u->channels;

	(void)worker;
	for (size_t i = first * c; i < end * c; i += c)
		for (size_t j = 0; j < c; j++) {
			const float v = u->bytes != NULL
			    ? (float)u->bytes[i + j] : u->floats[i + j];

			u->y[i + j] = v * u->scale[j] + u->shift[j];
		}
}

void
kernel_upload_pixels(struct kernel *k, float *y, const uint8_t *host,
    size_t pixels, int channels, const float *scale, const float *shift)
{
	struct upload u = { y, host, NULL, scale, shift, (size_t)channels };

	cpu_pieces(k, pixels, rows_at_a_time(u.channels), upload_piece, &u);
}

void
kernel_upload_scaled(struct kernel *k, float *y, const float *host,
    size_t pixels, int channels, const float *scale, const float *shift)
{
	struct upload u = { y, NULL, host, scale, shift, (size_t)channels };

	cpu_pieces(k, pixels, rows_at_a_time(u.channels), upload_piece, &u);
}

struct rows {
	const struct simd *simd;
	float *y;
	const float *x;
	double *sums;
	size_t columns, grain;
};

static void
add_rows_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct rows *r = arg;

	(void)worker;
	simd_pass[r->simd->set]->add_rows(r->y + first * r->columns, r->x,
	    end - first, r->columns);
}

void
kernel_add_rows(struct kernel *k, float *y, const float *b, size_t rows,
    size_t columns)
{
	struct rows r = { .simd = k->simd, .y = y, .x = b,
		.columns = columns };

	cpu_pieces(k, rows, rows_at_a_time(columns), add_rows_piece, &r);
}

static void
sum_rows_piece(void *arg, size_t first, size_t end, int worker)
{
	const struct rows *r = arg;
	double *sum = r->sums + first / r->grain * r->columns;

	(void)worker;
	for (size_t i = 0; i < r->columns; i++)
		sum[i] = 0;
	simd_pass[r->simd->set]->sum_rows(sum, r->x + first * r->columns,
	    end - first, r->columns);
}

static size_t
sum_pieces(size_t rows, size_t columns)
{
	const size_t grain = rows_at_a_time(columns);

	return (rows + grain - 1) / grain;
}

int
kernel_sum_reserve(struct kernel *k, size_t rows, size_t columns)
{
	return cpu_reserve_sums(k, sum_pieces(rows, columns) * columns);
}

void
kernel_sum_rows(struct kernel *k, float *db, const float *dy, size_t rows,
    size_t columns)
{
	const size_t grain = rows_at_a_time(columns);
	const size_t pieces = sum_pieces(rows, columns);
	struct rows r = { .simd = k->simd, .x = dy,
		.sums = cpu_sums(k, pieces * columns), .columns = columns,
		.grain = grain };

	cpu_pieces(k, rows, grain, sum_rows_piece, &r);
	for (size_t i = 0; i < columns; i++) {
		double sum = 0;

		for (size_t p = 0; p < pieces; p++)
			sum += r.sums[p * columns + i];
		db[i] += (float)sum;
	}
}
