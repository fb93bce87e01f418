/* SPDX-License-Identifier: MIT */
#include "stream/rec.h"

#include "tap.h"

static void
check_tensor_patterns(struct rec *r)
{
	const size_t shape[4] = { 2, 3, 3, 5 };
	const struct tensor *t;
	void *data;

	ok(rec_add_tensor(r, "x", DTYPE_F4, 4, shape, &data) == 0, "add");
	ok(rec_tensor(r, "x", DTYPE_F4, "nhhc", &t) == 0 && t->data == data,
	    "nhhc");
	ok(rec_tensor(r, "x", DTYPE_F4, "2**5", &t) == 0, "2**5");
	ok(rec_tensor(r, "x", DTYPE_F4, "****", &t) == 0, "****");
	is_int(rec_tensor(r, "x", DTYPE_F4, "nnhc", &t), FAIL_FORMAT, "nnhc");
	is_text(fail_text(), "field x is f4 [2,3,3,5], not f4 [nnhc] "
	    "(4 dimensions)", "says what is there");
	is_int(rec_tensor(r, "x", DTYPE_F4, "n33", &t), FAIL_FORMAT, "n33");
	is_int(rec_tensor(r, "x", DTYPE_F4, "3***", &t), FAIL_FORMAT, "3***");
	is_int(rec_tensor(r, "x", DTYPE_U1, "****", &t), FAIL_FORMAT, "u1");
	is_int(rec_tensor(r, "y", DTYPE_U1, "****", &t), FAIL_FORMAT, "no y");
	is_text(fail_text(), "no field y in this record", "says so");
	ok(rec_add(r, "t", value_text("x")) == 0, "add text");
	is_int(rec_tensor(r, "t", DTYPE_U1, "", &t), FAIL_FORMAT, "text");
	is_text(fail_text(), "field t is text, not u1 [] (0 dimensions)",
	    "says so");
}

static void
check_fields(struct rec *r)
{
	struct rec other = { 0 };
	const size_t shape[1] = { 3 }, deep[9] = { 1 };

	is_int((long long)rec_count(r), 2, "two fields");
	is_text(rec_at(r, 1)->name, "t", "in order");
	ok(rec_add(&other, "t", value_int(5)) == 0 &&
	    rec_add(&other, "x", *rec_find(r, "x")) == 0 &&
	    rec_count(&other) == 2, "a borrowed field");
	is_int(value_get_int(&other.fields, "t", 0), 5, "beside its own");
	rec_remove(&other, "t");
	rec_remove(&other, "nothing");
	ok(rec_count(&other) == 1 && rec_find(&other, "t") == NULL, "remove");
	ok(rec_add_tensor(&other, "x", DTYPE_U1, 1, shape, NULL) == 0 &&
	    rec_count(&other) == 1 && rec_count(r) == 2,
	    "a shared field can be replaced");
	is_int(rec_find(r, "x")->tensor->n_dims, 4, "where it came from not");
	is_int(rec_add_tensor(&other, "d", DTYPE_U1, 9, deep, NULL),
	    FAIL_LIMIT, "nine dimensions");
	rec_free(&other);
	rec_free(&other);
}

static void
check_samples(void)
{
	struct rec r = { 0 };
	const size_t three[2] = { 3, 2 }, two[1] = { 2 };
	struct value keys[2] = { value_text("a"), value_text("b") };
	struct value numbers[1] = { value_int(1) };
	size_t n = 99;

	ok(rec_samples(&r, &n) == 0 && n == 0, "none in nothing");
	ok(rec_add(&r, "epoch", value_int(7)) == 0 &&
	    rec_add(&r, "list", value_array(numbers, 1)) == 0 &&
	    rec_samples(&r, &n) == 0 && n == 0, "plain values do not count");
	ok(rec_add_tensor(&r, "x", DTYPE_U1, 2, three, NULL) == 0 &&
	    rec_samples(&r, &n) == 0 && n == 3, "three");
	ok(rec_add(&r, "key", value_array(keys, 2)) == 0 &&
	    rec_samples(&r, &n) == FAIL_FORMAT, "three and two keys");
	is_text(fail_text(), "field x has 3 samples, field key has 2", "said");
	ok(rec_add_tensor(&r, "x", DTYPE_U1, 1, two, NULL) == 0 &&
	    rec_samples(&r, &n) == 0 && n == 2, "two and two");
	ok(rec_add_tensor(&r, "s", DTYPE_F8, 0, NULL, NULL) == 0 &&
	    rec_samples(&r, &n) == FAIL_FORMAT, "a scalar");
	rec_clear(&r);
	ok(rec_count(&r) == 0 && rec_find(&r, "x") == NULL, "cleared");
	rec_free(&r);
}

int
main(void)
{
	struct rec r = { 0 };

	check_tensor_patterns(&r);
	check_fields(&r);
	rec_free(&r);
	check_samples();
	return tap_done();
}
