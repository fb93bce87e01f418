/*
 * synth_scene: what is to be seen in one procedural picture.
 *
 * The scene's square is -1..1 both ways, y down; angles are radians, colours
 * light in 0..1.
 */
#ifndef SELF_IMAGE_SYNTH_SCENE_H
#define SELF_IMAGE_SYNTH_SCENE_H

#include "image/synth.h"
#include "image/synth_form.h"

#define SCENE_LATTICE 4		/* knots of a field of light, a side */
#define SCENE_ITEMS 12

struct color {
	float r, g, b;
};

struct item {
	const struct form_shape *shape;
	struct point at;
	float reach, turn;	/* half its extent */
	float stretch;		/* along its own x */
	struct color color;
};

struct scene {
	struct item object;
	const struct form_texture *texture;
	struct color second;	/* the texture's other colour */
	float texture_turn, texture_scale;
	struct point texture_shift;
	float shading;		/* how much darker the object is at its rim */

	struct color ground;
	struct item items[SCENE_ITEMS];
	int behind, n_items;	/* the first `behind` lie behind the object */

	/* Coloured light over all, as a difference from 1, and its fall from
	 * one side to the other. */
	float tint[3][SCENE_LATTICE][SCENE_LATTICE];
	struct point fall;
	float exposure;		/* the picture's mean brightness */
	float noise;		/* standard deviation */
};

void scene_draw(struct scene *, const struct synth *);

#endif
