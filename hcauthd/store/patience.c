/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: whoever hangs is ended, even if he blocks or handles SIGALRM, and what he held goes
 * with him; and the caller's own limit is neither lost nor made longer. */
#include "patience.h"

#include <stddef.h>

void patience_begin(struct patience *p, unsigned seconds)
{
	struct sigaction die = { .sa_handler = SIG_DFL };
	sigset_t alarms;

	p->limit = (struct itimerval){ .it_value.tv_sec = (time_t)seconds };
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	sigaction(SIGALRM, &die, &p->action);
	setitimer(ITIMER_REAL, &p->limit, &p->timer);
	sigprocmask(SIG_UNBLOCK, &alarms, &p->mask);
}

void patience_end(const struct patience *p)
{
	struct itimerval off = { .it_value.tv_sec = 0 }, rest, old = p->timer;
	struct timeval gone;

	setitimer(ITIMER_REAL, &off, &rest);
	timersub(&p->limit.it_value, &rest.it_value, &gone);
	sigprocmask(SIG_SETMASK, &p->mask, NULL);
	sigaction(SIGALRM, &p->action, NULL);
	if (!timerisset(&old.it_value))
		return;
	if (timercmp(&old.it_value, &gone, >))
		timersub(&old.it_value, &gone, &old.it_value);
	else
		old.it_value = (struct timeval){ .tv_usec = 1 };
	setitimer(ITIMER_REAL, &old, NULL);
}
