/*
 * synth_form: the shapes and textures that classes are made of.
 *
 * Coordinates are the object's own: its reach is about 1.  Shapes are signed
 * distances (negative inside), textures the share of the second colour.
 */
#ifndef SELF_IMAGE_SYNTH_FORM_H
#define SELF_IMAGE_SYNTH_FORM_H

struct point {
	float x, y;
};

struct form_shape {
	const char *name;
	float (*distance)(struct point);
};

struct form_texture {
	const char *name;
	/* 0..1 at a point, blurred over `width`, the breadth of a pixel. */
	float (*share)(struct point, float width);
};

#define FORM_SHAPES 6
#define FORM_TEXTURES 5

extern const struct form_shape form_shapes[FORM_SHAPES];
extern const struct form_texture form_textures[FORM_TEXTURES];

/* How much of a pixel of breadth `width` lies inside, from its centre's
 * signed distance to the edge. */
float form_cover(float distance, float width);

#endif
