/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stdint.h>

#include "tap.h"

static void
check_pieces(struct arena *a)
{
	unsigned char *pieces[200];
	bool aligned = true, whole = true;

	for (size_t i = 0; i < 200; i++) {
		const size_t size = i * i % 7001;

		pieces[i] = arena_get(a, size);
		aligned = aligned && (uintptr_t)pieces[i] %
		    (size < ARENA_ALIGN ? ARENA_SMALL : ARENA_ALIGN) == 0;
		memset(pieces[i], (int)i, size);
	}
	for (size_t i = 0; i < 200; i++)
		for (size_t j = 0; j < i * i % 7001; j++)
			whole = whole && pieces[i][j] == i;
	ok(aligned, "pieces are aligned");
	ok(whole, "pieces do not overlap");
}

static void
check_grow(struct arena *a)
{
	unsigned char *p = arena_get(a, 100), *other;
	bool same = true;

	memset(p, 7, 100);
	ok(arena_grow(a, p, 100, 200) == p, "the newest grows in place");
	other = arena_get(a, 8);
	memset(other, 9, 8);
	p = arena_grow(a, p, 200, 300);
	for (int i = 0; i < 100; i++)
		same = same && p[i] == 7;
	ok(same && other[0] == 9, "an older one moves, whole");
	for (size_t size = 300; size < 10000000; size *= 2) {
		p = arena_grow(a, p, size, 2 * size);
		p[2 * size - 1] = 7;
	}
	for (int i = 0; i < 100; i++)
		same = same && p[i] == 7;
	ok(same, "growing far keeps what is there");
	is_int((uintptr_t)p % ARENA_ALIGN, 0, "and is aligned");
}

/* Sanitizers would rather stop than refuse. */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);

const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

const char *
__tsan_default_options(void)
{
	return "allocator_may_return_null=1";
}

int
main(void)
{
	struct arena a = { 0 };
	void *p;

	ok(!arena_fits(&a, 1), "nothing fits into nothing");
	check_pieces(&a);
	check_grow(&a);
	arena_reset(&a);
	ok(arena_fits(&a, 500000), "a reset keeps the memory");
	p = a.blocks;
	check_pieces(&a);
	ok(a.blocks == p, "the second round allocates nothing");
	arena_reset(&a);
	is_int((long long)a.used, 0, "and is empty again");
	is_text(arena_string(&a, "abcdef", 3), "abc", "a string gets its NUL");
	is_text(arena_string(&a, "", 0), "", "an empty one too");
	ok(arena_get(&a, SIZE_MAX) == NULL && fail_last() == FAIL_LIMIT,
	    "all memory and more is refused");
	ok(arena_get(&a, SIZE_MAX / 2) == NULL && fail_last() == FAIL_MEMORY,
	    "and so is half of it");
	ok(arena_string(&a, "", SIZE_MAX) == NULL, "for strings as well");
	arena_free(&a);
	ok(a.blocks == NULL, "freed");
	is_int(arena_reserve(&a, 300000), 0, "room is reserved");
	p = a.blocks;
	ok(arena_get(&a, 100000) != NULL && arena_get(&a, 199000) != NULL
	    && a.blocks == p, "for pieces of that size in all");
	arena_reset(&a);
	is_int(arena_reserve(&a, 300000), 0, "and again");
	ok(a.blocks == p, "which allocates nothing");
	is_int(arena_reserve(&a, SIZE_MAX), FAIL_LIMIT, "all there is is not");
	arena_free(&a);
	return tap_done();
}
