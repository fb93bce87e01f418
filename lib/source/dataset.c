/* SPDX-License-Identifier: MIT */
#include "source/dataset.h"

#include "stream/digest.h"

/* The label as 8 bytes, the lowest first, whatever the machine's order. */
static void
add_label(struct digest *d, int64_t label)
{
	unsigned char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)((uint64_t)label >> (8 * i));
	digest_bytes(d, bytes, sizeof(bytes));
}

static int
add_samples(struct digest *d, const struct source *s, const size_t *samples,
    size_t n)
{
	struct buf key = { 0 };
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = source_key(s, samples[i], &key);
		if (rc < 0)
			break;
		digest_bytes(d, key.data, key.size);
		digest_bytes(d, "", 1);
		add_label(d, source_label(s, samples[i]));
	}
	buf_free(&key);
	return rc;
}

int
dataset_describe(struct head *h, const struct source *s,
    const struct order *o)
{
	const size_t *samples;
	const size_t n = order_chosen(o, &samples);
	struct value map = value_map(NULL, 0), digest;
	char text[DIGEST_TEXT];
	struct digest d;
	int rc;

	digest_init(&d);
	if ((rc = add_samples(&d, s, samples, n)) < 0)
		return rc;
	digest_text(&d, text);
	digest = value_text(text);
	if ((rc = value_copy(&digest, &digest, &h->arena)) < 0 ||
	    (rc = value_set(&map, "samples", value_int((int64_t)n),
		&h->arena)) < 0 ||
	    (rc = value_set(&map, "digest", digest, &h->arena)) < 0)
		return rc;
	return value_set(&h->meta, "dataset", map, &h->arena);
}
