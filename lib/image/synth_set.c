/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "image/synth_set.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/synth.h"

#define MARKER ".ssl-synth"
#define FRESH ".ssl-synth.new"	/* a marker on its way */
#define MARKER_BYTES 256

const char *const synth_parts[2] = { "train", "test" };

static const char *const states[] = { "incomplete", "complete", "obsolete" };

/* A folder on the walk. */
struct place {
	int fd;
	const char *path;		/* for messages: the set's */
	const struct synth_set *set;
	int part, class;		/* -1 above these */
	bool away;
};

static int
open_folder(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
}

static int
foreign(const char *path, const char *name)
{
	return fail(FAIL_IO, "%s: %s was not written by ssl-synth; move it "
	    "away", path, name);
}

static int
write_marker(int folder, const char *text, size_t size)
{
	const int fd = openat(folder, FRESH, O_WRONLY | O_CREAT | O_TRUNC |
	    O_NOFOLLOW | O_CLOEXEC, 0666);
	int rc = 0;

	if (fd < 0)
		return fail_errno(FRESH);
	if (write(fd, text, size) != (ssize_t)size)
		rc = fail_errno(FRESH);
	if (close(fd) < 0 && rc == 0)
		rc = fail_errno(FRESH);
	if (rc == 0 && renameat(folder, FRESH, folder, MARKER) < 0)
		rc = fail_errno(MARKER);
	if (rc < 0)
		(void)unlinkat(folder, FRESH, 0);
	return rc;
}

int
synth_set_mark(const char *path, const struct synth_set *s)
{
	char text[MARKER_BYTES];
	const int size = snprintf(text, sizeof(text), "ssl-synth 1\n"
	    "state %s\ntrain %" PRIu64 "\ntest %" PRIu64 "\nclasses %d\n",
	    states[s->state], s->n[0], s->n[1], s->classes);
	const int folder = open_folder(AT_FDCWD, path);
	int rc;

	if (folder < 0)
		return fail_errno("%s", path);
	rc = write_marker(folder, text, (size_t)size);
	close(folder);
	return rc < 0 ? fail_note("%s", path) : 0;
}

/* The marker's text as a set. */
static int
parse(const char *text, struct synth_set *s)
{
	char state[16];
	int end = 0;

	if (sscanf(text, "ssl-synth 1\nstate %15s\ntrain %" SCNu64
	    "\ntest %" SCNu64 "\nclasses %d\n%n", state, &s->n[0], &s->n[1],
	    &s->classes, &end) != 4 || text[end] != '\0' ||
	    s->classes < 1 || s->classes > SYNTH_CLASSES)
		return fail(FAIL_FORMAT, MARKER " is not as ssl-synth writes "
		    "it");
	for (int i = 0; i < 3; i++)
		if (strcmp(state, states[i]) == 0) {
			s->state = (enum synth_state)i;
			return 0;
		}
	return fail(FAIL_FORMAT, MARKER ": state %s", state);
}

static int
read_marker(int folder, struct synth_set *s)
{
	char text[MARKER_BYTES];
	const int fd = openat(folder, MARKER, O_RDONLY | O_NOFOLLOW |
	    O_CLOEXEC | O_NONBLOCK);
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return fail(FAIL_IO, "not a folder that ssl-synth made (it has "
		    "no " MARKER "); move it away or choose another name");
	if (fd < 0)
		return fail_errno(MARKER);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n < 0)
		return fail_errno(MARKER);
	text[n] = '\0';
	return parse(text, s);
}

static int
open_set(const char *path)
{
	const int fd = open_folder(AT_FDCWD, path);

	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return fail(FAIL_IO, "%s: a link or no folder; move it away "
		    "or choose another name", path);
	return fd < 0 ? fail_errno("%s", path) : fd;
}

int
synth_set_read(const char *path, struct synth_set *s)
{
	const int folder = open_set(path);
	int rc;

	if (folder < 0)
		return fail_last();
	rc = read_marker(folder, s);
	close(folder);
	return rc < 0 ? fail_note("%s", path) : 0;
}

static int sweep(struct place *);

/* A folder below: checked, emptied and removed. */
static int
sweep_below(const struct place *above, const char *name, int part, int class)
{
	struct place p = *above;
	int rc;

	p.fd = open_folder(above->fd, name);
	p.part = part;
	p.class = class;
	if (p.fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return foreign(p.path, name);
	if (p.fd < 0)
		return fail_errno("%s: %s", p.path, name);
	rc = sweep(&p);
	if (rc == 0 && p.away && unlinkat(above->fd, name, AT_REMOVEDIR) < 0)
		rc = fail_errno("%s: %s", p.path, name);
	return rc;
}

static int
sweep_file(const struct place *p, const char *name)
{
	struct stat st;

	if (fstatat(p->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno("%s: %s", p->path, name);
	if (!S_ISREG(st.st_mode))
		return foreign(p->path, name);
	return p->away && unlinkat(p->fd, name, 0) < 0 ?
	    fail_errno("%s: %s", p->path, name) : 0;
}

/* NNNNN.jpg with a number that the set has in this class. */
static bool
is_image(const struct place *p, const char *name)
{
	const uint64_t classes = (uint64_t)p->set->classes;
	const uint64_t index = strtoull(name, NULL, 10);
	char same[40];

	snprintf(same, sizeof(same), "%05" PRIu64 ".jpg", index);
	return strcmp(name, same) == 0 && index <= p->set->n[p->part] &&
	    index * classes + (uint64_t)p->class < p->set->n[p->part];
}

static int
sweep_class(const struct place *p, const char *name)
{
	char class[SYNTH_NAME];

	for (int c = 0; c < p->set->classes; c++) {
		synth_name(c, class);
		if (strcmp(name, class) == 0)
			return sweep_below(p, name, p->part, c);
	}
	return foreign(p->path, name);
}

/* One entry; the marker goes last, with the folder. */
static int
sweep_entry(const struct place *p, const char *name)
{
	if (p->class >= 0)
		return is_image(p, name) ? sweep_file(p, name) :
		    foreign(p->path, name);
	if (p->part >= 0)
		return sweep_class(p, name);
	for (int part = 0; part < 2; part++)
		if (strcmp(name, synth_parts[part]) == 0)
			return sweep_below(p, name, part, -1);
	if (strcmp(name, FRESH) == 0)
		return sweep_file(p, name);
	return strcmp(name, MARKER) == 0 ? 0 : foreign(p->path, name);
}

/* Every entry of a folder, whose descriptor is closed. */
static int
sweep(struct place *p)
{
	DIR *d = fdopendir(p->fd);
	const struct dirent *e;
	int rc = 0;

	if (d == NULL) {
		rc = fail_errno("%s", p->path);
		close(p->fd);
		return rc;
	}
	while (rc == 0 && (errno = 0, e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = sweep_entry(p, e->d_name);
	if (rc == 0 && errno != 0)
		rc = fail_errno("%s", p->path);
	closedir(d);
	return rc;
}

static int
sweep_set(const char *path, const struct synth_set *s, bool away)
{
	struct place p = { .path = path, .set = s, .part = -1, .class = -1,
		.away = away };

	p.fd = open_set(path);
	return p.fd < 0 ? fail_last() : sweep(&p);
}

/* The marker and the folder itself. */
static int
remove_rest(const char *path)
{
	const int folder = open_set(path);
	int rc = 0;

	if (folder < 0)
		return fail_last();
	if (unlinkat(folder, MARKER, 0) < 0)
		rc = fail_errno("%s: " MARKER, path);
	close(folder);
	return rc == 0 && rmdir(path) < 0 ? fail_errno("%s", path) : rc;
}

int
synth_set_sweep(const char *path, bool away)
{
	struct synth_set s;
	int rc;

	if (synth_set_read(path, &s) < 0)
		return fail_last();
	rc = sweep_set(path, &s, false);
	if (rc == 0 && away)
		rc = sweep_set(path, &s, true);
	return rc == 0 && away ? remove_rest(path) : rc;
}
