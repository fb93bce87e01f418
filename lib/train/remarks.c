/* SPDX-License-Identifier: MIT */
#include "train/remarks.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"

#define SMALL 64		/* px: views for the cifar stem */
#define LARGE 128
#define COLD 1e-3		/* temperatures outside are not in use */
#define HOT 10

static void
remark_stem(const struct train *t)
{
	const bool cifar = strcmp(t->spec.shape.stem, "cifar") == 0;
	const size_t size = t->view_size;

	if (!cifar && size > 0 && size <= SMALL)
		log_line(LOG_WARNING, "views of %zu px are small for "
		    "--stem imagenet, which shrinks them 32 times; --stem "
		    "cifar shrinks them 8 times", size);
	if (cifar && size >= LARGE)
		log_line(LOG_WARNING, "views of %zu px with --stem "
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

/* Which schedules run over the whole length, or NULL. */
static const char *
stretched(const struct train *t)
{
	const bool ema = t->run.row->target && t->ema_cosine;
	const bool rate = t->rate.kind == SCHED_COSINE ||
	    t->rate.kind == SCHED_COSINE_EPOCH;

	return rate && ema ? "the schedules of the learning rate and of the "
	    "target network change" : rate ? "the learning-rate schedule "
	    "changes" : ema ? "the target network's schedule changes" : NULL;
}

void
remarks_resumed(const struct train *t, const struct head *old)
{
	const int64_t steps = value_get_int(&old->meta, "total_steps", 0);
	const char *what = stretched(t);

	if (steps > 0 && (uint64_t)steps != t->total && what != NULL)
		log_line(LOG_WARNING, "--total-steps %" PRIu64 ", the "
		    "checkpoint's run had %" PRId64 ": %s", t->total, steps,
		    what);
}

void
remarks_log(const struct train *t, const struct head *stream, bool fresh)
{
	if (fresh)
		remark_stem(t);
	remark_queue(t, stream);
	remark_temperature(t);
}
