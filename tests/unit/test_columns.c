/* SPDX-License-Identifier: MIT */
/* Records of samples gathered row by row; what does not fit is refused. */
#include <stdlib.h>

#include "tap.h"
#include "view/columns.h"

/* n samples with a tensor [n,columns] of numbers from `first` on. */
static void
make(struct rec *r, enum dtype dtype, size_t n, size_t columns, int first)
{
	const size_t shape[2] = { n, columns };
	void *data;

	rec_clear(r);
	if (rec_add_tensor(r, "extra", dtype, 2, shape, &data) < 0)
		abort();
	for (size_t i = 0; i < n * columns; i++)
		if (dtype == DTYPE_I8)
			((int64_t *)data)[i] = first + (int64_t)i;
		else
			((float *)data)[i] = (float)first + (float)i;
}

int
main(void)
{
	static const char *const skip[] = { "image", NULL };
	struct rec a = { 0 }, b = { 0 }, out = { 0 };
	struct columns c;
	const struct tensor *t;

	make(&a, DTYPE_F4, 2, 2, 0);
	ok(columns_begin(&c, &out, 3, &a, skip) == 0
	    && columns_copy(&c, 0, &a, 1) == 0, "a row of the first record");
	make(&b, DTYPE_F4, 5, 2, 10);
	ok(columns_copy(&c, 1, &b, 4) == 0, "a row of a longer record");
	ok(rec_tensor(&out, "extra", DTYPE_F4, "32", &t) == 0
	    && ((float *)t->data)[0] == 2 && ((float *)t->data)[3] == 19,
	    "both lie where they should");
	make(&b, DTYPE_I8, 2, 1, 7);
	ok(columns_copy(&c, 2, &b, 0) == FAIL_FORMAT,
	    "another dtype of as many bytes: %s", fail_text());
	make(&b, DTYPE_F4, 2, 3, 0);
	ok(columns_copy(&c, 2, &b, 0) == FAIL_FORMAT, "another width: %s",
	    fail_text());
	rec_clear(&b);
	ok(columns_copy(&c, 2, &b, 0) == FAIL_FORMAT, "no such field: %s",
	    fail_text());
	rec_free(&a);
	rec_free(&b);
	rec_free(&out);
	return tap_done();
}
