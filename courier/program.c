/* SPDX-License-Identifier: Apache-2.0 */
/* One program, once. What must hold: no shell; nothing of ours but the text reaches it; it ends in time,
 * or is killed with its group; what it prints can't fill our memory, nor keep us waiting. */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "packet.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U /* Linux 6.3; may be demanded by vm.memfd_noexec */
#endif

enum { CAN_NOT_RUN = 127, KILLED_MS = 1000 };

/* Not a pipe, which might want somebody to wait until it is read. */
static int text_fd(const char *text)
{
	size_t len = strlen(text);
	int fd = memfd_create("message", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("message", MFD_CLOEXEC);
	if (fd >= 0 && (write(fd, text, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) != 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static _Noreturn void become(const char *const argv[], int in, int out)
{
	static const char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", NULL };
	sigset_t none;

	sigemptyset(&none);
	if (setpgid(0, 0) < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
		dup2(out, STDERR_FILENO) < 0 || close_range(STDERR_FILENO + 1, ~0U, 0) < 0)
		_exit(CAN_NOT_RUN);
	for (int i = 1; i < NSIG; i++)
		if (i != SIGKILL && i != SIGSTOP)
			signal(i, SIG_DFL); /* fails for the two that libc keeps, which is right */
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)env);
	dprintf(STDERR_FILENO, "can't be run: %m\n");
	_exit(CAN_NOT_RUN);
}

/* Takes what there is to read; keeps the end of it. False when there will be no more. */
static bool hear(int fd, char said[SAID_MAX])
{
	char buf[256];
	ssize_t n = 0;

	for (int turn = 0; turn < 1024 && (n = read(fd, buf, sizeof buf)) > 0; turn++) {
		size_t len = strlen(said), more = 0;

		for (ssize_t i = 0; i < n; i++)
			buf[more] = buf[i], more += buf[i] != 0;
		if (len + more >= SAID_MAX) {
			size_t cut = len + more - SAID_MAX + 1;

			memmove(said, said + cut, len - cut);
			len -= cut;
		}
		memcpy(said + len, buf, more);
		said[len + more] = 0;
	}
	return n > 0 || (n < 0 && errno == EAGAIN);
}

/* Until the process has ended: what it may have left running holds nothing up. True in time. */
static bool wait_for_end(int pidfd, int out, int64_t deadline, char said[SAID_MAX])
{
	bool more = true;

	for (;;) {
		struct pollfd p[] = { { .fd = pidfd, .events = POLLIN },
			{ .fd = more ? out : -1, .events = POLLIN } };
		int64_t left = deadline - boot_ms();

		if (left <= 0)
			return false;
		if (poll(p, 2, (int)left) < 0)
			continue; /* a signal: the flag that it set is looked at later */
		if (p[1].revents)
			more = hear(out, said);
		if (p[0].revents) {
			hear(out, said);
			return true;
		}
	}
}

/* One that is setuid may have become somebody whom we can't kill: then it is left alone. */
static int give_up(pid_t pid, int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	(void)kill(-pid, SIGKILL);
	(void)poll(&p, 1, KILLED_MS);
	(void)waitpid(pid, NULL, WNOHANG);
	return PROGRAM_TIMED_OUT;
}

static int finish(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("start: waitpid: %m");
	return WIFEXITED(status) ? WEXITSTATUS(status) : PROGRAM_KILLED;
}

static int start(
	const char *const argv[], int in, int out[2], int milliseconds, char said[SAID_MAX])
{
	pid_t pid = fork();
	if (pid == 0)
		become(argv, in, out[1]);
	close(out[1]);
	out[1] = -1;
	if (pid < 0)
		return PROGRAM_FAILED;
	(void)setpgid(pid, pid); /* whichever of the two comes first */

	int pidfd = pidfd_open(pid, 0);
	bool in_time = pidfd >= 0 && wait_for_end(pidfd, out[0], boot_ms() + milliseconds, said);
	int r = in_time ? finish(pid) : give_up(pid, pidfd);
	if (pidfd >= 0)
		close(pidfd);
	return r;
}

int program_run(const char *const argv[], const char *text, int milliseconds, char said[SAID_MAX])
{
	int out[2] = { -1, -1 }, in = text_fd(text), r = PROGRAM_FAILED;

	*said = 0;
	if (in >= 0 && pipe2(out, O_CLOEXEC) == 0 && fcntl(out[0], F_SETFL, O_NONBLOCK) == 0)
		r = start(argv, in, out, milliseconds, said);
	else
		log_err("start: %s: %m", argv[0]);
	for (int i = 0; i < 2; i++)
		if (out[i] >= 0)
			close(out[i]);
	if (in >= 0)
		close(in);
	return r;
}
