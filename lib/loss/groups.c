/* SPDX-License-Identifier: MIT */
#include "loss/groups.h"

#include <stdbool.h>

static bool
before(const int64_t *label, size_t a, size_t b)
{
	return label[a] < label[b] || (label[a] == label[b] && a < b);
}

size_t
groups_order(size_t *order, const int64_t *label, size_t n)
{
	size_t m = 0;

	for (size_t i = 0; i < n; i++)
		if (label[i] >= 0)
			order[m++] = i;
	/* Shell's sort: in place, unlike the library's. */
	for (size_t gap = m / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11)
		for (size_t i = gap; i < m; i++) {
			const size_t row = order[i];
			size_t j = i;

			for (; j >= gap && before(label, row, order[j - gap]);
			    j -= gap)
				order[j] = order[j - gap];
			order[j] = row;
		}
	return m;
}

size_t
groups_end(const size_t *order, const int64_t *label, size_t n, size_t first)
{
	size_t i = first;

	while (i < n && label[order[i]] == label[order[first]])
		i++;
	return i;
}
