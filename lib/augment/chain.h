/*
 * chain: a fixed list of operations, for looking and for tests.
 *
 * Text as ssl-augment --ops takes it, separated by commas: crop=x,y,w,h
 * resize=WxH:bilinear|bicubic flip brightness=f contrast=f saturation=f
 * hue=f gray blur=sigma:taps solarize=t posterize=bits autocontrast equalize
 * invert sharpness=f shearx=f sheary=f translatex=px translatey=px
 * rotate=deg.
 */
#ifndef SELF_AUGMENT_CHAIN_H
#define SELF_AUGMENT_CHAIN_H

#include "augment/augment.h"

#define CHAIN_NUMBERS 4
#define CHAIN_MOST 64

struct chain_row;

struct chain {
	int n;
	struct {
		const struct chain_row *row;
		double numbers[CHAIN_NUMBERS];
		enum resize_filter filter;
	} links[CHAIN_MOST];
};

int chain_parse(struct chain *, const char *text) FAIL_CHECKED;

/* Applies the chain to a copy of `source`; the result is in c->picture. */
int chain_apply(const struct chain *, struct aug_canvas *c,
    const struct image *source) FAIL_CHECKED;

#endif
