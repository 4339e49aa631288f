/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_KERNEL_SESSION_H
#define HCAUTH_KERNEL_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The kernel's session of a process: its leader's pid, and when that was started (clock ticks since the
 * boot), which tells it from a later process with the same pid. */
struct kernel_session {
	pid_t leader;
	uint64_t started;
};

/* False when it can't be told: the process or the leader has gone, or /proc does not show them. */
bool kernel_session(pid_t pid, struct kernel_session *out);

#endif
