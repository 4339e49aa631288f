/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: each run is a process of its own, which outlives whatever goes wrong in it. */
#include "fault/each.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "fault/alloc.h"
#include "fault/inject.h"

void (*each_prepare)(void);
static struct fault *fault; /* shared with the process that it happens in */

static bool of_memory(void)
{
	return fault->kind == FAULT_MEMORY || fault->kind == FAULT_NO_MEMORY;
}

void each_begins(void)
{
	if (of_memory())
		alloc_fault(fault);
}

static int in_a_process(int (*act)(void))
{
	int *result = mmap(
		NULL, sizeof *result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;

	CHECK(result != MAP_FAILED);
	*result = EACH_UNTOLD;
	fflush(stdout);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		if (each_prepare)
			each_prepare();
		if (!of_memory())
			fault_stop();
		*result = act();
		_exit(0);
	}
	status = fault_follow(pid, fault, NULL, NULL);
	CHECK(WIFEXITED(status)); /* by itself: nobody crashes */
	int r = *result;
	munmap(result, sizeof *result);
	return r;
}

/* act() is run until nothing is left to go wrong; judge() has its result, and whether something went wrong. */
static void each_kind(const char *name, enum fault_kind kind, int (*act)(void),
	void (*judge)(int result, bool fired))
{
	unsigned runs = 0, n = 0;
	bool on = true;

	for (n = 1; on; n++)
		for (unsigned which = 0;; which++) {
			*fault = (struct fault){ .kind = kind, .nth = n, .which = which };
			off_t said = output_mark();
			int r = in_a_process(act);

			on = fault->calls >= n;
			if (fault->fired || !on) {
				printf("# at %u (%u), call %ld: %d\n", n, which, fault->call, r);
				judge(r, fault->fired);
			}
			output_drop(said);
			runs += fault->fired;
			if (!on || !fault->more)
				break;
		}
	printf("# %s: %s: %u runs, %u calls\n", name, kind == FAULT_ERROR ? "failing" : "no memory",
		runs, n - 2);
	CHECK(runs > 0 || kind != FAULT_ERROR); /* not everything takes memory */
}

void each(const char *name, int (*act)(void), void (*judge)(int result, bool fired))
{
	fault = mmap(
		NULL, sizeof *fault, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(fault != MAP_FAILED);
	each_kind(name, FAULT_ERROR, act, judge);
	each_kind(name, FAULT_MEMORY, act, judge);
	each_kind(name, FAULT_NO_MEMORY, act, judge);
}
