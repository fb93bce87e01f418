/*
 * floats: what is done to pictures of floats, 0..1, [pixels,3], as the
 * TensorFlow and JAX codes of SimCLR and BYOL do it: numbers are not rounded
 * in between, and only cut off where a function says so.
 */
#ifndef SELF_IMAGE_FLOATS_H
#define SELF_IMAGE_FLOATS_H

#include <stddef.h>

void floats_add(float *x, size_t pixels, float delta);
void floats_scale(float *x, size_t pixels, float factor);
/* Away from each channel's own mean. */
void floats_contrast(float *x, size_t pixels, float factor);
/* HSV: S times factor, cut off to 0..1. */
void floats_saturate(float *x, size_t pixels, float factor);
/* HSV: H + shift turns. */
void floats_hue(float *x, size_t pixels, float shift);
/* 0.2989 R + 0.5870 G + 0.1140 B in every channel. */
void floats_gray(float *x, size_t pixels);
/* x < threshold ? x : 1 - x. */
void floats_solarize(float *x, size_t pixels, float threshold);
/* Cut off to 0..1. */
void floats_clip(float *x, size_t pixels);

void floats_from_bytes(float *x, const unsigned char *from, size_t n);
/* Cut off to 0..1, times 255, rounded to nearest. */
void floats_to_bytes(unsigned char *to, const float *x, size_t n);

#endif
