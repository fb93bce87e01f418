/* SPDX-License-Identifier: MIT */
/*
 * fail_nth: a library for LD_PRELOAD that fails the n-th call of one kind.
 *
 *	FAULT_CALL=alloc	the kind; see `kinds` below
 *	FAULT_AT=7		which call of it fails, counted from 1
 *	FAULT_FROM=1		so do all calls after it
 *	FAULT_ERRNO=28		with this errno (default EIO; ENOMEM for memory)
 *	FAULT_COUNT=FILE	writes lines "KIND CALLS" there at the end
 *
 * Calls count from main() on: what the loader and the constructors of other
 * libraries do before it is not the tool's to handle (OpenBLAS reserves its
 * memory and starts its threads there, and cannot report).  Only tools,
 * programs whose name begins with "ssl-", are touched, and never their writes
 * to standard error.  A call that libc makes for itself is not seen, so stdio
 * is failed as a whole: fwrite as a write, fopen as an open.
 *
 * Memory that libarchive takes for itself is given: without it libarchive
 * follows null pointers or ends the process.
 *
 * "short" transfers less than was asked for and "eintr" interrupts a transfer
 * before it begins: neither is an error.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

enum kind { ALLOC, OPEN, READ, WRITE, STAT, SEEK, DUP, CLOSE, SYNC, RENAME,
	UNLINK, TRUNCATE, MKDIR, READDIR, CHMOD, REALPATH, TEMP, THREAD, MAP,
	POLL, SHORT, EINTR_, KINDS };

static const char *const kinds[KINDS] = { "alloc", "open", "read", "write",
	"stat", "seek", "dup", "close", "sync", "rename", "unlink",
	"truncate", "mkdir", "readdir", "chmod", "realpath", "temp", "thread",
	"map", "poll", "short", "eintr" };

static atomic_bool armed;
static atomic_long calls[KINDS];
static int chosen = -1, error;
static long at;
static bool from;
static const char *count_file;

/* glibc's own: dlsym() takes memory itself. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

/* Whether this call, one of `kind`, fails; errno says how then. */
static bool
fails(enum kind kind)
{
	long n;

	if (!atomic_load(&armed))
		return false;
	n = atomic_fetch_add(&calls[kind], 1) + 1;
	if ((int)kind != chosen || at <= 0 || n < at || (n > at && !from))
		return false;
	errno = kind == EINTR_ ? EINTR : error;
	return true;
}

/* Where libarchive's code is. */
static uintptr_t archive_start, archive_end;

static int
find_archive(struct dl_phdr_info *object, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	if (strstr(object->dlpi_name, "libarchive.so") == NULL)
		return 0;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];

		if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
			continue;
		archive_start = object->dlpi_addr + part->p_vaddr;
		archive_end = archive_start + part->p_memsz;
	}
	return 1;
}

/* Whether memory asked for by the code at `caller` is not to be had. */
static bool
no_memory(const void *caller)
{
	const uintptr_t from_ = (uintptr_t)caller;

	return !(from_ >= archive_start && from_ < archive_end) &&
	    fails(ALLOC);
}
#define NO_MEMORY() no_memory(__builtin_return_address(0))

/* The next library's function of this name, with this one's type. */
#define REAL(name) \
	static __typeof__(&name) real; \
	if (real == NULL) \
		real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static void
report(void)
{
	char line[64];
	int fd;

	if (!atomic_exchange(&armed, false) || count_file == NULL)
		return;
	fd = open(count_file, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	for (int i = 0; fd >= 0 && i < KINDS; i++)
		if (write(fd, line, (size_t)snprintf(line, sizeof(line),
		    "%s %ld\n", kinds[i], atomic_load(&calls[i]))) < 0)
			break;
	if (fd >= 0)
		close(fd);
}

static void
arm(void)
{
	const char *kind = getenv("FAULT_CALL");
	const char *n = getenv("FAULT_AT"), *with = getenv("FAULT_ERRNO");

	if (strncmp(program_invocation_short_name, "ssl-", 4) != 0)
		return;
	for (int i = 0; kind != NULL && i < KINDS; i++)
		if (strcmp(kind, kinds[i]) == 0)
			chosen = i;
	if (kind != NULL && chosen < 0) {
		dprintf(STDERR_FILENO, "FAULT_CALL=%s: no such kind\n", kind);
		_exit(127);
	}
	dl_iterate_phdr(find_archive, NULL);
	at = n != NULL ? atol(n) : 0;
	from = getenv("FAULT_FROM") != NULL;
	error = with != NULL ? atoi(with) :
	    chosen == ALLOC || chosen == MAP ? ENOMEM :
	    chosen == THREAD ? EAGAIN : EIO;
	count_file = getenv("FAULT_COUNT");
	atomic_store(&armed, true);
}

static int (*tool_main)(int, char **, char **);

static int
begin(int argc, char **argv, char **env)
{
	int status;

	arm();
	status = tool_main(argc, argv, env);
	report();
	return status;
}

int __libc_start_main(int (*)(int, char **, char **), int, char **,
    void (*)(void), void (*)(void), void (*)(void), void *);

SHOWN int
__libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
    void (*init)(void), void (*fini)(void), void (*rtld_fini)(void),
    void *stack)
{
	REAL(__libc_start_main);
	tool_main = main;
	return real(begin, argc, argv, init, fini, rtld_fini, stack);
}

SHOWN void
_exit(int status)
{
	void (*real)(int);

	report();
	real = (void (*)(int))dlsym(RTLD_NEXT, "_exit");
	real(status);
	__builtin_unreachable();
}

__attribute__((destructor)) static void
end(void)
{
	report();
}

/* Memory. */

SHOWN void *
malloc(size_t n)
{
	return NO_MEMORY() ? NULL : __libc_malloc(n);
}

SHOWN void *
calloc(size_t n, size_t size)
{
	return NO_MEMORY() ? NULL : __libc_calloc(n, size);
}

SHOWN void *
realloc(void *p, size_t n)
{
	return NO_MEMORY() ? NULL : __libc_realloc(p, n);
}

SHOWN void *
aligned_alloc(size_t align, size_t n)
{
	return NO_MEMORY() ? NULL : __libc_memalign(align, n);
}

SHOWN void *
memalign(size_t align, size_t n)
{
	return NO_MEMORY() ? NULL : __libc_memalign(align, n);
}

SHOWN int
posix_memalign(void **p, size_t align, size_t n)
{
	if (NO_MEMORY())
		return ENOMEM;
	*p = __libc_memalign(align, n);
	return *p == NULL ? ENOMEM : 0;
}

SHOWN void *
mmap(void *where, size_t n, int prot, int flags, int fd, off_t offset)
{
	REAL(mmap);
	return fails(MAP) ? MAP_FAILED : real(where, n, prot, flags, fd,
	    offset);
}

/* Files by number.  Names with 64 are those of programs built for it. */

#define MODE(mode, flags) \
	do { \
		va_list args; \
		va_start(args, flags); \
		if ((flags) & (O_CREAT | O_TMPFILE)) \
			mode = va_arg(args, mode_t); \
		va_end(args); \
	} while (0)

#define OPENS(name) \
SHOWN int \
name(const char *path, int flags, ...) \
{ \
	mode_t mode = 0; \
	REAL(name); \
	MODE(mode, flags); \
	return fails(OPEN) ? -1 : real(path, flags, mode); \
}
OPENS(open)
OPENS(open64)

#define OPENS_AT(name) \
SHOWN int \
name(int dir, const char *path, int flags, ...) \
{ \
	mode_t mode = 0; \
	REAL(name); \
	MODE(mode, flags); \
	return fails(OPEN) ? -1 : real(dir, path, flags, mode); \
}
OPENS_AT(openat)
OPENS_AT(openat64)

/* Checked forms, of programs built with _FORTIFY_SOURCE. */
int __open_2(const char *, int);
int __openat_2(int, const char *, int);

SHOWN int
__open_2(const char *path, int flags)
{
	return open(path, flags);
}

SHOWN int
__openat_2(int dir, const char *path, int flags)
{
	return openat(dir, path, flags);
}

SHOWN ssize_t
read(int fd, void *to, size_t n)
{
	REAL(read);
	if (fails(READ) || fails(EINTR_))
		return -1;
	return real(fd, to, n > 1 && fails(SHORT) ? n / 2 : n);
}

#define PREADS(name) \
SHOWN ssize_t \
name(int fd, void *to, size_t n, off_t offset) \
{ \
	REAL(name); \
	if (fails(READ) || fails(EINTR_)) \
		return -1; \
	return real(fd, to, n > 1 && fails(SHORT) ? n / 2 : n, offset); \
}
PREADS(pread)
PREADS(pread64)

SHOWN ssize_t
write(int fd, const void *from_, size_t n)
{
	REAL(write);
	if (fd == STDERR_FILENO)
		return real(fd, from_, n);
	if (fails(WRITE) || fails(EINTR_))
		return -1;
	return real(fd, from_, n > 1 && fails(SHORT) ? n / 2 : n);
}

#define SEEKS(name) \
SHOWN off_t \
name(int fd, off_t offset, int whence) \
{ \
	REAL(name); \
	return fails(SEEK) ? -1 : real(fd, offset, whence); \
}
SEEKS(lseek)
SEEKS(lseek64)

/* name(parameters) is real(arguments) or, as one of `kind`, -1. */
#define CALL(kind, name, parameters, ...) \
SHOWN int \
name parameters \
{ \
	REAL(name); \
	return fails(kind) ? -1 : real(__VA_ARGS__); \
}
CALL(STAT, stat, (const char *path, struct stat *s), path, s)
CALL(STAT, lstat, (const char *path, struct stat *s), path, s)
CALL(STAT, fstat, (int fd, struct stat *s), fd, s)
CALL(STAT, fstatat, (int dir, const char *path, struct stat *s, int flags),
    dir, path, s, flags)
CALL(STAT, stat64, (const char *path, struct stat64 *s), path, s)
CALL(STAT, lstat64, (const char *path, struct stat64 *s), path, s)
CALL(STAT, fstat64, (int fd, struct stat64 *s), fd, s)
CALL(STAT, fstatat64, (int dir, const char *path, struct stat64 *s,
    int flags), dir, path, s, flags)
CALL(STAT, access, (const char *path, int mode), path, mode)
CALL(DUP, dup, (int fd), fd)
CALL(DUP, dup2, (int fd, int to), fd, to)
CALL(SYNC, fsync, (int fd), fd)
CALL(SYNC, fdatasync, (int fd), fd)
CALL(RENAME, rename, (const char *a, const char *b), a, b)
CALL(RENAME, renameat, (int dir, const char *a, int to, const char *b), dir,
    a, to, b)
CALL(UNLINK, unlinkat, (int dir, const char *path, int flags), dir, path,
    flags)
CALL(UNLINK, unlink, (const char *path), path)
CALL(UNLINK, rmdir, (const char *path), path)
CALL(TRUNCATE, ftruncate, (int fd, off_t size), fd, size)
CALL(MKDIR, mkdir, (const char *path, mode_t mode), path, mode)
CALL(CHMOD, fchmod, (int fd, mode_t mode), fd, mode)
CALL(TEMP, mkstemp, (char *path), path)
CALL(TEMP, mkostemp, (char *path, int flags), path, flags)
CALL(POLL, poll, (struct pollfd *fds, nfds_t n, int timeout), fds, n,
    timeout)

/* As Linux does it: what cannot be closed is closed all the same. */
SHOWN int
close(int fd)
{
	REAL(close);
	if (fails(CLOSE)) {
		const int why = errno;

		(void)real(fd);
		errno = why;
		return -1;
	}
	return real(fd);
}

SHOWN char *
realpath(const char *path, char *room)
{
	REAL(realpath);
	return fails(REALPATH) ? NULL : real(path, room);
}

/* Folders. */

SHOWN DIR *
opendir(const char *path)
{
	REAL(opendir);
	return fails(OPEN) ? NULL : real(path);
}

SHOWN DIR *
fdopendir(int fd)
{
	REAL(fdopendir);
	return fails(OPEN) ? NULL : real(fd);
}

SHOWN struct dirent *
readdir(DIR *d)
{
	REAL(readdir);
	return fails(READDIR) ? NULL : real(d);
}

SHOWN struct dirent64 *
readdir64(DIR *d)
{
	REAL(readdir64);
	return fails(READDIR) ? NULL : real(d);
}

/* stdio, whose errors stay with the file. */

static bool
file_fails(enum kind kind, FILE *f)
{
	if (f == stderr || !fails(kind))
		return false;
	f->_flags |= 0x20;		/* glibc's _IO_ERR_SEEN */
	return true;
}

SHOWN FILE *
fopen(const char *path, const char *mode)
{
	REAL(fopen);
	return fails(OPEN) ? NULL : real(path, mode);
}

SHOWN size_t
fread(void *to, size_t size, size_t n, FILE *f)
{
	REAL(fread);
	return file_fails(READ, f) ? 0 : real(to, size, n, f);
}

SHOWN char *
fgets(char *to, int n, FILE *f)
{
	REAL(fgets);
	return file_fails(READ, f) ? NULL : real(to, n, f);
}

SHOWN size_t
fwrite(const void *what, size_t size, size_t n, FILE *f)
{
	REAL(fwrite);
	return file_fails(WRITE, f) ? 0 : real(what, size, n, f);
}

SHOWN int
fputs(const char *text, FILE *f)
{
	REAL(fputs);
	return file_fails(WRITE, f) ? EOF : real(text, f);
}

SHOWN int
fputc(int c, FILE *f)
{
	REAL(fputc);
	return file_fails(WRITE, f) ? EOF : real(c, f);
}

SHOWN int
fprintf(FILE *f, const char *format, ...)
{
	va_list args;
	int n;

	if (file_fails(WRITE, f))
		return -1;
	va_start(args, format);
	n = vfprintf(f, format, args);
	va_end(args);
	return n;
}

/* What was not yet written is lost. */
SHOWN int
fflush(FILE *f)
{
	REAL(fflush);
	if (f != NULL && file_fails(WRITE, f)) {
		__fpurge(f);
		return EOF;
	}
	return real(f);
}

SHOWN int
fclose(FILE *f)
{
	REAL(fclose);
	if (fails(CLOSE)) {
		const int why = errno;

		(void)real(f);
		errno = why;
		return EOF;
	}
	return real(f);
}

SHOWN int
fseeko(FILE *f, off_t offset, int whence)
{
	REAL(fseeko);
	return fails(SEEK) ? -1 : real(f, offset, whence);
}

SHOWN off_t
ftello(FILE *f)
{
	REAL(ftello);
	return fails(SEEK) ? -1 : real(f);
}

SHOWN int
pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*body)(void *), void *arg)
{
	REAL(pthread_create);
	return fails(THREAD) ? error : real(thread, attr, body, arg);
}
