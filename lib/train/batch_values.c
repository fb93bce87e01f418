/* SPDX-License-Identifier: MIT */
/* Pixels as a network takes them: their units, and what normalizes them. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/num.h"
#include "train/batch.h"

int
batch_norm_init(struct batch_norm *b, int channels, const double *mean,
    const double *std, int n)
{
	if (channels < 1 || channels > BATCH_CHANNELS ||
	    (n != 1 && n != channels))
		return fail(FAIL_USAGE, "a mean and deviation of %d channels "
		    "for pictures of %d", n, channels);
	b->channels = channels;
	for (int i = 0; i < channels; i++) {
		const int from = n == 1 ? 0 : i;

		if (!(std[from] > 0 && std[from] <= 1))
			return fail(FAIL_USAGE, "a standard deviation of %g; "
			    "it is in units of pixels / 255, above 0 and up "
			    "to 1", std[from]);
		if (!(mean[from] >= 0 && mean[from] <= 1))
			return fail(FAIL_USAGE, "a mean of %g; it is in units "
			    "of pixels / 255, 0 to 1", mean[from]);
		b->scale[i] = (float)(1 / (255 * std[from]));
		b->shift[i] = (float)(-mean[from] / std[from]);
	}
	return 0;
}

int
batch_numbers(const char *text, double min, double max, double *x, int most)
{
	int n = 0;

	for (;;) {
		const size_t size = strcspn(text, ",");
		char one[64];
		int rc;

		if (n == most)
			return fail(FAIL_USAGE, "more than %d numbers", most);
		if (size >= sizeof(one))
			return fail(FAIL_USAGE, "%s: not a number", text);
		memcpy(one, text, size);
		one[size] = '\0';
		if ((rc = num_float(one, min, max, &x[n++])) < 0)
			return rc;
		if (text[size] == '\0')
			return n;
		text += size + 1;
	}
}

/* There is a value that is not finite. */
static int
refuse_odd(const struct tensor *t, const char *name)
{
	const float *x = t->data;
	const size_t size = t->bytes / sizeof(*x) / t->shape[0];
	size_t i = 0;

	while (isfinite(x[i]))
		i++;
	return fail(FAIL_FORMAT, "%s: a value that is not finite (%g) in "
	    "sample %zu", name, (double)x[i], i / size);
}

/* Pixels of f4 are in the units of u1: values of other units, which a network
 * would take for darkness, are refused. */
static int
check_units(const struct tensor *t, const char *name)
{
	const float *x = t->data;
	const size_t n = t->bytes / sizeof(*x);
	float low = n > 0 ? x[0] : 0, high = low;
	int odd = 0;

	for (size_t i = 0; i < n; i++) {
		odd |= !(x[i] - x[i] >= 0);
		low = x[i] < low ? x[i] : low;
		high = x[i] > high ? x[i] : high;
	}
	if (odd)
		return refuse_odd(t, name);
	if (low < -1 || high > 256)
		return fail(FAIL_FORMAT, "%s: values from %g to %g; pixels are "
		    "0 to 255", name, (double)low, (double)high);
	if (high <= 1 && (high > 0 || low < 0))
		return fail(FAIL_FORMAT, "%s: values from %g to %g; pixels are "
		    "0 to 255, not 0 to 1: multiply by 255", name, (double)low,
		    (double)high);
	return 0;
}

int
batch_check_pixels(const struct rec *rec, const char *name, int channels,
    const struct tensor **tensor)
{
	const struct value *v = rec_find(rec, name);
	const struct tensor *t;

	if (v == NULL)
		return rec_lacks(rec, name);
	if (v->type != VALUE_TENSOR)
		return fail(FAIL_FORMAT, "%s: not a tensor", name);
	t = v->tensor;
	if ((t->dtype != DTYPE_U1 && t->dtype != DTYPE_F4) || t->n_dims != 4)
		return fail(FAIL_FORMAT, "%s: %s of %d dimensions; pictures "
		    "are u1 or f4 of 4", name, dtype_name(t->dtype),
		    t->n_dims);
	if (t->shape[3] != (size_t)channels)
		return fail(FAIL_FORMAT, "%s: %zu channels, the network takes "
		    "%d", name, t->shape[3], channels);
	if (t->shape[0] > INT_MAX || t->shape[1] > INT_MAX ||
	    t->shape[2] > INT_MAX)
		return fail(FAIL_LIMIT, "%s: too large", name);
	*tensor = t;
	return t->dtype == DTYPE_F4 ? check_units(t, name) : 0;
}
