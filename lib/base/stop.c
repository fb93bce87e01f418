/* SPDX-License-Identifier: MIT */
#include "base/stop.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/outfile.h"

#define AGAIN_MS 500		/* a second SIGINT so soon is the first one */

static const struct caught {
	int number;
	const char *name;
} caught[] = {
	{ SIGINT, "SIGINT" }, { SIGTERM, "SIGTERM" }, { SIGHUP, "SIGHUP" },
	{ SIGXCPU, "SIGXCPU" }, { SIGUSR1, "SIGUSR1" },
};
#define N_CAUGHT (sizeof(caught) / sizeof(caught[0]))

static atomic_int first;	/* signal, or 0 */
static atomic_llong since;	/* milliseconds */

static long long
now(void)
{
	struct timespec t = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
on_signal(int number)
{
	int none = 0;

	if (atomic_load(&first) == 0)
		atomic_store(&since, now());
	if (atomic_compare_exchange_strong(&first, &none, number))
		return;
	if (number == SIGINT && now() - atomic_load(&since) >= AGAIN_MS)
		stop_raise(number);
}

void
stop_catch(void)
{
	for (size_t i = 0; i < N_CAUGHT; i++) {
		const int number = caught[i].number;
		struct sigaction act;

		/* USR1 is for this alone: the tools ignore it otherwise. */
		if (number != SIGUSR1 && (sigaction(number, NULL, &act) < 0 ||
		    act.sa_handler == SIG_IGN))
			continue;
		memset(&act, 0, sizeof(act));
		act.sa_handler = on_signal;
		act.sa_flags = SA_RESTART;
		sigemptyset(&act.sa_mask);
		sigaction(number, &act, NULL);
	}
}

int
stop_signal(void)
{
	return atomic_load(&first);
}

const char *
stop_name(int number)
{
	for (size_t i = 0; i < N_CAUGHT; i++)
		if (caught[i].number == number)
			return caught[i].name;
	return "a signal";
}

void
stop_raise(int number)
{
	sigset_t set;

	outfile_discard_all();
	signal(number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, number);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	for (;;)
		raise(number);
}
