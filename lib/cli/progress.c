/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/line.h"

#define REDRAW_S 0.5
#define PLAIN_S 30.0

struct progress {
	const char *unit;
	uint64_t total, done;
	double begin, last;		/* seconds of the monotonic clock */
	bool terminal;
	bool said;			/* a plain line was written */
};

struct progress *
progress_new(const struct cli *cli, const char *unit, uint64_t total)
{
	struct progress *p = cli->common->quiet ? NULL : calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;	/* no progress shown is no harm done */
	p->unit = unit;
	p->total = total;
	p->terminal = isatty(STDERR_FILENO) == 1;
	p->begin = p->last = clock_seconds();
	return p;
}

/* "1:02:03" or "4:05" */
static const char *
clock_text(char *text, size_t room, double seconds)
{
	const unsigned long s = (unsigned long)(seconds + 0.5);

	if (s >= 3600)
		snprintf(text, room, "%lu:%02lu:%02lu", s / 3600,
		    s / 60 % 60, s % 60);
	else
		snprintf(text, room, "%lu:%02lu", s / 60, s % 60);
	return text;
}

/* "1200/5000 images, 310 images/s, 0:12 left" */
static void
describe(const struct progress *p, char *text, size_t room, double time)
{
	const double passed = time - p->begin;
	const double rate = passed > 0 ? (double)p->done / passed : 0;
	const int digits = rate < 10 ? 2 : 0;
	char clock[32];

	if (p->total == 0 || p->done > p->total)
		snprintf(text, room, "%" PRIu64 " %s, %.*f %s/s, %s", p->done,
		    p->unit, digits, rate, p->unit,
		    clock_text(clock, sizeof(clock), passed));
	else
		snprintf(text, room, "%" PRIu64 "/%" PRIu64 " %s, %.*f %s/s, "
		    "%s left", p->done, p->total, p->unit, digits, rate,
		    p->unit, rate > 0 ? clock_text(clock, sizeof(clock),
		    (double)(p->total - p->done) / rate) : "?");
}

void
progress_at(struct progress *p, uint64_t done, const char *remark)
{
	const double time = p != NULL ? clock_seconds() : 0;
	char text[200];

	if (p == NULL)
		return;
	p->done = done;
	if (time - p->last < (p->terminal ? REDRAW_S : PLAIN_S))
		return;
	p->last = time;
	describe(p, text, sizeof(text), time);
	if (remark == NULL)
		remark = "";
	if (p->terminal)
		line_draw("%s%s%s", text, *remark != '\0' ? ", " : "", remark);
	else
		line_write("%s%s%s", text, *remark != '\0' ? ", " : "",
		    remark);
	p->said = true;
}

void
progress_end(struct progress *p)
{
	const double passed = p != NULL ? clock_seconds() - p->begin : 0;
	char clock[32];

	if (p == NULL)
		return;
	line_clear();
	if (p->said)
		line_write("%" PRIu64 " %s in %s, %.4g %s/s", p->done,
		    p->unit, clock_text(clock, sizeof(clock), passed),
		    passed > 0 ? (double)p->done / passed : 0, p->unit);
	free(p);
}
