/*
 * stop: signals that ask a long work to end at the next good place.
 *
 * After stop_catch, SIGINT, SIGTERM, SIGHUP and SIGXCPU (unless they are
 * ignored) and SIGUSR1 only leave their number, and the work saves and ends.
 * A SIGINT half a second or more after the first of them ends the process at
 * once; timeout(1) and terminals send some twice.
 */
#ifndef SELF_BASE_STOP_H
#define SELF_BASE_STOP_H

void stop_catch(void);

/* The first signal that came, or 0. */
int stop_signal(void);

/* "SIGTERM" */
const char *stop_name(int signal);

/* Takes away what outfiles have begun, and ends as if the signal had not been
 * caught. */
void stop_raise(int signal) __attribute__((noreturn));

#endif
