/*
 * synth: procedural pictures with labels, the project's own data set.
 *
 * A class is a shape filled with a texture ("ring-stripes").  Everything
 * else is nuisance: colours, contrast, place, size, rotation, light,
 * background, clutter behind and in front of the object, sensor noise.  A
 * picture follows from (seed, part, class, index) alone; another size shows
 * the same scene.  Pixels RGB 0..255, edges antialiased at every size.
 */
#ifndef SELF_IMAGE_SYNTH_H
#define SELF_IMAGE_SYNTH_H

#include <stdint.h>

#include "image/image.h"

#define SYNTH_CLASSES 30	/* the first 10 use every shape and texture */
#define SYNTH_NAME 32		/* bytes that hold any class name */

struct synth {
	uint64_t seed;
	uint32_t part;		/* 0 train, 1 test: pictures never coincide */
	int class;		/* 0..SYNTH_CLASSES-1 */
	uint64_t index;		/* which picture of the class */
};

/* "disc-plain" for class 0; fixed for ever. */
void synth_name(int class, char name[SYNTH_NAME]);

/* `to` becomes [size,size,3]; `canvas` is scratch, kept between calls. */
int synth_draw(struct picture *to, struct buf *canvas, const struct synth *,
    int size) FAIL_CHECKED;

#endif
