/* SPDX-License-Identifier: MIT */
#include "augment/ops.h"

const struct aug_op *const aug_ops[] = {
	&aug_op_autocontrast, &aug_op_blur, &aug_op_brightness,
	&aug_op_centre, &aug_op_contrast, &aug_op_crop, &aug_op_cutout,
	&aug_op_dropout, &aug_op_equalize, &aug_op_flip, &aug_op_float, &aug_op_gray,
	&aug_op_identity, &aug_op_invert, &aug_op_jitter, &aug_op_pad,
	&aug_op_pick, &aug_op_posterize, &aug_op_rotate, &aug_op_saturation,
	&aug_op_sharpness, &aug_op_shearx, &aug_op_sheary, &aug_op_solarize,
	&aug_op_translatex, &aug_op_translatey,
};
const size_t aug_n_ops = sizeof(aug_ops) / sizeof(aug_ops[0]);
