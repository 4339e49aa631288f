/* SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "log.h"

void calls_limit(void)
{
	static const struct sock_filter lines[] = {
#include "calls_filter.h" /* by calls_make.c, where the calls are listed */
	};
	const struct sock_fprog filter = { .len = sizeof lines / sizeof *lines,
		.filter = (struct sock_filter *)lines };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		die("start: the filter of system calls: %m");
}
