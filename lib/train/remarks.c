/* SPDX-License-Identifier: MIT */
#include "train/remarks.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"

#define SMALL 64		/* px: views for the cifar stem */
#define LARGE 128
#define COLD 1e-3		/* temperatures outside are not in use */
#define HOT 10

/* Pixels on a side of the first view, or 0. */
static int64_t
view_size(const struct head *h)
{
	const struct value *v = value_find(&h->meta, "views");

	return v == NULL || v->type != VALUE_ARRAY || v->array.n == 0 ? 0 :
	    value_get_int(&v->array.items[0], "size", 0);
}

static void
remark_stem(const struct train *t, const struct head *h)
{
	const bool cifar = strcmp(t->spec.shape.stem, "cifar") == 0;
	const int64_t size = view_size(h);

	if (!cifar && size > 0 && size <= SMALL)
		log_line(LOG_WARNING, "views of %" PRId64 " px are small for "
		    "--stem imagenet, which shrinks them 32 times; --stem "
		    "cifar shrinks them 8 times", size);
	if (cifar && size >= LARGE)
		log_line(LOG_WARNING, "views of %" PRId64 " px with --stem "
		    "cifar take about 16 times the time and memory of --stem "
		    "imagenet", size);
}

static void
remark_queue(const struct train *t, const struct head *h)
{
	const int64_t n = value_get_int(&h->meta, "epoch_samples", 0);

	if (n > 0 && t->run.keys.k > (size_t)n)
		log_line(LOG_WARNING, "a queue of %zu keys is more than the "
		    "%" PRId64 " images of an epoch, so that negatives are "
		    "older keys of the same image; give --queue a "
		    "multiple of the batch up to %" PRId64,
		    t->run.keys.k, n, n);
}

static void
remark_temperature(const struct train *t)
{
	struct loss_options o = t->run.options.loss;

	if (t->run.row->loss->temperature > 0 &&
	    loss_defaults(t->run.row->loss, &o) == 0 &&
	    (o.temperature < COLD || o.temperature > HOT))
		log_line(LOG_WARNING, "--temperature %g: similarities lie "
		    "between -1 and 1, and papers divide them by 0.05 to 1",
		    o.temperature);
}

void
remarks_log(const struct train *t, const struct head *stream, bool fresh)
{
	if (fresh)
		remark_stem(t, stream);
	remark_queue(t, stream);
	remark_temperature(t);
}
