/* SPDX-License-Identifier: MIT */
#include "nn/nn_op.h"

const struct nn_back nn_backs[] = {
	{ &nn_op_batchnorm, nn_batchnorm_backward },
	{ &nn_op_conv2d, nn_conv2d_backward },
	{ &nn_op_linear, nn_linear_backward },
	{ &nn_op_maxpool, nn_maxpool_backward },
	{ &nn_op_meanpool, nn_meanpool_backward },
	{ &nn_op_relu, nn_relu_backward },
};
const size_t nn_n_backs = sizeof(nn_backs) / sizeof(nn_backs[0]);
