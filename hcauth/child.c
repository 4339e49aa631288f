/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hcauth.h"

enum { NOT_RUN = 127 };

static _Noreturn void become(const char *const *argv, int out, int as)
{
	char *const env[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		(char *)"LC_ALL=C.UTF-8", NULL };

	if (out < 0 || dup2(out, as) >= 0)
		execve(argv[0], (char *const *)argv, env);
	_exit(NOT_RUN);
}

static int run(const char *const *argv, int out, int as)
{
	int status;

	fflush(stdout); /* what was said before stands before what it says */
	pid_t pid = fork();
	if (pid == 0)
		become(argv, out, as);
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			pid = -1;
	if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) != NOT_RUN)
		return WEXITSTATUS(status);
	complain(pid > 0 && WIFSIGNALED(status) ? "%s was ended by a signal." : "%s can't be run.",
		argv[0]);
	return -1;
}

int child_run(const char *const *argv)
{
	return run(argv, -1, -1);
}

static int output(const char *const *argv, int as, char *out, size_t size)
{
	int fd = memfd_create("output", MFD_CLOEXEC), status = -1;
	ssize_t n = -1;

	if (fd >= 0) {
		status = run(argv, fd, as);
		n = pread(fd, out, size - 1, 0);
		close(fd);
	} else {
		complain("%s can't be run: %s.", argv[0], strerror(errno));
	}
	out[n > 0 ? n : 0] = 0;
	return status;
}

int child_output(const char *const *argv, char *out, size_t size)
{
	return output(argv, STDOUT_FILENO, out, size);
}

int child_errors(const char *const *argv, char *out, size_t size)
{
	return output(argv, STDERR_FILENO, out, size);
}
