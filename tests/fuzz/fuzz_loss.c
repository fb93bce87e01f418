/* SPDX-License-Identifier: MIT */
/* Anything as embeddings: each loss of them, with its gradients. */
#include <stdlib.h>

#include "fuzz.h"
#include "stream/stream.h"
#include "train/lossrec.h"

const struct fuzz_target fuzz_target = { .choices = 1, .is_stream = true };

static void
use(const struct loss *l, const struct loss_options *o,
    const unsigned char *bytes, size_t size, struct loss_work *w)
{
	struct stream_in *in = stream_open_bytes(bytes, size);
	struct rec rec = { 0 }, out = { 0 };
	int got = in == NULL ? -1 : 1;

	while (got > 0 && (got = stream_read(in, &rec)) > 0) {
		lossrec_remark(l, &rec);
		got = lossrec_run(l, o, &rec, &out, w) < 0 ? -1 : 1;
	}
	if (got < 0)
		fuzz_failed();
	stream_close(in);
	rec_free(&rec);
	rec_free(&out);
}

int
LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
	static struct loss_work work;
	static struct kernel *k;
	struct loss_options o = { .temperature = 0.5, .strong_temperature = 0.5,
		.strong_weight = 1 };
	unsigned char *packed;
	size_t n;

	if (k == NULL) {
		if ((k = kernel_new(fuzz_pool())) == NULL)
			abort();
		loss_work_init(&work, k);
	}
	if (size < 1)
		return 0;
	if (bytes[0] & 1)
		o.temperature = o.strong_temperature = 1e-6;
	o.anchor_only = bytes[0] & 2;
	packed = fuzz_pack(bytes + 1, size - 1, 0, &n);
	for (size_t m = 0; loss_row(m) != NULL; m++)
		use(loss_row(m), &o, packed, n, &work);
	free(packed);
	return 0;
}
