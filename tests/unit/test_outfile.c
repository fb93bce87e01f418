/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "base/outfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

/* What was done to the disk, in order; the library calls these instead of
 * the C library's, so that they can be seen, and made to fail. */
static char done[200];
static bool broken;		/* fsync of a file fails */

static void
note(const char *what)
{
	strncat(done, what, sizeof(done) - strlen(done) - 1);
}

int
fsync(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	note(S_ISDIR(st.st_mode) ? "sync folder; " : "sync file; ");
	if (S_ISREG(st.st_mode) && broken) {
		errno = EIO;
		return -1;
	}
	return 0;
}

int
rename(const char *from, const char *to)
{
	note("rename; ");
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

static int
entries(const char *folder)
{
	DIR *d = opendir(folder);
	int n = 0;

	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static const char *
contents(const char *path)
{
	static char text[100];
	FILE *f = fopen(path, "r");

	text[0] = '\0';
	if (f == NULL || fgets(text, sizeof(text), f) == NULL)
		text[0] = '\0';
	if (f != NULL)
		fclose(f);
	return text;
}

static void
put(const struct outfile *o, const char *text)
{
	ok(write(outfile_fd(o), text, strlen(text)) == (ssize_t)strlen(text),
	    "write %s", text);
}

static void
check_commit(void)
{
	struct outfile *o = outfile_new("new");
	struct stat st;

	put(o, "first");
	ok(access("new", F_OK) < 0, "no name before the end");
	is_int(outfile_commit(o), 0, "commit");
	is_text(contents("new"), "first", "the name appears");
	is_int(entries("."), 1, "and nothing else");
	chmod("new", 0640);
	o = outfile_new("new");
	put(o, "second");
	is_text(contents("new"), "first", "the old one stays meanwhile");
	is_int(outfile_commit(o), 0, "commit over it");
	is_text(contents("new"), "second", "and is replaced");
	stat("new", &st);
	is_int(st.st_mode & 0777, 0640, "keeping its mode");
}

/* A power cut at any moment leaves the old file or the new one, whole: the
 * file is on disk before it has the name, and the name before we go on. */
static void
check_order(void)
{
	struct outfile *o = outfile_new("new");

	put(o, "fourth");
	done[0] = '\0';
	is_int(outfile_commit(o), 0, "commit");
	is_text(done, "sync file; rename; sync folder; ", "in this order");
	o = outfile_new("new");
	put(o, "fifth");
	done[0] = '\0';
	broken = true;
	is_int(outfile_commit(o), FAIL_IO, "a file that does not reach the "
	    "disk");
	broken = false;
	is_text(done, "sync file; ", "… never has the name");
	is_text(contents("new"), "fourth", "… which the old one keeps");
	is_int(entries("."), 1, "… and nothing else stays");
}

static void
check_discard(void)
{
	struct outfile *o = outfile_new("gone"), *p = outfile_new("gone2");

	put(o, "x");
	outfile_discard(o);
	is_int(entries("."), 2, "discard leaves nothing");
	outfile_discard_all();
	is_int(entries("."), 1, "nor does discard_all");
	outfile_discard(p);
	outfile_discard(NULL);
}

static void
touch(const char *name)
{
	FILE *f = fopen(name, "w");

	ok(f != NULL && fclose(f) == 0, "a file %s", name);
}

/* A process that begins to write `name` and is killed. */
static void
leave(const char *name)
{
	const pid_t child = fork();

	if (child == 0) {
		(void)!outfile_new(name);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

/* What a killed process left goes with the next run of the same output. */
static void
check_leftovers(void)
{
	struct outfile *o, *p;

	leave("new");
	leave("new");
	is_int(entries("."), 2, "one goes when the next begins");
	leave("other");
	touch(".self-1-2.tmp");
	touch(".self-0123456789abcdef-1-2.tmp");
	touch("new.tmp");
	is_int(entries("."), 6, "other files");
	o = outfile_new("new");
	is_int(entries("."), 6, "only this output's leftover goes");
	p = outfile_new("new");
	is_int(entries("."), 7, "not what is being written");
	put(o, "six");
	put(p, "seven");
	is_int(outfile_commit(o), 0, "commit");
	is_int(outfile_commit(p), 0, "commit");
	is_text(contents("new"), "seven", "the last one stands");
	is_int(entries("."), 5, "other files stay");
	outfile_clear("other");
	is_int(entries("."), 4, "clear alone");
	outfile_clear("./no/folder");
	unlink(".self-1-2.tmp");
	unlink(".self-0123456789abcdef-1-2.tmp");
	unlink("new.tmp");
	is_int(entries("."), 1, "nothing else is left");
}

static void
check_links(void)
{
	struct outfile *o;
	struct stat st;

	ok(symlink("new", "link") == 0, "a link");
	o = outfile_new("link");
	put(o, "third");
	is_int(outfile_commit(o), 0, "commit through it");
	ok(lstat("link", &st) == 0 && S_ISLNK(st.st_mode), "it stays a link");
	is_text(contents("new"), "third", "to the new contents");
	unlink("link");
}

static void
check_refusals(void)
{
	struct outfile *o;

	ok(outfile_new("no/such/folder") == NULL && fail_last() == FAIL_IO,
	    "no folder");
	is_text(fail_text(),
	    "cannot write into 'no/such/': No such file or directory",
	    "and says which");
	mkdir("folder", 0777);
	ok(outfile_new("folder") == NULL, "a folder is no file");
	rmdir("folder");
	o = outfile_new("/dev/null");
	ok(o != NULL, "a device is written straight");
	put(o, "x");
	is_int(outfile_commit(o), 0, "and committed");
	ok(access("/dev/null", F_OK) == 0, "and still there");
	is_int(entries("."), 1, "nothing left over");
}

int
main(void)
{
	char folder[] = "/tmp/self-test-XXXXXX";

	if (mkdtemp(folder) == NULL || chdir(folder) < 0)
		return 1;
	check_commit();
	check_order();
	check_discard();
	check_leftovers();
	check_links();
	check_refusals();
	unlink("new");
	ok(chdir("/") == 0 && rmdir(folder) == 0, "cleaned up");
	return tap_done();
}
