/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_INJECT_H
#define HCAUTH_INJECT_H

#include <stdbool.h>
#include <sys/types.h>

/* What goes wrong in a process: at its nth system call, or its nth allocation. */

enum fault_kind {
	FAULT_NONE, /* only counts its calls */
	FAULT_ERROR, /* the call isn't made, or half of it, and fails with the which-th error that it may have */
	FAULT_KILL, /* SIGKILL in place of the call */
	FAULT_ABORT, /* SIGABRT, which leaves a core where one may be left */
	FAULT_MEMORY, /* the allocation fails */
	FAULT_NO_MEMORY, /* and all after it */
};

struct fault {
	enum fault_kind kind;
	unsigned nth; /* from 1 */
	unsigned which; /* from 0 */
	long from; /* the call that counting begins with; 0: the first */
	bool fired; /* out: it happened */
	bool aborted; /* out: after it, it ended itself by abort(), without SIGABRT */
	bool more; /* out: that call may have a further error */
	unsigned calls; /* out: how many it made until then, or at all */
	int failure; /* out: which error; 0: a part, or nothing */
	long call; /* out: at which */
};

/* In the process itself, which its parent follows: it stops until it is. */
void fault_stop(void);

/* Makes it happen to the child pid, which has called fault_stop() (FAULT_MEMORY: alloc.h), and waits for
 * its end: the status. idle(arg), unless NULL, is called before each of its calls. */
int fault_follow(pid_t pid, struct fault *f, void (*idle)(void *arg), void *arg);

/* Where the output of a test is; back to there: what was said of a run in which all was well is of no interest. */
off_t output_mark(void);
void output_drop(off_t mark);

#endif
