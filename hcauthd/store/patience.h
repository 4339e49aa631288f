/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_PATIENCE_H
#define HCAUTH_PATIENCE_H

#include <signal.h>
#include <sys/time.h>

/* A limit on a stretch of code: SIGALRM, with its default action, ends the process if it takes more than
 * seconds. Afterwards the caller's own alarm is set again, less the time that went by; if it was due
 * meanwhile, it goes off at once. */

struct patience {
	struct sigaction action;
	struct itimerval timer, limit;
	sigset_t mask;
};

void patience_begin(struct patience *p, unsigned seconds);
void patience_end(const struct patience *p);

#endif
