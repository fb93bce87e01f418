/* SPDX-License-Identifier: MIT */
/* dropout: each number becomes 0 with a probability, the others stay as they
 * are (i-Mix's only augmentation of table rows).  With `columns` only so many
 * from the first on: those that are measured and no category. */
#include "augment/ops.h"

enum { RATE, COLUMNS };

static int
numbers(float *x, size_t n, size_t row, const struct aug_number *number,
    struct rng *r)
{
	const size_t columns = (size_t)number[COLUMNS].low;
	const double rate = aug_draw(&number[RATE], r);

	for (size_t i = 0; i < n; i++)
		if ((columns == 0 || i % row < columns) && rng_coin(r, rate))
			x[i] = 0;
	return 0;
}

static int
apply(struct aug_canvas *c, const struct aug_number *n, struct rng *r)
{
	(void)c;
	(void)n;
	(void)r;
	return fail(FAIL_USAGE, "is for numbers (field x), not for pictures");
}

const struct aug_op aug_op_dropout = {
	"dropout", "numbers become 0 now and then",
	{
		{ "rate", { 0.2, 0.2, 0 }, 0, 1, NULL, false },
		{ "columns", { 0, 0, 0 }, 0, 1e9, NULL, AUG_WHOLE },
	},
	apply, NULL, numbers,
};
