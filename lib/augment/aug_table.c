/* SPDX-License-Identifier: MIT */
#include "augment/ops.h"

const struct aug_op *const aug_ops[] = {
	&aug_op_blur, &aug_op_centre, &aug_op_crop, &aug_op_equalize,
	&aug_op_flip, &aug_op_float, &aug_op_gray, &aug_op_jitter,
	&aug_op_solarize,
};
const size_t aug_n_ops = sizeof(aug_ops) / sizeof(aug_ops[0]);
