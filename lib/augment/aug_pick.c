/* SPDX-License-Identifier: MIT */
/* pick: several times one of the steps that follow with a bar in front, each
 * done with a probability of its own (aug_make does it). */
#include "augment/ops.h"

const struct aug_op aug_op_pick = {
	"pick", "times draws from the steps behind |, each done with `each`",
	{
		[AUG_PICK_TIMES] = { "times", { 1, 1, 0 }, 0, 100, NULL, AUG_WHOLE },
		[AUG_PICK_EACH] = { "each", { 1, 1, 0 }, 0, 1, NULL, true },
	},
	NULL, NULL, NULL,
};
