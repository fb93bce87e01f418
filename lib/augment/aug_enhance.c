/* SPDX-License-Identifier: MIT */
/* brightness, contrast, saturation and sharpness by a factor: 0 takes away, 1
 * leaves as it is (Pillow's ImageEnhance). */
#include "augment/ops.h"
#include "image/tone.h"

#define FACTOR { { "factor", { 1, 1, 0 }, 0, 1000, NULL, false } }

static int
sharpness(struct aug_canvas *c, float factor)
{
	return tone_sharpness(&c->picture.image, factor, &c->other);
}

#define TONE(name) \
	static int \
	name(struct aug_canvas *c, float factor) \
	{ \
		tone_##name(&c->picture.image, factor); \
		return 0; \
	}

TONE(brightness)
TONE(contrast)
TONE(saturation)

#define OP(name) \
	static int \
	apply_##name(struct aug_canvas *c, const struct aug_number *n, \
	    struct rng *r) \
	{ \
		const float factor = (float)aug_draw(&n[0], r); \
		return aug_bytes(c) < 0 ? fail_last() : name(c, factor); \
	} \
	const struct aug_op aug_op_##name = { \
		#name, #name " times a factor; 1 changes nothing", FACTOR, \
		apply_##name, NULL, NULL, \
	}

OP(brightness);
OP(contrast);
OP(saturation);
OP(sharpness);
