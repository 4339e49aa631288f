/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_POWER_CALL_H
#define HCAUTH_POWER_CALL_H

#include "fault/power_log.h"

/* A system call of a process that is followed. */
struct call {
	pid_t pid;
	long nr;
	uint64_t arg[6];
	int64_t result;
	size_t since; /* events before it began */
	bool there; /* the name that it may make was there before */
	ino_t moved; /* the file whose name goes */
};

void call_begin(struct power_log *log, struct call *c);
void call_end(struct power_log *log, const struct call *c);

#endif
