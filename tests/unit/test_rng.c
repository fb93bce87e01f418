/* SPDX-License-Identifier: MIT */
#include "base/rng.h"

#include <stdlib.h>

#include "tap.h"

/*
 * Known answers of Philox4x32-10 from the authors' Random123 library
 * (kat_vectors): counter, key, output.  The generator's public face reaches
 * the block function through counters it makes itself, so the function is
 * written out a second time here, checked against the known answers, and
 * rng_u32 is then compared with it.
 */
static const uint32_t known[3][10] = {
	{ 0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 },
	{ 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
	    0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd },
	{ 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822,
	    0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 },
};

static void
slow_philox(uint32_t c[4], const uint32_t key[2])
{
	uint32_t k[2] = { key[0], key[1] };

	for (int round = 0; round < 10; round++) {
		const uint64_t p0 = (uint64_t)c[0] * 0xD2511F53u;
		const uint64_t p1 = (uint64_t)c[2] * 0xCD9E8D57u;
		const uint32_t next[4] = { (uint32_t)(p1 >> 32) ^ c[1] ^ k[0],
			(uint32_t)p1, (uint32_t)(p0 >> 32) ^ c[3] ^ k[1],
			(uint32_t)p0 };

		memcpy(c, next, sizeof(next));
		k[0] += 0x9E3779B9u;
		k[1] += 0xBB67AE85u;
	}
}

static void
check_known_answers(void)
{
	for (int i = 0; i < 3; i++) {
		uint32_t c[4], key[2] = { known[i][4], known[i][5] };

		memcpy(c, known[i], sizeof(c));
		slow_philox(c, key);
		ok(memcmp(c, &known[i][6], sizeof(c)) == 0,
		    "Philox known answer %d", i);
	}
}

/* The library's own words, from the block function written out above. */
static void
check_against_slow(void)
{
	struct rng r = rng_at(7, 3, 0x100000002, 1, RNG_AUGMENT);
	uint32_t what[4] = { 2, 1, 1, RNG_AUGMENT }, seed[2] = { 7, 0 };
	bool same = true;

	slow_philox(what, seed);
	for (uint32_t block = 0; block < 5; block++) {
		uint32_t c[4] = { block, 3, 0, what[2] };

		slow_philox(c, what);
		for (int i = 3; i >= 0; i--)
			same = same && rng_u32(&r) == c[i];
	}
	ok(same, "rng_u32 counts the blocks of its key");
}

static void
check_coordinates(void)
{
	const uint64_t base[5] = { 1, 2, 3, 4, 5 };
	struct rng r = rng_at(1, 2, 3, 4, 5), again = rng_at(1, 2, 3, 4, 5);
	const uint64_t first = rng_u64(&r);

	ok(first == rng_u64(&again), "the same coordinates, the same number");
	for (int i = 0; i < 5; i++) {
		uint64_t c[5];

		memcpy(c, base, sizeof(c));
		c[i]++;
		r = rng_at(c[0], c[1], c[2], (uint32_t)c[3], (uint32_t)c[4]);
		ok(rng_u64(&r) != first, "coordinate %d matters", i);
	}
	r = rng_at(1 + (1ull << 32), 2, 3, 4, 5);
	ok(rng_u64(&r) != first, "the seed's upper half matters");
	r = rng_at(1, 2 + (1ull << 32), 3, 4, 5);
	ok(rng_u64(&r) != first, "the epoch's upper half matters");
}

static void
check_distributions(void)
{
	struct rng r = rng_at(0, 0, 0, 0, 1);
	double sum = 0, squares = 0, low = 1, high = 0;
	long counts[7] = { 0 }, heads = 0;
	bool even = true;

	for (int i = 0; i < 70000; i++) {
		const double u = rng_unit(&r), g = rng_normal(&r);

		low = u < low ? u : low;
		high = u > high ? u : high;
		sum += g;
		squares += g * g;
		counts[rng_below(&r, 7)]++;
		heads += rng_coin(&r, 0.25);
	}
	ok(low >= 0 && low < 1e-3 && high < 1 && high > 0.999,
	    "rng_unit fills [0,1)");
	is_near(sum / 70000, 0, 0.02, "normal: mean");
	is_near(squares / 70000, 1, 0.02, "normal: variance");
	is_near((double)heads / 70000, 0.25, 0.01, "coin");
	for (int i = 0; i < 7; i++)
		even = even && labs(counts[i] - 10000) < 400;
	ok(even, "rng_below is even");
}

static void
check_permutation(void)
{
	struct rng r = rng_at(0, 0, 0, 0, RNG_SHUFFLE);
	size_t order[100], firsts[4] = { 0 };
	bool seen[100] = { false };
	size_t distinct = 0;

	rng_permutation(&r, order, 100);
	for (int i = 0; i < 100; i++) {
		distinct += !seen[order[i]];
		seen[order[i]] = true;
	}
	is_int((long long)distinct, 100, "a permutation holds each once");
	for (int i = 0; i < 4000; i++) {
		rng_permutation(&r, order, 4);
		firsts[order[0]]++;
	}
	for (int i = 0; i < 4; i++)
		is_near((double)firsts[i], 1000, 130, "first is %d", i);
	rng_permutation(&r, order, 0);
}

int
main(void)
{
	check_known_answers();
	check_against_slow();
	check_coordinates();
	check_distributions();
	check_permutation();
	return tap_done();
}
