/*
 * clock: time that passes, for what no output depends on.
 */
#ifndef SELF_BASE_CLOCK_H
#define SELF_BASE_CLOCK_H

/* Seconds since some moment; setting the time of day does not move them. */
double clock_seconds(void);

#endif
