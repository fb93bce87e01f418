/* SPDX-License-Identifier: MIT */
#include "stream/digest.h"

#include "tap.h"

/* FIPS 180-4's examples (NIST, "Secure Hash Standard: test vectors"). */
static void
check(const char *text, size_t times, const char *want)
{
	struct digest d;
	char got[DIGEST_TEXT];

	digest_init(&d);
	for (size_t i = 0; i < times; i++)
		digest_bytes(&d, text, strlen(text));
	digest_text(&d, got);
	is_text(got, want, "%zu times %zu bytes", times, strlen(text));
}

int
main(void)
{
	struct digest d;
	char got[DIGEST_TEXT];

	check("", 1, "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	check("abc", 1, "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	check("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	    "248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1");
	check("aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67"
	    "f1809a48a497200e046d39ccc7112cd0");
	digest_init(&d);
	digest_bytes(&d, "a", 1);
	digest_bytes(&d, "bc", 2);
	digest_text(&d, got);
	ok(strncmp(got, "ba7816bf", 8) == 0, "in pieces");
	return tap_done();
}
