/* SPDX-License-Identifier: MIT */
#include "base/stop.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/ahead.h"
#include "tap.h"

static void
rest(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* How a child ends that gets the signals: the number of the signal, or 1000 +
 * the first signal that it was told of. */
static int
end_of(int first, long ms, int second)
{
	const pid_t child = fork();
	int status = 0;

	if (child == 0) {
		stop_catch();
		raise(first);
		rest(ms);
		if (second != 0)
			raise(second);
		_exit(stop_signal());
	}
	waitpid(child, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) :
	    1000 + WEXITSTATUS(status);
}

/* A producer that never comes back. */
static int
never(void *arg, int slot)
{
	(void)slot;
	kill(getpid(), SIGTERM);
	rest(*(long *)arg);
	return 0;
}

static int
wait_for_input(void)
{
	const pid_t child = fork();
	int status = 0, slot;

	if (child == 0) {
		long ms = 20000;
		struct ahead *a;

		stop_catch();
		a = ahead_new(&(struct ahead_plan){ .take = never,
		    .quit = stop_signal, .arg = &ms, .slots = 2,
		    .threads = 1 });
		_exit(a != NULL && ahead_next(a, &slot) == FAIL_IO ?
		    stop_signal() : 99);
	}
	waitpid(child, &status, 0);
	return WEXITSTATUS(status);
}

int
main(void)
{
	static const int all[] = { SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGUSR1 };
	int status;
	pid_t child;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		is_int(end_of(all[i], 0, 0), 1000 + all[i], "%s is told",
		    stop_name(all[i]));
	is_int(end_of(SIGTERM, 0, SIGUSR1), 1000 + SIGTERM, "the first one");
	is_int(end_of(SIGINT, 0, SIGINT), 1000 + SIGINT, "sent twice");
	is_int(end_of(SIGINT, 600, SIGINT), SIGINT, "SIGINT again ends");
	is_int(end_of(SIGTERM, 600, SIGINT), SIGINT, "after SIGTERM too");
	is_int(end_of(SIGTERM, 600, SIGTERM), 1000 + SIGTERM, "SIGTERM does not");
	signal(SIGHUP, SIG_IGN);
	is_int(end_of(SIGHUP, 0, 0), 1000, "what is ignored stays so");
	signal(SIGUSR1, SIG_IGN);
	is_int(end_of(SIGUSR1, 0, 0), 1000 + SIGUSR1, "but for SIGUSR1");
	is_int(wait_for_input(), SIGTERM, "a wait for input ends");
	if ((child = fork()) == 0) {
		stop_catch();
		stop_raise(SIGTERM);
	}
	waitpid(child, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "stop_raise");
	return tap_done();
}
