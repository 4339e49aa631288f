/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hcauth.h"

enum { NOT_RUN = 127 };

static _Noreturn void become(const char *const *argv)
{
	char *const env[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		(char *)"LC_ALL=C.UTF-8", NULL };

	execve(argv[0], (char *const *)(uintptr_t)argv, env);
	_exit(NOT_RUN);
}

int child_run(const char *const *argv)
{
	int status;

	fflush(stdout); /* what was said before stands before what it says */
	pid_t pid = fork();
	if (pid == 0)
		become(argv);
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			pid = -1;
	if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) != NOT_RUN)
		return WEXITSTATUS(status);
	if (pid > 0 && WIFSIGNALED(status))
		complain("%s was ended by a signal.", argv[0]);
	else
		complain("%s can't be run.", argv[0]);
	return -1;
}
