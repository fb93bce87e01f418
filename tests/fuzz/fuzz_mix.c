/* SPDX-License-Identifier: MIT */
/* Anything as views to be mixed, in each of the ways. */
#include <stdlib.h>

#include "fuzz.h"
#include "stream/stream.h"
#include "view/mixer.h"

const struct fuzz_target fuzz_target = { .choices = 1, .is_stream = true };

static void
use(const struct mixer *m, const unsigned char *bytes, size_t size)
{
	struct stream_in *in = stream_open_bytes(bytes, size);
	struct rec rec = { 0 };
	uint64_t step = 0;
	int got = in == NULL ? -1 : 1;

	while (got > 0 && (got = stream_read(in, &rec)) > 0)
		got = mixer_apply(m, &rec, step++, fuzz_pool()) < 0 ? -1 : 1;
	if (got < 0)
		fuzz_failed();
	stream_close(in);
	rec_free(&rec);
}

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	unsigned char *packed;
	size_t n;
	int how;

	if (size < 1)
		return 0;
	how = bytes[0];
	packed = fuzz_pack(bytes + 1, size - 1, 0, &n);
	for (int mode = MIXER_UP; mode <= MIXER_INPUT; mode++) {
		const struct mixer m = { .mode = (enum mixer_mode)mode,
			.alpha = how & 1 ? 1 : how & 2 ? 1e-3 : 1e6,
			.fold = how & 4, .one_share = how & 8,
			.partners = 1 + (size_t)(how >> 4 & 3), .seed = 5,
			.view = mode == MIXER_INPUT && how & 64 ? -1 :
			    how >> 7 };

		use(&m, packed, n);
	}
	free(packed);
	return 0;
}
