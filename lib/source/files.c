/* SPDX-License-Identifier: MIT */
#include "source/files.h"

#include <stdint.h>
#include <string.h>

#include "base/num.h"

#define PADDING ((size_t)1 << 20)

void
files_clear(struct files *f)
{
	f->bytes.size = f->sizes.size = 0;
	f->n = f->longest = 0;
}

bool
files_fit(const struct files *f, size_t size, size_t most_bytes)
{
	const size_t longest = size > f->longest ? size : f->longest;
	const size_t real = f->bytes.size + size;
	size_t all;

	if (f->n == 0)
		return true;
	return num_mul(longest, f->n + 1, &all) == 0 && all <= most_bytes
	    && all - real <= (real > PADDING ? real : PADDING);
}

int
files_add(struct files *f, const struct buf *file)
{
	const size_t size = file->size;

	if (buf_append(&f->bytes, file->data, size) < 0
	    || buf_append(&f->sizes, &size, sizeof(size)) < 0)
		return fail_last();
	f->longest = size > f->longest ? size : f->longest;
	f->n++;
	return 0;
}

int
files_give(const struct files *f, struct rec *r)
{
	const size_t shape[2] = { f->n, f->longest };
	const unsigned char *from = f->bytes.data;
	unsigned char *to;
	int64_t *sizes;
	void *data;

	if (rec_add_tensor(r, "jpeg", DTYPE_U1, 2, shape, &data) < 0)
		return fail_last();
	to = data;
	if (rec_add_tensor(r, "jpeg_size", DTYPE_I8, 1, shape, &data) < 0)
		return fail_last();
	sizes = data;
	for (size_t i = 0; i < f->n; i++) {
		size_t size;

		memcpy(&size, f->sizes.data + i * sizeof(size), sizeof(size));
		memcpy(to, from, size);
		memset(to + size, 0, f->longest - size);
		from += size;
		to += f->longest;
		sizes[i] = (int64_t)size;
	}
	return 0;
}

void
files_free(struct files *f)
{
	buf_free(&f->bytes);
	buf_free(&f->sizes);
}
