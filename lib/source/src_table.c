/* SPDX-License-Identifier: MIT */
#include "source/kind.h"

/* The first that knows an operand takes it; the last knows everything. */
const struct src_kind *const src_table[] = {
	&src_dir,
	&src_list,
	&src_tar,
	&src_tz,
	&src_file,
};
