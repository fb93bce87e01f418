/* SPDX-License-Identifier: MIT */
#include "train/running.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/outfile.h"
#include "base/stop.h"

#define SUFFIX ".part"

int
running_init(struct running *r, const char *out)
{
	const size_t size = strlen(out) + sizeof(SUFFIX);
	struct stat st;

	if (strcmp(out, "-") == 0 || (stat(out, &st) == 0 &&
	    !S_ISREG(st.st_mode)))
		return 0;
	if ((r->path = malloc(size)) == NULL)
		return fail_memory(size);
	snprintf(r->path, size, "%s" SUFFIX, out);
	outfile_clear(r->path);
	return 0;
}

void
running_free(struct running *r)
{
	free(r->path);
	*r = (struct running){ .own = false };
}

static bool
is_there(const char *path)
{
	struct stat st;

	return path != NULL && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool
same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	    x.st_ino == y.st_ino;
}

const char *
running_find(struct running *r, const char *out, const char *given)
{
	const bool there = is_there(r->path);
	const bool named = given != NULL && *given != '\0';

	r->own = there && given != NULL && (!named ||
	    strcmp(given, out) == 0 || same_file(given, r->path));
	if (r->own)
		return r->path;
	if (there)
		log_line(LOG_WARNING, "%s is of a run that was stopped, and "
		    "is not resumed; it is kept as %s.old (--resume continues "
		    "it)", r->path, r->path);
	if (given == NULL || named)
		return given;
	if (r->path != NULL && is_there(out))
		return out;
	log_line(LOG_INFO, "--resume: there is no %s yet; the run begins at "
	    "step 0", r->path);
	return NULL;
}

/* Another run's checkpoint stays under another name. */
static int
set_aside(const struct running *r)
{
	const size_t size = strlen(r->path) + sizeof(".old");
	char *old;
	int rc = 0;

	if (r->own || !is_there(r->path))
		return 0;
	if ((old = malloc(size)) == NULL)
		return fail_memory(size);
	snprintf(old, size, "%s.old", r->path);
	if (rename(r->path, old) < 0)
		rc = fail_errno("cannot rename to '%s'", old);
	free(old);
	return rc;
}

/* "step 5 of 20" */
static void
step_text(const struct train *t, uint64_t step, char *to, size_t size)
{
	if (t->total > 0)
		snprintf(to, size, "step %" PRIu64 " of %" PRIu64, step,
		    t->total);
	else
		snprintf(to, size, "step %" PRIu64, step);
}

/* The failure, with a clause about what there is to resume from. */
static int
add_saved(const struct running *r, const struct train *t, int rc,
    const char *why)
{
	char step[64];

	step_text(t, r->step, step, sizeof(step));
	if (rc == FAIL_DIVERGED)
		return fail(rc, "%s; %s is saved in %s; --resume "
		    "--resume-anyway goes on from there with other options",
		    why, step, r->path);
	return fail(rc, "%s; %s is saved in %s; to resume, repeat the command "
	    "with --resume (and ssl-decode --start-step %" PRIu64 ", to save "
	    "time)", why, step, r->path, r->step);
}

void
running_stopped(struct running *r, const struct train *t, int rc)
{
	struct fail_state why = { .code = FAIL_IO }, unsaved = { .code = 0 };
	int failed = 0;

	if (rc < 0)
		fail_save(&why);
	if (r->path != NULL && t->save != NULL && t->is_whole &&
	    t->step > r->step && (failed = t->save(t->arg, t)) < 0)
		fail_save(&unsaved);
	if (stop_signal() != 0)	/* which has ended the other tools too */
		snprintf(why.text, sizeof(why.text), "stopped by %s",
		    stop_name(stop_signal()));
	if (failed < 0) {
		(void)fail_restore(&why);
		snprintf(why.text, sizeof(why.text), "%.400s; cannot save "
		    "step %" PRIu64 ": %.400s", fail_text(), t->step,
		    unsaved.text);
	}
	if (r->own)
		add_saved(r, t, why.code, why.text);
	else if (failed < 0 || (!t->is_whole && t->step > 0))
		fail(why.code, "%s; nothing is saved", why.text);
	else if (stop_signal() != 0)
		fail(why.code, "%s; no step was taken, and nothing is saved",
		    why.text);
	else
		(void)fail_restore(&why);
}

/* The output is complete: the running checkpoint goes. */
static void
done(struct running *r)
{
	if (r->own && unlink(r->path) < 0)
		log_line(LOG_WARNING, "%s: cannot remove it, though the run is "
		    "complete", r->path);
	else if (r->path != NULL && set_aside(r) < 0)
		log_line(LOG_WARNING, "%s: %s", r->path, fail_text());
	running_free(r);
}

/* Keeps the failure, which says what is still there. */
static int
note(const struct running *r, const struct train *t)
{
	struct fail_state why;

	fail_save(&why);
	return !r->own ? fail_restore(&why) : add_saved(r, t, why.code,
	    why.text);
}

int
running_write(struct running *r, const struct train *t, const char *output,
    const struct head *head)
{
	const char *path = output != NULL ? output : r->path;
	struct stream_out *out;

	if (output == NULL && set_aside(r) < 0)
		return fail_note("%s", path);
	if ((out = stream_create(path, r->level, head)) == NULL ||
	    train_write(t, out) < 0)
		return output != NULL ? note(r, t) : fail_note("%s", path);
	if (output != NULL) {
		done(r);
	} else {
		r->own = true;
		r->step = t->step;
	}
	return 0;
}
