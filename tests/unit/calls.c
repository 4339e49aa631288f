/* SPDX-License-Identifier: Apache-2.0 */
/* The filter of system calls, in processes of their own. What must hold: what it allows is what the real suites
 * need (every conversation runs under it); here, what it refuses is refused, and how. */
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "rig.h"

enum { WENT_ON = 7 };

static int call(void *arg)
{
	const long *a = arg;

	calls_limit();
	syscall(a[0], a[1], a[2], a[3], a[4]);
	return WENT_ON;
}

TEST(calls_that_no_library_tries_end_the_process)
{
	static const char *const none[] = { NULL };
	long calls[][5] = {
		{ SYS_execve, (long)"/bin/true", (long)none, (long)none },
		{ SYS_execveat, AT_FDCWD, (long)"/bin/true", (long)none, (long)none },
		{ SYS_clone, SIGCHLD },
		{ SYS_clone3, 0, 0 },
		{ SYS_ptrace, PTRACE_ATTACH, getpid() },
		{ SYS_process_vm_readv, getpid() },
		{ SYS_process_vm_writev, getpid() },
		{ SYS_io_uring_setup, 1, 0 },
		{ SYS_bpf, 0 },
		{ SYS_unshare, 0 },
		{ SYS_mount, 0, (long)"/", 0, 0 },
	};

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		int status = in_child(call, calls[i]);

		CHECK(WIFSIGNALED(status));
		CHECK_INT(WTERMSIG(status), SIGSYS);
	}
}

/* How many of these did anything but fail as if the kernel hadn't got them. */
static int refused(void *arg)
{
	const struct rlimit less = { .rlim_cur = 8, .rlim_max = 8 };
	int wrong = 0, two[2];
	char *page = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t parent = getppid(), group = getpgrp();

	(void)arg;
	if (page == MAP_FAILED)
		return -1;
	calls_limit();
	wrong += socket(AF_INET, SOCK_STREAM, 0) != -1 || errno != ENOSYS;
	wrong += socket(AF_INET6, SOCK_DGRAM, 0) != -1 || errno != ENOSYS;
	wrong += socket(AF_NETLINK, SOCK_RAW, 0) != -1 || errno != ENOSYS;
	wrong += socketpair(AF_UNIX, SOCK_STREAM, 0, two) != -1 || errno != ENOSYS;
	wrong += mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
		MAP_FAILED;
	wrong += mprotect(page, 1, PROT_READ | PROT_EXEC) != -1 || errno != ENOSYS;
	wrong += kill(parent, SIGURG) != -1 || errno != ENOSYS;
	wrong += kill(-group, SIGURG) != -1 || errno != ENOSYS;
	wrong += syscall(SYS_tgkill, parent, parent, SIGURG) != -1 || errno != ENOSYS;
	wrong += syscall(SYS_tgkill, getpid(), getpid(), SIGURG) != -1 || errno != ENOSYS;
	wrong += fcntl(0, F_SETOWN, parent) != -1 || errno != ENOSYS; /* by O_ASYNC, a signal */
	wrong += fcntl(0, F_SETSIG, SIGKILL) != -1 || errno != ENOSYS;
	wrong += syscall(SYS_fcntl, 0, F_SETOWN_EX, &(struct f_owner_ex){ F_OWNER_PID, parent }) !=
			-1 ||
		errno != ENOSYS;
	wrong += setrlimit(RLIMIT_NOFILE, &less) != -1 || errno != ENOSYS;
	wrong += ioctl(0, TIOCSTI, "x") != -1 || errno != ENOSYS;
	wrong += mkdir("x", 0700) != -1 || errno != ENOSYS;
	wrong += chmod(".", 0777) != -1 || errno != ENOSYS;
	wrong += symlink("/", "x") != -1 || errno != ENOSYS;
	wrong += setresuid(0, 0, 0) != -1 || errno != ENOSYS;
	return wrong;
}

TEST(calls_that_are_not_listed_fail)
{
	int status = in_child(refused, NULL);

	CHECK(WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 0);
}

/* What a conversation does, as far as it is a question of arguments; and that it is known to be limited. */
static int allowed(void *arg)
{
	char status[4096] = "";
	struct rlimit limit;
	int wrong = 0, fd;
	timer_t timer;
	char *page;

	(void)arg;
	wrong += prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0;
	calls_limit();
	fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	wrong += fd < 0 || read(fd, status, sizeof status - 1) <= 0;
	wrong += !strstr(status, "\nNoNewPrivs:\t1\n") || !strstr(status, "\nSeccomp:\t2\n");
	close(fd);
	page = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	wrong += page == MAP_FAILED || mprotect(page, 1, PROT_READ) < 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	wrong += fd < 0 || kill(getpid(), 0) < 0 || getrlimit(RLIMIT_MEMLOCK, &limit) < 0;
	wrong += mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0 && errno == ENOSYS;
	wrong += sysconf(_SC_NPROCESSORS_ONLN) < 1;
	wrong += timer_create(CLOCK_MONOTONIC, NULL, &timer) < 0 || timer_delete(timer) < 0;
	return wrong;
}

TEST(calls_of_a_conversation_are_allowed)
{
	int status = in_child(allowed, NULL);

	CHECK(WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 0);
}

static int aborts(void *arg)
{
	(void)arg;
	calls_limit();
	abort();
}

/* libc runs into an instruction that traps where it can't raise SIGABRT; AddressSanitizer tells of that, and exits. */
TEST(calls_let_an_assertion_end_the_process)
{
	int status = in_child(aborts, NULL);

	CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 1);
}
