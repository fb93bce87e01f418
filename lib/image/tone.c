/* SPDX-License-Identifier: MIT */
#include "image/tone.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/clones.h"

static unsigned char *
row_of(const struct image *m, int y)
{
	return m->data + (size_t)y * m->stride;
}

static size_t
row_bytes(const struct image *m)
{
	return (size_t)m->width * (size_t)m->channels;
}

/* d + f (i - d): truncated inside 0..255, cut off outside. */
static inline unsigned char
blend(int d, int i, float f)
{
	const float v = (float)d + f * (float)(i - d);

	return (unsigned char)(v <= 0 ? 0 : v >= 255 ? 255 : (int)v);
}

/* Each number by a table of its own channel, tables [channels][256]. */
static void
look_up(const struct image *m, const unsigned char *tables)
{
	for (int y = 0; y < m->height; y++) {
		unsigned char *p = row_of(m, y);

		for (int x = 0; x < m->width; x++, p += m->channels)
			for (int c = 0; c < m->channels; c++)
				p[c] = tables[256 * c + p[c]];
	}
}

/* The same table for all channels. */
static void
look_up_all(const struct image *m, const unsigned char table[256])
{
	for (int y = 0; y < m->height; y++) {
		unsigned char *p = row_of(m, y);

		for (size_t i = 0; i < row_bytes(m); i++)
			p[i] = table[p[i]];
	}
}

CLONES static void
blend_row(unsigned char *p, size_t n, int d, float f)
{
	for (size_t i = 0; i < n; i++)
		p[i] = blend(d, p[i], f);
}

void
tone_brightness(const struct image *m, float factor)
{
	for (int y = 0; y < m->height; y++)
		blend_row(row_of(m, y), row_bytes(m), 0, factor);
}

static int
luma_at(const unsigned char *p, int channels)
{
	return channels == 3 ? tone_luma(p[0], p[1], p[2]) : p[0];
}

CLONES static uint64_t
luma_sum(const unsigned char *p, int width, int channels)
{
	uint32_t sum = 0;

	if (channels != 3) {
		for (int x = 0; x < width; x++)
			sum += p[x];
		return sum;
	}
	for (int x = 0; x < width; x++)
		sum += (uint32_t)tone_luma(p[3 * x], p[3 * x + 1],
		    p[3 * x + 2]);
	return sum;
}

void
tone_contrast(const struct image *m, float factor)
{
	const double n = (double)m->height * (double)m->width;
	uint64_t sum = 0;
	int mean;

	for (int y = 0; y < m->height; y++)
		sum += luma_sum(row_of(m, y), m->width, m->channels);
	mean = (int)((double)sum / n + 0.5);
	for (int y = 0; y < m->height; y++)
		blend_row(row_of(m, y), row_bytes(m), mean, factor);
}

CLONES static void
saturate_row(unsigned char *p, int width, float f)
{
	for (int x = 0; x < width; x++, p += 3) {
		const int luma = tone_luma(p[0], p[1], p[2]);

		p[0] = blend(luma, p[0], f);
		p[1] = blend(luma, p[1], f);
		p[2] = blend(luma, p[2], f);
	}
}

void
tone_saturation(const struct image *m, float factor)
{
	if (m->channels != 3)
		return;
	for (int y = 0; y < m->height; y++)
		saturate_row(row_of(m, y), m->width, factor);
}

void
tone_gray(const struct image *m)
{
	if (m->channels != 3)
		return;
	for (int y = 0; y < m->height; y++) {
		unsigned char *p = row_of(m, y);

		for (int x = 0; x < m->width; x++, p += 3)
			p[0] = p[1] = p[2] = (unsigned char)luma_at(p, 3);
	}
}

void
tone_invert(const struct image *m)
{
	tone_solarize(m, 0);
}

void
tone_solarize(const struct image *m, int threshold)
{
	unsigned char table[256];

	for (int i = 0; i < 256; i++)
		table[i] = (unsigned char)(i < threshold ? i : 255 - i);
	look_up_all(m, table);
}

void
tone_posterize(const struct image *m, int bits)
{
	const unsigned mask = 255u << (8 - bits) & 255u;
	unsigned char table[256];

	for (unsigned i = 0; i < 256; i++)
		table[i] = (unsigned char)(i & mask);
	look_up_all(m, table);
}

static void
count(const struct image *m, int channel, uint64_t histogram[256])
{
	memset(histogram, 0, 256 * sizeof(*histogram));
	for (int y = 0; y < m->height; y++) {
		const unsigned char *p = row_of(m, y) + channel;

		for (int x = 0; x < m->width; x++, p += m->channels)
			histogram[*p]++;
	}
}

static void
stretch_table(unsigned char table[256], const uint64_t histogram[256])
{
	int low = 0, high = 255;
	double scale, offset;

	while (low < 255 && histogram[low] == 0)
		low++;
	while (high > 0 && histogram[high] == 0)
		high--;
	scale = high > low ? 255.0 / (high - low) : 1;
	offset = high > low ? -low * scale : 0;
	for (int i = 0; i < 256; i++) {
		const int v = (int)(i * scale + offset);

		table[i] = (unsigned char)(v < 0 ? 0 : v > 255 ? 255 : v);
	}
}

static void
equalize_table(unsigned char table[256], const uint64_t histogram[256])
{
	uint64_t sum = 0, last = 0, step, n;
	int used = 0;

	for (int i = 0; i < 256; i++) {
		sum += histogram[i];
		used += histogram[i] != 0;
		last = histogram[i] != 0 ? histogram[i] : last;
	}
	step = (sum - last) / 255;
	n = step / 2;
	for (int i = 0; i < 256; i++) {
		if (used <= 1 || step == 0) {
			table[i] = (unsigned char)i;
			continue;
		}
		table[i] = (unsigned char)(n / step > 255 ? 255 : n / step);
		n += histogram[i];
	}
}

static void
by_histogram(const struct image *m,
    void (*make)(unsigned char *, const uint64_t *))
{
	unsigned char tables[4 * 256];

	for (int c = 0; c < m->channels; c++) {
		uint64_t histogram[256];

		count(m, c, histogram);
		make(tables + 256 * c, histogram);
	}
	look_up(m, tables);
}

void
tone_autocontrast(const struct image *m)
{
	by_histogram(m, stretch_table);
}

void
tone_equalize(const struct image *m)
{
	by_histogram(m, equalize_table);
}

/* Inner pixels of one row; the sum's weights are 1, in the middle 5. */
static void
sharpen_row(unsigned char *to, const unsigned char *p, size_t stride,
    int width, int channels, float factor)
{
	for (int i = channels; i < (width - 1) * channels; i++) {
		const unsigned char *up = p + i - stride, *low = p + i + stride;
		const int sum = up[-channels] + up[0] + up[channels]
		    + p[i - channels] + 5 * p[i] + p[i + channels]
		    + low[-channels] + low[0] + low[channels];

		to[i] = blend((2 * sum + 13) / 26, p[i], factor);
	}
}

int
tone_sharpness(const struct image *m, float factor, struct picture *room)
{
	if (picture_resize(room, m->height, m->width, m->channels) < 0)
		return fail_last();
	image_copy(&room->image, m);
	for (int y = 1; y < m->height - 1; y++)
		sharpen_row(row_of(m, y), row_of(&room->image, y),
		    room->image.stride, m->width, m->channels, factor);
	return 0;
}
