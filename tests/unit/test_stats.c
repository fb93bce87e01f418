/* SPDX-License-Identifier: MIT */
#include "stream/stats.h"

#include "tap.h"

int
main(void)
{
	float few[6] = { 1, NAN, 3, INFINITY, -INFINITY, 8 };
	static double many[3000];
	const struct tensor t = { DTYPE_F4, 1, { 6 }, sizeof(few), few };
	const struct tensor u = { DTYPE_F8, 1, { 3000 }, sizeof(many), many };
	struct stats s = { 0 };
	double squares = 0;

	is_near(stats_deviation(&s), 0, 0, "nothing");
	stats_add(&s, &t);
	is_int((long long)s.count, 3, "finite");
	is_int((long long)s.nan, 1, "NaN");
	is_int((long long)s.infinite, 2, "infinite");
	is_near(s.min, 1, 0, "least");
	is_near(s.max, 8, 0, "most");
	is_near(s.mean, 4, 1e-15, "mean");
	is_near(stats_deviation(&s), sqrt(26.0 / 3), 1e-14, "deviation");
	/* Far from 0, where naive sums of squares lose everything. */
	for (int i = 0; i < 3000; i++)
		many[i] = 1e9 + i % 7;
	s = (struct stats){ 0 };
	stats_add(&s, &u);
	stats_add(&s, &u);
	for (int i = 0; i < 3000; i++)
		squares += pow(many[i] - 1e9 - 2.998, 2);
	is_int((long long)s.count, 6000, "twice");
	is_near(stats_deviation(&s), sqrt(squares / 3000), 1e-5,
	    "blocks join");
	return tap_done();
}
