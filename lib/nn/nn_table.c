/* SPDX-License-Identifier: MIT */
#include "nn/nn_op.h"

const struct nn_op *const nn_ops[] = {
	&nn_op_batchnorm,
	&nn_op_conv2d,
	&nn_op_linear,
	&nn_op_maxpool,
	&nn_op_meanpool,
	&nn_op_relu,
};
const size_t nn_n_ops = sizeof(nn_ops) / sizeof(nn_ops[0]);
