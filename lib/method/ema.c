/* SPDX-License-Identifier: MIT */
#include "method/ema.h"

void
ema_step(struct nn_params *slow, const struct nn_params *fast, double m)
{
	kernel_average(slow->kernel, slow->value, fast->value,
	    slow->n_values, (float)m);
}
